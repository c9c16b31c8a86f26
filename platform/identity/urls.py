"""Sign-in on a tenant's host; the platform's half is in config.urls_platform."""

from django.urls import path

from identity import pages

app_name = "identity"
urlpatterns = [
    path("sign-in/", pages.sign_in, name="sign_in"),
    path("sign-in/complete/", pages.complete_sign_in, name="complete_sign_in"),
    path("sign-out/", pages.sign_out, name="sign_out"),
]
