"""Pages for when something is refused or broken: what happened, what did not, what to do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from kernel.limits import TooMany


def error_page(request: HttpRequest, status: int, *, title: str, detail: str) -> HttpResponse:
    return render(request, "webui/error.html", {"title": title, "detail": detail, "status": status}, status=status)


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Say a refusal in its own sentence."""
    titles = {
        403: _("This is not open to you"),
        404: _("There is nothing here"),
        409: _("That did not work out"),
        422: _("That does not add up"),
        429: _("A little slower"),
        503: _("Not available just now"),
    }
    title = titles.get(error.status, _("That did not work out"))
    response = error_page(request, error.status, title=title, detail=str(error))
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    detail = _("Your browser sent something we could not read. Nothing was changed.")
    return error_page(request, 400, title=_("That could not be read"), detail=detail)


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    detail = _("Your role does not open this page. An owner or administrator can change that.")
    return error_page(request, 403, title=_("This is not open to you"), detail=detail)


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    detail = _("The address may be mistyped, or what was here is not there any more, or not for you to see.")
    return error_page(request, 404, title=_("There is nothing here"), detail=detail)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: no database, no session and no tenant may be needed to say it."""
    return HttpResponse(render_to_string("webui/broken.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _(
        "This form was open for too long, or was opened elsewhere. Nothing was sent. Go back, reload, try again."
    )
    return error_page(request, 403, title=_("That form is out of date"), detail=detail)
