"""How allauth behaves here: one host for all of it, links that lead there, and what follows a verified address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as at_hand
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from identity import attempts, mails
from identity.tokens import withdraw_tokens
from kernel.limits import TooMany
from tenancy.addresses import platform_url

_after_verification: list[Callable[[Any], str | None]] = []


def after_verification(hook: Callable[[Any], str | None]) -> None:
    """Have `hook(user)` called once an address is verified; it may return where to go next."""
    _after_verification.append(hook)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account can no longer sign in."),
        "duplicate_email": _("This address is yours already."),
        "email_password_mismatch": _("This e-mail and this password do not belong together."),
        "email_taken": _("This address has an account already."),
        "enter_current_password": _("Enter the password that you have now."),
        "incorrect_password": _("That is not your password."),
        "invalid_password_reset": _("This link is no longer good."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(request.ip)  # type: ignore[attr-defined]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return whose password this is, or None; refuse to try when too many were wrong before."""
        email, ip = str(credentials.get("email", "")).strip().lower(), self.get_client_ip(request)
        try:
            attempts.begin_sign_in(email=email, ip=ip)
        except TooMany as error:
            by_mail = _("Or choose a new password by mail: that opens at once.")
            raise attempts.form_error(error, by_mail) from error
        user = super().authenticate(request, **credentials)
        if user is not None:
            attempts.note_signed_in(email=email, ip=ip)
        return user

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return the link of the mail: on the platform's host, knowing the tenant that somebody signed up at."""
        path = reverse("account_confirm_email", args=[emailconfirmation.key], urlconf=settings.PLATFORM_URLCONF)
        tenant = getattr(request, "tenant", None)
        return platform_url(f"{path}?to={tenant.id}" if tenant else path)

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse(
            "account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}, urlconf=settings.PLATFORM_URLCONF
        )
        return platform_url(path.replace("UID-KEY", key))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use your authenticator app or a recovery code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        return [way | {"description": str(words[way["id"]])} for way in super().get_reauthentication_methods(user)]

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        if to := self.request.GET.get("to"):
            return f"/hand-over/?{urlencode({'tenant': to, 'next': '/my/'})}"
        for hook in _after_verification:
            if url := hook(email_address.user):
                return url
        return str(settings.LOGIN_REDIRECT_URL)

    def is_safe_url(self, url: str | None) -> bool:
        """Allow paths on this host only: everything else is reached by a hand-over, which checks for itself."""
        if not url:
            return False
        parts = urlsplit(url)
        return url.startswith("/") and not url.startswith(("//", "/\\")) and not parts.netloc

    def set_password(self, user: Any, password: str) -> None:
        """Keep a new password, however it came about. Programs that knew the old one have to sign in anew."""
        super().set_password(user, password)
        withdraw_tokens(user_id=user.pk)
        attempts.forgive(email=user.email, ip=self.get_client_ip(at_hand.request))

    def get_from_email(self) -> str:
        return str(settings.DEFAULT_FROM_EMAIL)

    def send_account_already_exists_mail(self, email: str) -> None:
        # allauth would look the links up among the pages of the host that was asked, which may be a tenant's.
        self.send_mail("account/email/account_already_exists", email, {})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail now, in the words of who asks, and have the worker send it."""
        request = at_hand.request
        told = {"request": request, "email": email, "current_site": get_current_site(request)}
        mails.post(self.render_mail(template_prefix, email, told | context))

    def render_mail(self, template_prefix: str, email: str, context: dict[str, Any], headers: Any = None) -> Any:
        """Give every mail its letterhead, and the links that many of them need."""
        tenant = getattr(context["request"], "tenant", None)
        context.setdefault("tenant", tenant or {"name": "Atrium", "language": get_language()})
        context["signup_url"] = _address_of("account_signup")
        context.setdefault("password_reset_url", _address_of("account_reset_password"))
        return super().render_mail(template_prefix, email, context, headers)


class SecondStepAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("That is not the code. Enter the one that your app shows now."),
        "unverified_email": _("One of your addresses is not confirmed yet. Confirm or remove it first."),
        "add_email_blocked": _("Turn two-step sign-in off before you add an address."),
    }

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - allauth's signature
        """Return what a passkey is called until its owner says better."""
        n = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey") if n == 1 else gettext("Passkey %(n)d") % {"n": n}

    def _get_site_name(self) -> str:
        return "Atrium"


def _address_of(name: str) -> str:
    return platform_url(reverse(name, urlconf=settings.PLATFORM_URLCONF))
