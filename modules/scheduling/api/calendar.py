"""A stretch of the calendar in one answer, its visits put into JSON by the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db.models.functions import Lower, Upper
from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router

from audit import recording as audit
from httpapi.answers import json_answer
from httpapi.doors import endpoint
from kernel.errors import Invalid
from kernel.periods import Period
from modules.scheduling import boards
from modules.scheduling.boards import By
from modules.scheduling.models import Appointment, Location
from modules.scheduling.schemas.calendar import CalendarIn, CalendarOut
from modules.scheduling.selectors import search_of_days
from tenancy.requests import Request

router = Router()

LONGEST = timedelta(days=42)


@router.get("/calendar/", response=CalendarOut, summary="Days of the calendar")
@endpoint("scheduling.run_visit")
def get_calendar(request: Request, wanted: Query[CalendarIn]) -> HttpResponse:
    """Return the visits and groups of up to six weeks, with the people, rooms and services that they refer to."""
    if not timedelta(0) <= wanted.to - wanted.from_ < LONGEST:
        sentence = f"Ask for up to {LONGEST.days} days, from first to last."
        raise Invalid(sentence, fields={"from": [sentence], "to": [sentence]})
    location = Location.objects.order_by("pk")[0]
    search = search_of_days(wanted.from_, wanted.to, location.zone)
    rows = boards.shown_visits(request.user, search, practitioners=wanted.practitioner_id)
    visits, patients = boards.visits_as_json(rows)
    audit.listed(what=Appointment, subjects=patients, by=request.user)
    known = boards.resources_seen_by(request.user)
    body: dict[str, Any] = {
        "from": wanted.from_,
        "to": wanted.to,
        "time_zone": location.time_zone,
        "by": wanted.by,
        "columns": [each.id for each in known[By(wanted.by)]],
        **{f"{by}s": [each._asdict() for each in resources] for by, resources in known.items()},
        "visits": orjson.Fragment(visits),
        "sessions": _groups(request, wanted, search),
        "held": _held([each.id for each in known[By.PRACTITIONER] if each.id], search),
    }
    return json_answer(body)


def _held(practitioners: list[UUID], search: Period) -> list[dict[str, Any]]:
    return [
        {
            "practitioner_id": held.practitioner_id,
            "room_id": held.room_id,
            "start_time": held.period.start,
            "end_time": held.period.end,
            "expires_at": held.until,
        }
        for held in boards.held_times(practitioners=practitioners, search=search, at=timezone.now())
    ]


def _groups(request: Request, wanted: CalendarIn, search: Period) -> list[dict[str, Any]]:
    rows = boards.shown_groups(request.user, search, practitioners=wanted.practitioner_id)
    members = ("title", "version", "places", "taken", "service_id", "practitioner_id", "room_id")
    found = rows.annotate(start_time=Lower("period"), end_time=Upper("period"))
    return list(found.values("id", "start_time", "end_time", *members))
