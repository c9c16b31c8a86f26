"""Support on a tenant's host: who they are there, that every page is written down, and what they may not do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from access.membership import Visit
from audit import recording as audit
from httpapi.problems import problem
from httpapi.transactions import SAFE_METHODS
from identity.models import User
from tenancy import use, use_platform
from tenancy.addresses import platform_url
from tenancy.places import coming_from, this_connection
from tenancy.requests import Request
from tenants.console import support
from tenants.console.models import SupportEnd, SupportSession
from webui import errors

SESSION_KEY = "support"  # where the session on the tenant's host keeps which of ours it is
END = "/support/end/"
WAYS_OUT = (END, "/sign-out/")
OPEN, SIGNED_IN = "open: ", "signed in: "


class SupportMiddleware:
    """Stands right before the room. Somebody who signed in there by themselves is never taken for support."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.support = None  # type: ignore[attr-defined]
        key = None if request.tenant is None or request.by_token else request.session.get(SESSION_KEY)
        if key is None or request.user.is_authenticated:
            return self.get_response(request)
        session_id = UUID(key)
        with _writing(session_id) if _writes(request) else _reading():
            session = support.going(session_id=session_id, tenant_id=request.tenant.id, at=timezone.now())
            return self._go_on(request, session) if session else _over(request)

    def _go_on(self, request: Request, session: SupportSession) -> HttpResponse:
        request.user = visitor(session)
        request.support = session  # type: ignore[attr-defined]
        marks = {"operator_id": str(session.operator_id), "support_id": str(session.pk)}
        with coming_from(**json.loads(this_connection().origin or "{}"), **marks):
            _write_down(request, session)
            if _writes(request) and not session.may_write:
                return _refused(request, _("This support session only looks. Nothing was changed."))
            if request.path_info == "/sign-out/" and request.method == "POST":
                at = timezone.now()
                support.end_session(session=session, how=SupportEnd.OPERATOR, by=session.operator, at=at)
            return self.get_response(request)

    def process_view(self, request: Request, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuse what is a person's own and no permission guards. The API's doors do so themselves."""
        if getattr(request, "support", None) is None or errors.is_api(request) or request.path_info in WAYS_OUT:
            return None
        permission = getattr(view, "permission", OPEN)
        is_personal = permission.startswith(SIGNED_IN) and request.path_info != "/"
        if is_personal or (_writes(request) and permission.startswith((OPEN, SIGNED_IN))):
            return _refused(request, _("Support does not do this. Nothing was changed."))
        return None


def visitor(session: SupportSession) -> User:
    """Return who support is inside the room: no account of anybody's, so no member, no grant and no token fits."""
    user = User(id=session.pk, name=_("%(name)s (support)") % {"name": session.operator}, email="")
    user.visit = Visit(session.role, session.may_read_notes)  # type: ignore[attr-defined]
    return user


def _writes(request: Request) -> bool:
    return request.method not in SAFE_METHODS and request.path_info not in WAYS_OUT


@contextmanager
def _writing(session_id: UUID) -> Iterator[None]:
    """Have whoever ends the session wait until this request is done with."""
    _ask("pg_advisory_lock_shared", session_id)
    try:
        yield
    finally:
        _ask("pg_advisory_unlock_shared", session_id)


@contextmanager
def _reading() -> Iterator[None]:
    yield


def _ask(function: str, session_id: UUID) -> None:
    with use_platform(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [support.lock_of(session_id)])


def _write_down(request: Request, session: SupportSession) -> None:
    """Note the page before it is shown: what cannot be written down is not seen. A query names people: without it."""
    if request.path_info.startswith("/theme/"):
        return
    changes = {"page": (None, f"{request.method} {request.path_info}")}
    with use(request.tenant), transaction.atomic():
        audit.record(action="tenants.support.page", of=session, by=request.user, changes=changes)


def _over(request: Request) -> HttpResponse:
    request.session.flush()
    said = _("This support session has ended. Nothing was changed.")
    if errors.is_api(request):
        return problem(403, code="support-ended", detail=said)
    with use(request.tenant):
        if getattr(request, "htmx", False):
            return errors.error_page(request, 403, title=said, detail=said)
        return render(request, "console/over.html", {"console_url": platform_url("/operators/")}, status=403)


def _refused(request: Request, said: str) -> HttpResponse:
    if errors.is_api(request):
        return problem(403, code="support-may-not", detail=said)
    with use(request.tenant):
        return errors.error_page(request, 403, title=_("Support may not do this"), detail=said)
