"""How allauth behaves here: one host for all of it, links that lead there, and what follows a verified address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from tenancy.addresses import platform_url

_after_verification: list[Callable[[Any], str | None]] = []


def after_verification(hook: Callable[[Any], str | None]) -> None:
    """Have `hook(user)` called once an address is verified; it may return where to go next."""
    _after_verification.append(hook)


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        return str(request.ip)  # type: ignore[attr-defined]

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

    def get_from_email(self) -> str:
        return str(settings.DEFAULT_FROM_EMAIL)

    def render_mail(self, template_prefix: str, email: str, context: dict[str, Any], headers: Any = None) -> Any:
        context.setdefault("platform_url", platform_url("/"))
        return super().render_mail(template_prefix, email, context, headers)
