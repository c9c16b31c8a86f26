"""When what can be booked is free, and why it is not."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from access.permissions import is_staff
from httpapi.answers import json_answer
from httpapi.doors import endpoint
from httpapi.paging import Page
from kernel.errors import Invalid
from kernel.periods import Period
from modules.scheduling import selectors
from modules.scheduling.models import Appointment, Service
from modules.scheduling.schemas.offers import NextIn, SlotOut, SlotsIn, WantedIn, WhyIn, WhyOut, slot_as_json
from tenancy.requests import Request

router = Router()


@router.get("/slots/", response=Page[SlotOut], summary="Free times")
@endpoint("scheduling.view_services")
def list_slots(request: Request, wanted: Query[SlotsIn]) -> HttpResponse:
    slots = selectors.find_slots(
        wanted=_wanted(request, wanted),
        search=_search(wanted, ZoneInfo(request.tenant.time_zone)),
        at=timezone.now(),
        asker=_asker(request),
    )
    return _slots(slots)


@router.get("/slots/next/", response=Page[SlotOut], summary="The next free times")
@endpoint("scheduling.view_services")
def list_next_slots(request: Request, wanted: Query[NextIn]) -> HttpResponse:
    now = timezone.now()
    after = max(wanted.after or now, now)
    return _slots(
        selectors.next_free(
            wanted=_wanted(request, wanted), after=after, at=now, asker=_asker(request), most=wanted.most
        )
    )


@router.get("/slots/why/", response=WhyOut, summary="Why a time is not offered")
@endpoint("scheduling.run_visit")
def why_not(request: Request, wanted: Query[WhyIn]) -> WhyOut:
    asker = selectors.Asker.patient() if wanted.online else selectors.Asker.desk(any_time=True)
    found = selectors.obstacles(
        wanted=_wanted(request, wanted), starts_at=wanted.start_time, at=timezone.now(), asker=asker
    )
    return WhyOut.of(found)


def _slots(slots: list[selectors.Slot]) -> HttpResponse:
    return json_answer({"items": [slot_as_json(slot) for slot in slots], "count": len(slots)})


def _asker(request: Request) -> selectors.Asker:
    return selectors.Asker.desk() if is_staff(request.user) else selectors.Asker.patient()


def _wanted(request: Request, wanted: WantedIn) -> selectors.Wanted:
    """Return what is looked for. A visit's own time counts as free only to those who may see the visit."""
    ids = [wanted.service_id, *wanted.also]
    known = {service.pk: service for service in Service.objects.current().filter(pk__in=ids)}
    if not known.keys() >= set(ids):
        raise Http404
    seen = Appointment.objects.visible_to(request.user).filter(pk=wanted.moving) if wanted.moving else None
    moving = wanted.moving if seen is not None and seen.exists() else None
    return wanted.wanted(tuple(known[each] for each in ids), moving=moving)


def _search(wanted: SlotsIn, zone: ZoneInfo) -> Period:
    """Return the stretch of time to look through. Raises `Invalid` for one that is empty or too long."""
    first, last = wanted.from_, wanted.to
    start = first if isinstance(first, datetime) else _start_of(first, zone)
    end = last if isinstance(last, datetime) else selectors.search_of_days(last, last, zone).end
    if end <= start or end - start > selectors.LONGEST_SEARCH:
        sentence = f"Ask for a stretch of up to {selectors.LONGEST_SEARCH.days} days, from first to last."
        raise Invalid(sentence, fields={"from": [sentence], "to": [sentence]})
    return Period(start, end)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return selectors.search_of_days(day, day, zone).start
