"""The board of today, and of other days to read."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone

from access.membership import reach_of
from access.presets import Reach
from modules.scheduling.boards import Card, Filter, Today, today_board
from modules.scheduling.models import Location, Practitioner
from modules.scheduling.pages.days import day_asked_for
from modules.scheduling.selectors import search_of_days, version_of_day
from modules.scheduling.services.visits.history import note_listed_people
from tenancy.requests import Request
from webui.doors import page


@page("scheduling.run_visit")
def today(request: Request) -> HttpResponse:
    """The whole page; to its own script the board alone, and that only if it is another than it has."""
    locations = list(Location.objects.order_by("pk"))
    wanted = Filter(_id(request, "practitioner"), _id(request, "location"))
    zone = next((place for place in locations if place.pk == wanted.location_id), locations[0]).zone
    now = timezone.now()
    day = day_asked_for(request, default=now.astimezone(zone).date())
    search = search_of_days(day, day, zone)
    etag = f'"{version_of_day(search)}-{day:%j}-{now:%H%M}"'  # by the minute: waiting grows, and bills are paid
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        return HttpResponseNotModified()
    board = today_board(day=day, zone=zone, wanted=wanted, user=request.user, at=now)
    is_refresh = request.htmx and not request.htmx.boosted
    if not is_refresh:  # the board asks again every few seconds, for the same eyes
        note_listed_people((card.patient_id for card in _shown(board)), by=request.user)
    context = {"board": board, "now": now.astimezone(zone), "query": _query(wanted, day, now.astimezone(zone))}
    if not is_refresh:
        context |= _choices(request, wanted, locations) | {
            "before": _step(wanted, day, -1),
            "after": _step(wanted, day, 1),
        }
    response = render(request, "scheduling/today.html" + ("#board" if is_refresh else ""), context)
    response["ETag"] = etag
    return response


def _shown(board: Today) -> list[Card]:
    in_lanes = [card for lane in board.lanes for card in [*lane.cards, *lane.folded]]
    return [*in_lanes, *board.provisional, *(card for group in board.groups for card in group.people)]


def _choices(request: Request, wanted: Filter, locations: list[Location]) -> dict[str, Any]:
    people: list[Any] = []
    if reach_of(request.user, "scheduling.view_appointment") is Reach.ALL:  # others see one day: their own
        people = list(Practitioner.objects.current().order_by("name").values_list("pk", "name"))
    return {"wanted": wanted, "locations": locations, "people": people}


def _step(wanted: Filter, day: date, days: int) -> str:
    return _query(wanted, day + timedelta(days=days), None)


def _query(wanted: Filter, day: date, now: datetime | None) -> str:
    """Return the address of a day with these filters, without the path. Today needs no day."""
    said = {
        "practitioner": wanted.practitioner_id,
        "location": wanted.location_id,
        "day": None if now is not None and day == now.date() else day,
    }
    return urlencode({name: value for name, value in said.items() if value is not None})


def _id(request: Request, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None
