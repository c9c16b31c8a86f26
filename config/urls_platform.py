"""The platform's own host: sign-up, accounts, operators, webhooks."""

from django.urls import include, path

from identity import pages as identity_pages

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("hand-over/", identity_pages.hand_over, name="hand_over"),
]
