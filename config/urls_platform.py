"""The platform's own host: sign-up, accounts, operators, webhooks."""

from django.conf import settings
from django.urls import include, path

from identity import elsewhere
from identity import pages as identity_pages
from tenants.urls import on_platform
from webhooks.endpoints import receive_stripe_event
from webui import outbox

urlpatterns = [
    path("", include(on_platform)),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("hand-over/", identity_pages.hand_over, name="hand_over"),
    path("webhooks/stripe/", receive_stripe_event),
]

if settings.SOCIALACCOUNT_PROVIDERS:
    urlpatterns += elsewhere.urlpatterns

if settings.OUTBOX_FOLDER:  # mail is written to files instead of sent: show it
    urlpatterns += [path("outbox/", include(outbox.urlpatterns))]

handler400 = "webui.errors.bad_request"
handler403 = "webui.errors.permission_denied"
handler404 = "webui.errors.page_not_found"
handler500 = "webui.errors.server_error"
