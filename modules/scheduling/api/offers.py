"""What can be booked, and when it is free."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router

from access.permissions import is_staff
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import Invalid
from kernel.periods import Period
from modules.scheduling import selectors
from modules.scheduling.models import Room, Service
from modules.scheduling.schemas.offers import RoomOut, ServiceOut, SlotOut, SlotsIn
from tenancy.requests import Request

router = Router()


@router.get("/rooms/", response=Page[RoomOut], summary="Rooms")
@endpoint("scheduling.view_rooms")
def list_rooms(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(Room.objects.current().order_by("name"), page, RoomOut.of)


@router.get("/services/", response=Page[ServiceOut], summary="Services")
@endpoint("scheduling.view_services")
def list_services(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    rows = Service.objects.current().prefetch_related("practitioners", "rooms").order_by("name")
    return page_of(rows, page, ServiceOut.of)


@router.get("/slots/", response=Page[SlotOut], summary="Free times")
@endpoint("scheduling.view_services")
def list_slots(request: Request, wanted: Query[SlotsIn]) -> dict[str, Any]:
    service = get_object_or_404(Service.objects.current(), pk=wanted.service_id)
    slots = selectors.find_slots(
        wanted=selectors.Wanted(
            services=(service,),
            practitioner_ids=frozenset({wanted.practitioner_id}) if wanted.practitioner_id else None,
            room_id=wanted.room_id,
        ),
        search=_search(wanted, ZoneInfo(request.tenant.time_zone)),
        at=timezone.now(),
        asker=selectors.Asker.desk() if is_staff(request.user) else selectors.Asker.patient(),
    )
    items = [
        SlotOut(start_time=s.starts_at, end_time=s.ends_at, practitioner_id=s.practitioner_id, room_id=s.room_id)
        for s in slots
    ]
    return {"items": items, "count": len(items)}


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
