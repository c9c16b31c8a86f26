"""One transaction per request, and one effect per `Idempotency-Key`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import DataError, connection, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from httpapi.models import KeptAnswer
from httpapi.problems import NotStorable
from kernel.errors import DomainError, Invalid
from tenancy import tenant_in_use
from tenancy.requests import Request

View = Callable[..., HttpResponse]

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
WRITES = {"INSERT", "UPDATE", "DELETE"}
AUDIT_LOG = '"audit_auditentry"'  # looking at a record is written down, too
KEPT_HEADERS = ("Content-Type", "Location")
KEEP_FOR = timedelta(days=2)


class NotByReading(DomainError):
    """A request that only reads, by its method, was about to change something."""

    code, status = "method-not-allowed", 405

    def __init__(self) -> None:
        super().__init__(_("That is not done by opening a link. Use the button on the page."))


class KeyReused(Invalid):
    """An idempotency key came back with another request."""

    code = "idempotency-key-reused"


def one_transaction(view: View) -> View:
    """Run a changing request in one transaction, which an error answer rolls back; let a reading one change nothing.

    A POST with an `Idempotency-Key` header (or, from a page, an `idempotency_key` field) has its effect once: the
    same request gets the first answer again, and two at the same moment wait for each other.
    """

    @wraps(view)
    def in_transaction(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return run(request, *args, **kwargs)
        except DataError as error:
            raise NotStorable from error

    def run(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if _has_its_own(view):
            return view(request, *args, **kwargs)
        if request.method in SAFE_METHODS:
            with connection.execute_wrapper(_refuse_writes):
                return view(request, *args, **kwargs)
        with transaction.atomic():
            response = _once(view, request, *args, **kwargs) if _key(request) else view(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    return in_transaction


def _refuse_writes(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """Raise `NotByReading` before a GET writes: a link that somebody sends must never cancel or issue anything."""
    if str(sql).lstrip()[:6].upper() in WRITES and AUDIT_LOG not in sql:
        raise NotByReading
    return execute(sql, params, many, context)


def own_transaction(view: Any) -> Any:
    """Mark a view that opens its transactions itself, because it writes the platform's tables from a tenant's host."""
    view.own_transaction = True
    return view


def _has_its_own(view: Any) -> bool:
    operation = getattr(view, "__self__", None)  # a ninja operation's `run`
    return getattr(operation.view_func if operation else view, "own_transaction", False)


def _once(view: View, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
    user_id, key, fingerprint = getattr(request.user, "pk", None), _key(request), _fingerprint(request)
    if not _claim(user_id, key, fingerprint):
        return _replay(KeptAnswer.objects.get(user_id=user_id, key=key), fingerprint)
    response = view(request, *args, **kwargs)
    KeptAnswer.objects.filter(user_id=user_id, key=key).update(
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body=response.content,
    )
    return response


def _claim(user_id: Any, key: str, fingerprint: str) -> bool:
    """Take the key for this transaction. Whoever comes second waits here until the first one has committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO httpapi_keptanswer (user_id, key, fingerprint, headers, body) VALUES (%s, %s, %s, '{}', '')"
            " ON CONFLICT DO NOTHING",
            [user_id, key, fingerprint],
        )
        return bool(cursor.rowcount)


def _replay(answer: KeptAnswer, fingerprint: str) -> HttpResponse:
    if answer.fingerprint != fingerprint:
        raise KeyReused("This idempotency key was used for another request. Send a new key.")
    response = HttpResponse(bytes(answer.body), status=answer.status, headers=answer.headers)
    response["Idempotent-Replayed"] = "true"
    return response


def _key(request: Request) -> str:
    if (
        request.method != "POST" or tenant_in_use() is None
    ):  # answers are kept in the tenant's room; the platform has none
        return ""
    key = request.headers.get("Idempotency-Key") or _form_key(request)
    if len(key) > 200:
        raise KeyReused("An idempotency key has at most 200 characters.")
    return key


def _form_key(request: Request) -> str:
    return request.POST.get("idempotency_key", "") if _is_form(request) else ""


def _is_form(request: Request) -> bool:
    return request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data")


def _fingerprint(request: Request) -> str:
    """Tell requests apart by method, address and body. A page's CSRF token changes with every rendering."""
    body = _what_the_form_says(request) if _is_form(request) else request.body
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + body).hexdigest()


def _what_the_form_says(request: Request) -> bytes:
    """Return its fields and files in a fixed order. The body itself can be read only once."""
    fields = sorted((name, request.POST.getlist(name)) for name in request.POST if name != "csrfmiddlewaretoken")
    files = sorted((name, file.name, _digest(file)) for name in request.FILES for file in request.FILES.getlist(name))
    return repr((fields, files)).encode()


def _digest(file: Any) -> str:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def forget_old_answers(*, at: datetime) -> None:
    KeptAnswer.objects.filter(created_at__lt=at - KEEP_FOR).delete()
