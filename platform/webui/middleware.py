"""What every answer carries, and what becomes of errors on the way out."""

from __future__ import annotations

from collections.abc import Callable
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
    """Nothing is loaded from elsewhere, and no inline script or style runs.

    Chromium applies `form-action` to where a form's answer redirects, too: hence our other hosts and the checkout.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.policy = content_security_policy()

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


def content_security_policy() -> str:
    platform = urlsplit(settings.PLATFORM_URL)
    port = f":{platform.port}" if platform.port else ""
    ours = f"{platform.scheme}://{platform.hostname}{port} {platform.scheme}://*.{platform.hostname}{port}"
    checkout = settings.STRIPE_API_BASE or "https://checkout.stripe.com"
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": f"'self' {ours} {checkout}",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


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
