"""Rows 5 and 15: a week of the calendar, and the board of a day with two hundred visits."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from kernel.periods import Period
from kernel.ranges import as_range
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Location
from tenancy import use
from tests.doors import session_key
from tests.performance.asking import Caller, Load, Wanted, put_load
from tests.performance.house import per_request
from tests.performance.practice import Practice
from tests.performance.results import Result, spread
from tests.performance.visit import Visit

PEER_MS = 498  # Easy!Appointments 1.6 (the scorecard)
WEEK = timedelta(days=6)
TODAYS = 200


def a_week(visit: Visit) -> Iterator[Result]:
    """The visits of ten practitioners in a week, with names and states."""
    monday = visit.practice.days[0]
    for path, what, bar in (
        (f"/api/scheduling/calendar/?from={monday}&to={monday + WEEK}", "in one answer", "≤ 8 ms (peer ÷ 60)"),
        (f"/calendar/?view=week&day={monday}", "as the page", ""),
    ):
        load, cpu = measured(visit, path)
        seen = spread(load.times)
        yield Result(
            row="5",
            what=f"week calendar, 10 practitioners, 700 visits, {what}, c=1",
            bar=bar,
            measured=f"{seen.p50:.1f} ms, {_weight(load)}",
            met=seen.p50 <= PEER_MS / 60 if bar else None,
            p50=seen.p50,
            p95=seen.p95,
            worst=seen.worst,
            cpu=cpu,
        )


def today(visit: Visit) -> Iterator[Result]:
    """The board of a day with two hundred visits in every state."""
    with use(visit.practice.tenant):
        _fill_today(visit.practice)
    load, cpu = measured(visit, "/today/")
    seen = spread(load.times)
    yield Result(
        row="15",
        what=f"Today board, {TODAYS} visits of 10 practitioners, c=1",
        measured=f"{seen.p50:.1f} ms, {_weight(load)}",
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
        cpu=cpu,
    )


def measured(visit: Visit, path: str, *, requests: int = 60) -> tuple[Load, str]:
    """Ask for a path by itself, as the owner at a browser or by a program, after some rounds that warm up."""
    wanted = [Wanted("GET", path)] * requests
    key = session_key(visit.practice.owner, visit.practice.tenant)

    def arrive() -> Caller:
        caller = visit.arrive()
        if not path.startswith("/api/"):
            del caller.headers["Authorization"]
            caller.headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={key}"
        return caller

    put_load(arrive, wanted[:10], clients=1)
    before = visit.house.cpu_seconds()
    load = put_load(arrive, wanted, clients=1)
    visit.check(load.answers, {200})
    return load, per_request(before, visit.house.cpu_seconds(), requests)


def _weight(load: Load) -> str:
    content = load.answers[0].content
    return f"{len(content) / 1000:.0f} kB, {len(gzip.compress(content)) / 1000:.1f} kB gz"


def _fill_today(practice: Practice) -> None:
    """Put visits into today, every half hour of it, whatever weekday it is."""
    location, chance, rows = Location.objects.get(), random.Random(7), []
    day = timezone.now().date()
    states = [
        Status.COMPLETED,
        Status.IN_PROGRESS,
        Status.CHECKED_IN,
        Status.SCHEDULED,
        Status.CONFIRMED,
        Status.NO_SHOW,
    ]
    people = iter(chance.sample(practice.people, TODAYS))
    for number in range(TODAYS):
        start = datetime.combine(day, time(8), ZoneInfo("UTC")) + timedelta(minutes=30) * (number // 10)
        period = as_range(Period(start, start + timedelta(minutes=30)))
        rows.append(
            Appointment(
                location=location,
                patient_id=next(people),
                service_id=practice.service,
                practitioner_id=practice.practitioners[number % 10],
                period=period,
                occupies=period,
                status=states[number % len(states)],
            )
        )
    Appointment.objects.bulk_create(rows)
