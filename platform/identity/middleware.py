"""Who is asking, settled before the view opens the tenant's room: people are kept among the platform's tables."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from identity import tokens
from tenancy import TenantRef, use_platform

Next = Callable[[HttpRequest], HttpResponse]


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's, with each session bound to the host it is for."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.session.bind(request.tenant)  # type: ignore[attr-defined]


class SignedInMiddleware:
    """Sets `request.user` from the session, or from a bearer token on the API of a tenant.

    `request.auth_error` says what was wrong with a token; `request.by_token` is set where no cookie was used, so no
    forged form could have brought it.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.auth_error, request.by_token = None, False  # type: ignore[attr-defined]
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        tenant: TenantRef | None = request.tenant  # type: ignore[attr-defined]
        if scheme.lower() == "bearer" and tenant is not None:
            self._sign_in_by_token(request, credentials.strip(), tenant)
        else:
            with use_platform():
                request.user = get_user(request)
        return self.get_response(request)

    def _sign_in_by_token(self, request: HttpRequest, access: str, tenant: TenantRef) -> None:
        request.by_token = True  # type: ignore[attr-defined]
        try:
            request.user = tokens.user_of(access=access, tenant_id=tenant.id)
        except tokens.TokenNotGood as error:
            request.user = AnonymousUser()
            request.auth_error = error  # type: ignore[attr-defined]


class LanguageMiddleware:
    """Speaks the person's language, else the tenant's, else the browser's; tells time in the tenant's zone."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant: TenantRef | None = request.tenant  # type: ignore[attr-defined]
        language = getattr(request.user, "language", "") or (tenant.language if tenant else "")
        with (
            translation.override(language or translation.get_language_from_request(request)),
            timezone.override(ZoneInfo(tenant.time_zone) if tenant else None),
        ):
            request.LANGUAGE_CODE = translation.get_language()
            return self.get_response(request)
