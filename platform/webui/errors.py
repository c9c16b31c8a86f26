"""Pages for when something is refused or broken: what happened, what did not, what to do."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from httpapi.problems import problem
from kernel.errors import DomainError
from kernel.limits import TooMany

logger = logging.getLogger(__name__)

LAST_RESORT = (
    "<!doctype html><title>Something broke</title><h1>Something broke on our side</h1><p>Nothing was saved.</p>"
)


def error_page(request: HttpRequest, status: int, *, title: str, detail: str) -> HttpResponse:
    """Return the page; to htmx, a message that leaves what is on the screen as it is."""
    if getattr(request, "htmx", False):
        return _toast(status, detail)
    return render(request, "webui/error.html", {"title": title, "detail": detail, "status": status}, status=status)


def _toast(status: int, text: str) -> HttpResponse:
    told = {"toast": {"text": text, "error": True}}
    return HttpResponse(status=status, headers={"HX-Reswap": "none", "HX-Trigger": json.dumps(told)})


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Say a refusal in its own sentence."""
    response = error_page(request, error.status, title=title_of(error.status), detail=str(error))
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def title_of(status: int) -> str:
    titles = {
        HTTPStatus.FORBIDDEN: _("This is not open to you"),
        HTTPStatus.NOT_FOUND: _("There is nothing here"),
        HTTPStatus.METHOD_NOT_ALLOWED: _("That does not work here"),
        HTTPStatus.UNPROCESSABLE_ENTITY: _("That does not add up"),
        HTTPStatus.TOO_MANY_REQUESTS: _("A little slower"),
        HTTPStatus.SERVICE_UNAVAILABLE: _("Not available just now"),
    }
    return titles.get(HTTPStatus(status), _("That did not work out"))


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    detail = _("Your browser sent something we could not read. Nothing was changed.")
    if is_api(request):
        return problem(400, code="bad-request", detail=detail)
    return error_page(request, 400, title=_("That could not be read"), detail=detail)


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if is_api(request):
        return problem(403, code="not-allowed", detail="This is not allowed.")
    detail = _("Your role does not open this page. An owner or administrator can change that.")
    return error_page(request, 403, title=title_of(403), detail=detail)


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if is_api(request):
        return problem(404, code="not-found", detail="There is nothing here, or nothing that you may see.")
    detail = _("The address may be mistyped, or what was here is not there any more, or not for you to see.")
    return error_page(request, 404, title=title_of(404), detail=detail)


def method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    """Somebody opened an address that only takes what a form sends, as after a sign-in on the way."""
    detail = _("This address only takes what a form on another page sends. Nothing was changed.")
    if is_api(request):
        response = problem(405, code="method-not-allowed", detail=detail)
    else:
        response = error_page(request, 405, title=title_of(405), detail=detail)
    response["Allow"] = allowed
    return response


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Say it where allauth counted: its windows are of a minute."""
    return domain_error(request, TooMany(retry_after=60))


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: no database, no session and no tenant may be needed to say it."""
    if is_api(request):
        return problem(500, code="internal", detail="Something broke on our side. Nothing was changed.")
    if request.headers.get("HX-Request"):
        return _toast(500, "Something broke on our side. Nothing was changed.")
    try:
        page: str = render_to_string("webui/broken.html")
    except Exception:
        logger.exception("The page for errors is broken, too.")
        page = LAST_RESORT
    return HttpResponse(page, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _(
        "This form was open for too long, or was opened elsewhere. Nothing was sent. Go back, reload, try again."
    )
    if is_api(request):
        return problem(403, code="csrf-failed", detail="The CSRF token is missing or wrong.")
    return error_page(request, 403, title=_("That form is out of date"), detail=detail)


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
