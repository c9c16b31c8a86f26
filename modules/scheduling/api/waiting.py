"""The waiting list: who is on it, who could take a time, and what becomes of an offer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, tag, version_in
from httpapi.paging import Page, PageIn, page_of
from modules.scheduling import services
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import Location, Offer, WaitingEntry
from modules.scheduling.schemas.appointments import AppointmentOut
from modules.scheduling.schemas.waiting import (
    FitOut,
    GapIn,
    OfferIn,
    OfferOut,
    OffersIn,
    PriorityIn,
    RefusalIn,
    RulesBody,
    WaitChangeIn,
    WaitIn,
    WaitingIn,
    WaitingOut,
)
from modules.scheduling.selectors.waiting import Fit, where_could_go, who_fits
from modules.scheduling.services.online.pace import count_booking
from modules.scheduling.services.waiting.gaps import offer_by_hand, read_gap
from modules.scheduling.services.waiting.offering import rules_of
from modules.scheduling.services.waiting.rules import set_rules
from tenancy.requests import Request

router = Router()


@router.get("/waiting-list/", response=Page[WaitingOut], summary="The waiting list")
@endpoint("scheduling.view_waiting")
def list_waiting(request: Request, page: Query[PageIn], wanted: Query[WaitingIn]) -> dict[str, Any]:
    rows = WaitingEntry.objects.visible_to(request.user).for_display().in_order()
    named = {name: value for name, value in wanted.dict().items() if value is not None}
    rows = rows.filter(**named) if wanted.state else rows.live().filter(**named)
    return page_of(rows, page, WaitingOut.of, seen=lambda shown: _note(shown, by=request.user))


@router.post("/waiting-list/", response={201: WaitingOut}, summary="Put somebody on the waiting list")
@endpoint("scheduling.join_waiting")
def add(request: Request, body: WaitIn) -> Status[WaitingOut]:
    count_booking(by=request.user)
    entry = services.add_entry(wait=body.wait(), by=request.user, at=timezone.now())
    return Status(201, _out(entry))


@router.get("/waiting-list/matches/", response=Page[FitOut], summary="Who could take a time")
@endpoint("scheduling.offer_time")
def list_matches(request: Request, gap: Query[GapIn]) -> dict[str, Any]:
    """The best match first, each with the reasons."""
    found = read_gap(practitioner_id=gap.practitioner_id, starts_at=gap.start_time, ends_at=gap.end_time)
    return _fits(who_fits(found, at=timezone.now()), by=request.user)


@router.get("/waiting-list/{uuid:waitingentry_id}/", response=WaitingOut, summary="One entry of the waiting list")
@endpoint("scheduling.view_waiting")
def get_entry(request: Request, response: HttpResponse, waitingentry_id: UUID) -> WaitingOut:
    """The `ETag` is the entry's version."""
    entry = _visible(request, waitingentry_id)
    audit.viewed(of=entry, by=request.user)
    tag(response, entry.version)
    return WaitingOut.of(entry)


@router.put("/waiting-list/{uuid:waitingentry_id}/", response=WaitingOut, summary="Change what somebody waits for")
@endpoint("scheduling.join_waiting")
def change(
    request: Request,
    response: HttpResponse,
    waitingentry_id: UUID,
    body: WaitChangeIn,
    if_match: IfMatch = "",
) -> WaitingOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409.

    What is offered to them now stays offered until they answer; another service waits for that answer (409).
    """
    entry = services.change_entry(
        entry=_visible(request, waitingentry_id),
        wait=body.wait(),
        seen=version_in(if_match),
        by=request.user,
        at=timezone.now(),
    )
    tag(response, entry.version)
    return WaitingOut.of(entry)


@router.put("/waiting-list/{uuid:waitingentry_id}/priority/", response=WaitingOut, summary="Say how urgent it is")
@endpoint("scheduling.offer_time")
def prioritise(request: Request, waitingentry_id: UUID, body: PriorityIn) -> WaitingOut:
    entry = services.prioritise_entry(
        entry=_visible(request, waitingentry_id),
        priority=Priority(body.priority),
        reason=body.reason,
        by=request.user,
        at=timezone.now(),
    )
    return _out(entry)


@router.post("/waiting-list/{uuid:waitingentry_id}/withdrawal/", response=WaitingOut, summary="Take somebody off it")
@endpoint("scheduling.join_waiting")
def withdraw(request: Request, waitingentry_id: UUID) -> WaitingOut:
    entry = _visible(request, waitingentry_id)
    return _out(services.withdraw_entry(entry=entry, by=request.user, at=timezone.now()))


@router.get("/waiting-list/{uuid:waitingentry_id}/times/", response=Page[FitOut], summary="Where somebody could go")
@endpoint("scheduling.offer_time")
def list_times(request: Request, waitingentry_id: UUID) -> dict[str, Any]:
    return _fits(where_could_go(_visible(request, waitingentry_id), at=timezone.now()), by=request.user)


@router.post("/waiting-list/{uuid:waitingentry_id}/offers/", response={201: OfferOut}, summary="Offer somebody a time")
@endpoint("scheduling.offer_time")
def make_offer(request: Request, waitingentry_id: UUID, body: OfferIn) -> Status[OfferOut]:
    offer = offer_by_hand(
        entry=_visible(request, waitingentry_id),
        starts_at=body.start_time,
        practitioner_id=body.practitioner_id,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, OfferOut.of(Offer.objects.for_display().get(pk=offer.pk)))


@router.get("/offers/", response=Page[OfferOut], summary="Offers of freed times")
@endpoint("scheduling.view_waiting")
def list_offers(request: Request, page: Query[PageIn], wanted: Query[OffersIn]) -> dict[str, Any]:
    named = {name: value for name, value in wanted.dict().items() if value is not None}
    rows = _offers(request).filter(**named).order_by("-sent_at", "pk")
    return page_of(rows, page, OfferOut.of, seen=lambda shown: _note(shown, by=request.user))


@router.post("/offers/{uuid:offer_id}/acceptance/", response=AppointmentOut, summary="Accept an offer")
@endpoint("scheduling.join_waiting")
def accept(request: Request, offer_id: UUID) -> AppointmentOut:
    """Answers with the visit. Sent again, with the same one."""
    visit = services.accept_offer(offer=_offer(request, offer_id), by=request.user, at=timezone.now())
    return AppointmentOut.of(visit)


@router.post("/offers/{uuid:offer_id}/refusal/", response=OfferOut, summary="Decline an offer")
@endpoint("scheduling.join_waiting")
def refuse(request: Request, offer_id: UUID, body: RefusalIn) -> OfferOut:
    offer = services.decline_offer(
        offer=_offer(request, offer_id), leave=body.leave, by=request.user, at=timezone.now()
    )
    return OfferOut.of(offer)


@router.post("/offers/{uuid:offer_id}/withdrawal/", response=OfferOut, summary="Take an offer back")
@endpoint("scheduling.offer_time")
def withdraw_offer(request: Request, offer_id: UUID) -> OfferOut:
    return OfferOut.of(services.withdraw_offer(offer=_offer(request, offer_id), by=request.user, at=timezone.now()))


@router.get("/waiting-rules/", response=RulesBody, summary="How freed times are offered")
@endpoint("scheduling.manage")
def get_rules(request: Request) -> RulesBody:
    return RulesBody.of(rules_of(_location().pk))


@router.put("/waiting-rules/", response=RulesBody, summary="Set how freed times are offered")
@endpoint("scheduling.manage")
def change_rules(request: Request, body: RulesBody) -> RulesBody:
    return RulesBody.of(set_rules(location=_location(), by=request.user, **body.dict()))


def _visible(request: Request, entry_id: UUID) -> WaitingEntry:
    return get_object_or_404(WaitingEntry.objects.visible_to(request.user).for_display(), pk=entry_id)


def _offers(request: Request) -> QuerySet[Offer]:
    return Offer.objects.about(WaitingEntry.objects.visible_to(request.user)).for_display()


def _offer(request: Request, offer_id: UUID) -> Offer:
    return get_object_or_404(_offers(request), pk=offer_id)


def _out(entry: WaitingEntry) -> WaitingOut:
    return WaitingOut.of(WaitingEntry.objects.for_display().get(pk=entry.pk))


def _fits(fits: list[Fit], *, by: Any) -> dict[str, Any]:
    audit.listed(what=WaitingEntry, subjects=[fit.entry.patient_id for fit in fits], by=by)
    return {"items": [FitOut.of(fit) for fit in fits], "count": len(fits)}


def _note(shown: Any, *, by: Any) -> None:
    audit.listed(what=WaitingEntry, subjects=[row.patient_id for row in shown], by=by)


def _location() -> Location:
    return Location.objects.order_by("pk")[0]
