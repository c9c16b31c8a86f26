"""Who is asking, settled before the view opens the tenant's room: people are kept among the platform's tables."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect

from identity import attempts, onward, tokens
from identity.proofs import ProofNeeded, way_to_prove
from identity.second_step import SecondStepNeeded
from tenancy import TenantRef, use_platform
from tenancy.addresses import platform_url, tenant_url
from tenancy.leading import READING, belongs_elsewhere
from tenancy.places import also_from
from tenancy.requests import Request

Next = Callable[[Request], HttpResponse]


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's, with each session bound to the host it is for."""

    def process_request(self, request: Any) -> None:
        super().process_request(request)
        agent = request.headers.get("User-Agent", "")
        request.session.bind(request.tenant, ip=request.ip, user_agent=agent)


class SignedInMiddleware:
    """Sets `request.user` from the session, or from a bearer token on the API of a tenant.

    `request.auth_error` says what was wrong with a token; `request.by_token` is set where no cookie was used, so no
    forged form could have brought it.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.auth_error, request.by_token, request.token = None, False, None
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        tenant = request.tenant
        if scheme.lower() == "bearer" and tenant is not None:
            self._sign_in_by_token(request, credentials.strip(), tenant)
        else:
            with use_platform():
                request.user = get_user(request) if onward.is_of_this_host(request) else AnonymousUser()
            if request.user.is_authenticated:
                request.session.note_seen(at=timezone.now())  # type: ignore[attr-defined]
        if tenant is not None and request.user.is_authenticated:
            also_from(user_id=str(request.user.pk))
        return self.get_response(request)

    def _sign_in_by_token(self, request: Request, access: str, tenant: TenantRef) -> None:
        request.by_token = True
        try:
            request.token = tokens.read_access(access=access, tenant_id=tenant.id)
            request.user = request.token.user
        except tokens.TokenNotGood as error:
            request.user = AnonymousUser()
            request.auth_error = error


class OnwardMiddleware:
    """Leads on from what a form was answered with at another of the tenant's names than the primary one.

    It was open while the name changed, say. Its page allows no redirect to where the redirect would be redirected.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        if request.tenant is None or request.method in READING or request.headers.get("HX-Request"):
            return response
        there = response.headers.get("Location", "")
        if not there.startswith("/") or not belongs_elsewhere(request, urlsplit(there).path):
            return response
        return onward.lead_by_page(request, tenant_url(request.tenant, there))


class LanguageMiddleware:
    """Speaks the person's language, else the tenant's, else the browser's; tells time in the tenant's zone."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        tenant = request.tenant
        language = getattr(request.user, "language", "") or (tenant.language if tenant else "")
        with (
            translation.override(language or translation.get_language_from_request(request)),
            timezone.override(ZoneInfo(tenant.time_zone) if tenant else None),
        ):
            request.LANGUAGE_CODE = translation.get_language()
            return self.get_response(request)


class RefusedFormMiddleware:
    """Says 422 where a page of allauth shows a form again because of what was typed; 429 after too many tries."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: Request, response: TemplateResponse) -> TemplateResponse:
        form: Any = (response.context_data or {}).get("form")
        if response.status_code == HTTPStatus.OK and getattr(form, "is_bound", False) and form.errors:
            response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
            wait = _wait_told_in(form)
            if wait is not None:
                response.status_code, response["Retry-After"] = HTTPStatus.TOO_MANY_REQUESTS, str(wait)
        return response


def _wait_told_in(form: Any) -> int | None:
    """Return the seconds to wait that one of the form's errors names, if one does."""
    errors = [error for field in form.errors.as_data().values() for error in field]
    return next((error.params["retry_after"] for error in errors if error.code == attempts.REFUSED), None)


class ProofMiddleware:
    """Sends people to prove again that it is them, or to set up a second step; below /api/ the refusal answers."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        if request.path_info.startswith("/api/"):
            return None
        if isinstance(exception, ProofNeeded):
            return _lead(request, way_to_prove(request))
        if isinstance(exception, SecondStepNeeded):
            messages.warning(request, str(exception))
            return _lead(request, platform_url(reverse("mfa_index", urlconf=settings.PLATFORM_URLCONF)))
        return None


def _lead(request: Request, way: str) -> HttpResponse:
    return HttpResponseClientRedirect(way) if request.htmx else redirect(way)
