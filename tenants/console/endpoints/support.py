"""Atrium's support at a workspace: who looked on and why, whom to let in, and showing them out; at /api/support/."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from httpapi.fields import Moment
from httpapi.paging import Page, PageIn, page_of
from httpapi.schemas import Schema
from httpapi.transactions import own_transaction
from identity.proofs import require_proof
from kernel.errors import NotFound
from tenancy import use_platform
from tenancy.requests import Request
from tenants.console import support
from tenants.console.models import SupportEnd, SupportPolicy, SupportSession
from tenants.models import Tenant

router = Router()


class NoSuchSession(NotFound):
    code = "support-unknown"


class SessionOut(Schema):
    id: UUID
    state: Literal["waiting", "denied", "ready", "going", "ended", "lapsed"]
    operator: str
    role: str
    reason: str
    ticket: str
    minutes: int
    wants_writes: bool
    wants_notes: bool
    may_write: bool
    may_read_notes: bool
    requested_at: Moment
    answered_at: Moment | None
    started_at: Moment | None
    expires_at: Moment | None
    ended_at: Moment | None
    ended_how: Literal["", "time", "operator", "owner"]

    @staticmethod
    def of(session: SupportSession) -> dict[str, Any]:
        names = set(SessionOut.model_fields) - {"state", "operator"}
        more = {"state": session.state(timezone.now()).value, "operator": str(session.operator)}
        return {name: getattr(session, name) for name in names} | more


class AnswerIn(Schema):
    approve: bool
    writes: bool = False
    notes: bool = False


class PolicyBody(Schema):
    ask_first: bool


@router.get("/sessions/", response=Page[SessionOut], summary="Who looked on or asks to, the newest first")
@endpoint("tenants.manage_support")
def list_sessions(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    with use_platform():
        return page_of(support.sessions_of(request.tenant.id), page, SessionOut.of)


@router.post("/sessions/{uuid:session_id}/answer/", response=SessionOut, summary="Let support in, or deny it")
@own_transaction
@endpoint("tenants.manage_support")
def answer_session(request: Request, session_id: UUID, body: AnswerIn) -> dict[str, Any]:
    require_proof(request)
    session, at = _find(request, session_id), timezone.now()
    return SessionOut.of(support.answer_session(session=session, by=request.user, at=at, **body.dict()))


@router.delete("/sessions/{uuid:session_id}/", response={204: None}, summary="Show support out")
@own_transaction
@endpoint("tenants.manage_support")
def end_session(request: Request, session_id: UUID) -> Status[None]:
    session = _find(request, session_id)
    support.end_session(session=session, how=SupportEnd.OWNER, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/policy/", response=PolicyBody, summary="Whether support asks first")
@endpoint("tenants.manage_support")
def show_policy(request: Request) -> dict[str, Any]:
    with use_platform():
        return {"ask_first": SupportPolicy.objects.filter(pk=request.tenant.id, ask_first=True).exists()}


@router.put("/policy/", response=PolicyBody, summary="Say whether support asks first")
@own_transaction
@endpoint("tenants.manage_support")
def set_policy(request: Request, body: PolicyBody) -> dict[str, Any]:
    require_proof(request)
    with use_platform():
        tenant = Tenant.objects.with_rooms().get(pk=request.tenant.id)
    support.set_policy(tenant=tenant, ask_first=body.ask_first, by=request.user)
    return {"ask_first": body.ask_first}


def _find(request: Request, session_id: UUID) -> SupportSession:
    with use_platform():
        found: SupportSession | None = support.sessions_of(request.tenant.id).filter(pk=session_id).first()
    if found is None:
        raise NoSuchSession(_("There is no such support session."))
    return found
