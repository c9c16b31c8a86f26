"""Tills over the wire: opening, counting and closing them, and what goes in and out beside payments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.money import Money
from modules.billing.models import Invoice, MoveKind, Payment, Till, TillRules, TillSession
from modules.billing.schemas.tills import (
    CashMoveIn,
    CashMoveOut,
    ClosingIn,
    CountIn,
    DayCloseOut,
    SessionIn,
    SessionsIn,
    TillChangeIn,
    TillCountOut,
    TillIn,
    TillOut,
    TillRulesIn,
    TillSessionOut,
)
from modules.billing.selectors.tills import day_close, tills
from modules.billing.services import tills as services
from tenancy.requests import Request

router = Router()
SESSION = "/till-sessions/{uuid:till_session_id}/"


@router.get("/tills/", response=list[TillOut], summary="The cash drawers")
@endpoint("billing.till")
def list_tills(request: Request) -> list[TillOut]:
    """Also those that are switched off."""
    return [TillOut.of(till) for till in tills()]


@router.post("/tills/", response={201: TillOut}, summary="Add a cash drawer")
@endpoint("billing.manage")
def add_till(request: Request, body: TillIn) -> Status[TillOut]:
    return Status(201, TillOut.of(services.add_till(details=body.details(), by=request.user)))


@router.put("/tills/{uuid:till_id}/", response=TillOut, summary="Rename a cash drawer, or switch it off or on")
@endpoint("billing.manage")
def change_till(request: Request, till_id: UUID, body: TillChangeIn) -> TillOut:
    till = get_object_or_404(Till, pk=till_id)
    return TillOut.of(services.change_till(till=till, name=body.name, is_active=body.is_active, by=request.user))


@router.get("/till-rules/", response=TillRulesIn, summary="The rules about cash")
@endpoint("billing.manage")
def get_till_rules(request: Request) -> TillRulesIn:
    return _rules()


@router.put("/till-rules/", response=TillRulesIn, summary="Set the rules about cash")
@endpoint("billing.manage")
def set_till_rules(request: Request, body: TillRulesIn) -> TillRulesIn:
    services.set_till_rules(**body.dict(), by=request.user)
    return _rules()


@router.get("/till-sessions/", response=Page[TillSessionOut], summary="Sessions of tills, the latest opened first")
@endpoint("billing.till")
def list_sessions(request: Request, page: Query[PageIn], wanted: Query[SessionsIn]) -> dict[str, Any]:
    """All for owners and administrators; for the others those that are open, and those they opened or closed."""
    rows = TillSession.objects.visible_to(request.user).for_display().order_by("-opened_at", "-pk")
    if wanted.till_id is not None:
        rows = rows.filter(till=wanted.till_id)
    if wanted.is_open is not None:
        rows = rows.filter(closed_at__isnull=wanted.is_open)
    return page_of(rows, page, TillSessionOut.of)


@router.post("/till-sessions/", response={201: TillSessionOut}, summary="Open a till")
@endpoint("billing.till")
def open_session(request: Request, body: SessionIn) -> Status[TillSessionOut]:
    till = get_object_or_404(Till, pk=body.till_id)
    counted = body.counted(till.currency)
    opened = services.open_session(till=till, counted=counted, by=request.user, at=timezone.now())
    return Status(201, TillSessionOut.of(opened))


@router.get(SESSION, response=DayCloseOut, summary="A session, with what went through it")
@endpoint("billing.till")
def get_session(request: Request, till_session_id: UUID) -> DayCloseOut:
    session = _visible(request, till_session_id)
    audit.viewed(of=session, by=request.user)
    return DayCloseOut.of_close(day_close(session, at=timezone.now()))


@router.post(SESSION + "moves/", response={201: CashMoveOut}, summary="Put cash into a till or take it out")
@endpoint("billing.till")
def move_cash(request: Request, till_session_id: UUID, body: CashMoveIn) -> Status[CashMoveOut]:
    """What is nobody's payment: change, stamps, the way to the bank."""
    session = _visible(request, till_session_id)
    move = services.move_cash(
        session=session,
        kind=MoveKind(body.kind),
        amount=Money.parse(body.amount, session.currency),
        reason=body.reason,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, CashMoveOut.of(move))


@router.post(SESSION + "counts/", response={201: TillCountOut}, summary="Say what was counted in a till")
@endpoint("billing.till")
def count_till(request: Request, till_session_id: UUID, body: CountIn) -> Status[TillCountOut]:
    """The answer says what should have been there. Every count is kept."""
    session = _visible(request, till_session_id)
    counted = body.counted(session.currency)
    count = services.count_till(session=session, counted=counted, by=request.user, at=timezone.now())
    return Status(201, TillCountOut.of(count))


@router.post(SESSION + "closing/", response={201: TillSessionOut}, summary="Close a till with its last count")
@endpoint("billing.till")
def close_session(request: Request, till_session_id: UUID, body: ClosingIn) -> Status[TillSessionOut]:
    """If something went through it since it was counted, it is to be counted again."""
    session = _visible(request, till_session_id)
    closed = services.close_session(session=session, reason=body.reason, by=request.user, at=timezone.now())
    return Status(201, TillSessionOut.of(closed))


def till_of(request: Request, body: Any, invoice: Invoice) -> UUID | None:
    """Return the session that cash goes through: the one that was named, or none if that was; else the likeliest."""
    location_id = invoice.location_id
    usual = services.drawers_for(currency=invoice.currency, location_id=location_id, by=request.user)
    return _named(body, usual)


def till_of_payment(request: Request, body: Any, payment: Payment) -> UUID | None:
    """Return the session that a payment is taken back from."""
    return _named(body, services.drawers_of_payment(payment=payment, by=request.user))


def _named(body: Any, usual: services.Drawers) -> UUID | None:
    named: UUID | None = body.till_session_id
    return named if "till_session_id" in body.model_fields_set else usual.likeliest


def _rules() -> TillRulesIn:
    rules = TillRules.here()
    return TillRulesIn(needs_open_till=rules.needs_open_till, blind_count=rules.blind_count)


def _visible(request: Request, till_session_id: UUID) -> TillSession:
    return get_object_or_404(TillSession.objects.visible_to(request.user).for_display(), pk=till_session_id)
