"""Every error of the API as a problem document (RFC 9457), in one place."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from identity.proofs import ProofNeeded
from kernel.errors import DomainError, Invalid
from kernel.limits import TooMany
from tenancy.requests import Request

logger = logging.getLogger(__name__)


class NotStorable(Invalid):
    """Something the database cannot keep got past the forms and schemas: a NUL, or a number out of all bounds."""

    code = "not-storable"

    def __init__(self) -> None:
        super().__init__(_("There are characters or numbers in this that cannot be kept."))


def problem(
    status: int, *, code: str, detail: str, errors: Any = None, extra: dict[str, Any] | None = None
) -> HttpResponse:
    """Return a problem document. `errors` maps a field to its sentences."""
    body = {
        "type": f"/problems/{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = errors
    return HttpResponse(
        orjson.dumps(body | (extra or {}), default=str), status=status, content_type="application/problem+json"
    )


def problem_of(error: DomainError) -> HttpResponse:
    response = problem(error.status, code=error.code, detail=str(error), errors=error.fields, extra=error.extra())
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after)
    if isinstance(error, ProofNeeded):  # RFC 9470 §3
        response["WWW-Authenticate"] = f'Bearer error="insufficient_user_authentication", max_age="{error.max_age}"'
    elif error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def handle_problems(api: NinjaAPI) -> None:
    """Have the API answer each kind of error with a problem document."""
    handle: Any = api.add_exception_handler
    handle(DomainError, lambda request, error: problem_of(error))
    handle(ValidationError, _malformed)
    handle(DjangoValidationError, _invalid)
    handle(AuthenticationError, _not_signed_in)
    handle(HttpError, _http_error)
    handle(Http404, _not_found)
    handle(DataError, lambda request, error: problem_of(NotStorable()))
    handle(Exception, _bug)


def _malformed(request: Request, error: Any) -> HttpResponse:
    fields: dict[str, list[str]] = {}
    for each in error.errors:
        place = [str(part) for part in each["loc"] if part not in ("body", "query", "path", "header", "payload")]
        fields.setdefault(".".join(place) or "body", []).append(each["msg"])
    return problem(
        422, code="invalid", detail="Some fields need another look: " + ", ".join(fields) + ".", errors=fields
    )


def _invalid(request: Request, error: Any) -> HttpResponse:
    fields = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    return problem(422, code="invalid", detail=" ".join(error.messages), errors=fields)


def _not_signed_in(request: Request, error: Any) -> HttpResponse:
    if told := getattr(request, "auth_error", None):
        return problem_of(told)
    response = problem(401, code="not-signed-in", detail="Sign in, or send a bearer token.")
    response["WWW-Authenticate"] = "Bearer"
    return response


def _http_error(request: Request, error: Any) -> HttpResponse:
    return problem(
        error.status_code, code=HTTPStatus(error.status_code).phrase.lower().replace(" ", "-"), detail=str(error)
    )


def _not_found(request: Request, error: Any) -> HttpResponse:
    return problem(404, code="not-found", detail="There is nothing here, or nothing that you may see.")


def _bug(request: Request, error: Any) -> HttpResponse:
    logger.error(
        "Unhandled error at %s", request.resolver_match.route if request.resolver_match else "?", exc_info=error
    )
    return problem(500, code="internal", detail="Something broke on our side. Nothing was changed.")
