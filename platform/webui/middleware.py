"""What every answer carries, and what becomes of errors on the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse

from kernel.errors import DomainError
from tenancy.requests import Request
from webui import errors, health

Next = Callable[[Request], HttpResponse]


class HealthMiddleware:
    """Answers /livez, /readyz and /healthz on any host: whoever asks knows our address only."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        parts = health.ADDRESSES.get(request.path_info)
        if parts is None:
            return self.get_response(request)
        state = health.examine(*parts)
        return JsonResponse(state, status=200 if state["status"] == "ok" else 503)


class ContentSecurityPolicyMiddleware:
    """Nothing is loaded from elsewhere, and no inline script or style runs."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.on_platform = content_security_policy(form_action=("'self'", *_addresses("*.")))
        self.on_tenant = content_security_policy(form_action=("'self'", *_addresses(""), *_payment_pages()))

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        policy = self.on_platform if request.tenant is None else self.on_tenant
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


def policy_of_framed_page(origins: Iterable[str]) -> str:
    """Return the policy of a tenant's page that these sites may show in a frame."""
    return content_security_policy(form_action=("'self'",), frame_ancestors=("'self'", *origins))


def content_security_policy(*, form_action: Iterable[str], frame_ancestors: Iterable[str] = ("'none'",)) -> str:
    """Return the policy of a page whose forms lead to these hosts.

    Chromium applies `form-action` to where a form's answer redirects, too. From the platform that is any tenant's
    subdomain, after signing in; from a tenant it is the platform and where one pays, and no other tenant. To custom
    domains nothing redirects (identity.onward).
    """
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": " ".join(frame_ancestors),
        "form-action": " ".join(form_action),
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _addresses(below: str) -> tuple[str]:
    platform = urlsplit(settings.PLATFORM_URL)
    port = f":{platform.port}" if platform.port else ""
    return (f"{platform.scheme}://{below}{platform.hostname}{port}",)


def _payment_pages() -> tuple[str, ...]:
    """Return where people pay, and where practices say who they are in order to be paid."""
    stand_in: str = settings.STRIPE_API_BASE
    return (stand_in,) if stand_in else ("https://checkout.stripe.com", "https://connect.stripe.com")


class ProblemPageMiddleware:
    """Turns refusals into pages that say what happened; below /api/, into problem documents."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            return errors.method_not_allowed(request, allowed=response.headers.get("Allow", ""))
        return response

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError) and not errors.is_api(request):
            return errors.domain_error(request, exception)
        if errors.is_api(request) and isinstance(exception, Http404):
            return errors.page_not_found(request)
        if errors.is_api(request) and isinstance(exception, PermissionDenied):
            return errors.permission_denied(request)
        return None
