"""What every answer carries, and what becomes of errors on the way out."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse

from httpapi.problems import problem
from kernel.errors import DomainError
from tenancy.requests import Request
from webui import errors, health

Next = Callable[[Request], HttpResponse]


class HealthMiddleware:
    """Answers /healthz on any host: whoever asks knows our address only."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if request.path_info != "/healthz":
            return self.get_response(request)
        state = health.examine()
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
        if response.status_code == 404 and _is_api(request) and "problem" not in response.headers["Content-Type"]:
            return problem(404, code="not-found", detail="There is nothing at this address.")
        return response

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        if _is_api(request):
            return _api_problem(exception)
        if isinstance(exception, DomainError):
            return errors.domain_error(request, exception)
        return None


def _is_api(request: Request) -> bool:
    return request.path_info.startswith("/api/")


def _api_problem(exception: Exception) -> HttpResponse | None:
    if isinstance(exception, Http404):
        return problem(404, code="not-found", detail="There is nothing here, or nothing that you may see.")
    if isinstance(exception, PermissionDenied):
        return problem(403, code="not-allowed", detail="This is not allowed.")
    return None
