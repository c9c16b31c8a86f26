"""Rows 1 and 2: free times."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from tests.performance.asking import Load, Wanted, put_load
from tests.performance.house import per_request
from tests.performance.results import Result, spread
from tests.performance.visit import Visit

PEER_PER_SECOND, PEER_FORTNIGHT_MS = 410, 273  # Easy!Appointments 1.6 (the scorecard)
BAR_OF_A_DAY = "≥ 1,230/s (3 × peer)"
BAR_OF_A_FORTNIGHT = "≤ 6.1 ms (peer ÷ 45)"
FORTNIGHT, MONTH = timedelta(days=13), timedelta(days=30)


def one_day(visit: Visit) -> Iterator[Result]:
    """Free times of one practitioner on one day."""
    for clients, count, what in ((8, 1500, "c=8"), (1, 300, "c=1")):
        load, cpu = _measured(visit, _days(visit, count, visit.practice.service), clients)
        yield Result(
            row="1",
            what=f"free times, 1 practitioner × 1 day, {what}",
            bar=BAR_OF_A_DAY if clients == 8 else "",
            measured=f"{load.per_second:.0f}/s",
            met=load.per_second >= 3 * PEER_PER_SECOND if clients == 8 else None,
            cpu=cpu,
            **_times(load),
        )


def a_fortnight(visit: Visit) -> Iterator[Result]:
    """Free times of everybody for fourteen days, in one call."""
    plain, in_a_room = visit.practice.service, visit.practice.in_a_room
    for service, where, length in (
        (plain, "", FORTNIGHT),
        (in_a_room, " in one of 10 rooms", FORTNIGHT),
        (plain, "", MONTH),
        (in_a_room, " in one of 10 rooms", MONTH),
    ):
        requests = [_slots(service, day, day + length) for _ in range(12) for day in visit.practice.days[:5]]
        load, cpu = _measured(visit, requests, 1)
        times, found = _times(load), load.answers[0].json()["count"]
        is_judged = service == plain and length == FORTNIGHT
        yield Result(
            row="2",
            what=f"free times{where}, 10 practitioners × {length.days + 1} days, c=1",
            bar=BAR_OF_A_FORTNIGHT if is_judged else "",
            measured=f"{times['p50']:.1f} ms, {found} times found",
            met=times["p50"] <= PEER_FORTNIGHT_MS / 45 if is_judged else None,
            cpu=cpu,
            **times,
        )


def _days(visit: Visit, count: int, service: UUID) -> list[Wanted]:
    chance = random.Random(1)
    return [
        _slots(service, day, day, practitioner=chance.choice(visit.practice.practitioners))
        for day in chance.choices(visit.practice.days, k=count)
    ]


def _slots(service: UUID, first: date, last: date, practitioner: UUID | None = None) -> Wanted:
    query = {"service_id": service, "from": first, "to": last}
    if practitioner is not None:
        query["practitioner_id"] = practitioner
    return Wanted("GET", f"/api/scheduling/slots/?{urlencode(query)}")


def _measured(visit: Visit, requests: list[Wanted], clients: int) -> tuple[Load, str]:
    put_load(visit.arrive, requests[:40], clients=clients)
    before = visit.house.cpu_seconds()
    load = put_load(visit.arrive, requests, clients=clients)
    visit.check(load.answers, {200})
    return load, per_request(before, visit.house.cpu_seconds(), len(requests))


def _times(load: Load) -> dict[str, float]:
    seen = spread(load.times)
    return {"p50": seen.p50, "p95": seen.p95, "worst": seen.worst}
