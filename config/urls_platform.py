"""The platform's own host: sign-up, accounts, operators, webhooks."""

from django.urls import include, path

from identity import pages as identity_pages
from webhooks.endpoints import receive_stripe_event

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("hand-over/", identity_pages.hand_over, name="hand_over"),
    path("webhooks/stripe/", receive_stripe_event),
]
