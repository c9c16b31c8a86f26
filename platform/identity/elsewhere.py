"""Signing in by the word of an OpenID Connect provider, if the deployment names one.

What it says of an e-mail opens no account that is there: who has one signs in as usual first, and then connects the two
under "Sign-in elsewhere". Until then the address gets a mail, and the browser the answer of every sign-up.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from allauth.account.internal.emailkit import valid_email_or_none
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from requests import RequestException

from identity import onward
from kernel import limits
from kernel.doors import open_door
from tenancy.requests import Request

BEGINNINGS_A_MINUTE = 60  # from one address


class Provider(NamedTuple):
    id: str
    name: str


def provider() -> Provider | None:
    """Return who else vouches for people here, or None."""
    for app in settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", []):
        return Provider(app["provider_id"], app["name"])
    return None


class ElsewhereAdapter(DefaultSocialAccountAdapter):
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "email_taken": _("This address has an account already. Sign in to it first, then connect your account at %s."),
        "no_password": _("Choose a password first: without it you could not sign in any more."),
        "no_verified_email": _("Confirm an e-mail first: without it you could not sign in any more."),
        "connected_other": _("That account is connected to somebody else’s account here."),
    }

    def new_user(self, request: HttpRequest, sociallogin: Any) -> Any:
        """Give a column that the database would fill in its value: allauth may keep the user in the session first."""
        user = super().new_user(request, sociallogin)
        user.created_at = timezone.now()
        return user

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Take over the address and the name. Our people have one name, where allauth knows two."""
        user = sociallogin.user
        both = f"{data.get('first_name') or ''} {data.get('last_name') or ''}".strip()
        user.email = (valid_email_or_none(data.get("email")) or "").lower()
        user.name = str(data.get("name") or both)[: user._meta.get_field("name").max_length]
        return user

    def get_signup_form_initial_data(self, sociallogin: Any) -> dict[str, Any]:
        return {"email": sociallogin.user.email, "name": sociallogin.user.name}


@open_door("it leads to where one signs in")
@require_POST
def begin(request: Request, provider_id: str) -> HttpResponse:
    """Send the browser to the provider, by a page of its own: no form of ours may lead to other hosts."""
    known = provider()
    if known is None or known.id != provider_id:
        raise Http404
    limits.count("sign-in-elsewhere", request.ip, at_most=BEGINNINGS_A_MINUTE, seconds=60)
    try:
        response: HttpResponse = views.login(request, provider_id)
    except RequestException:
        return redirect("socialaccount_login_error")
    there = response.headers.get("Location", "")
    return onward.lead_by_page(request, there, to=known.name) if there.startswith(("https://", "http://")) else response


urlpatterns = [
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    path("accounts/oidc/<str:provider_id>/login/", begin, name="begin_elsewhere"),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
]
