"""Rows 3 and 4: bookings that do not meet, and those that do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid4

from tests.performance.asking import Answer, Wanted, all_at_once, put_load
from tests.performance.bare import bare_bookings
from tests.performance.house import per_request
from tests.performance.practice import Practice, times_of
from tests.performance.results import Result, spread
from tests.performance.visit import Visit

PEER_PER_SECOND, PEER_P95_MS = 305, 38  # Easy!Appointments 1.6 (the scorecard)
BOOKINGS, WARM_UP, BARE = 800, 40, 2000
RIVALS, ROUNDS, SLOWEST_MS = 50, 100, 500


def unique_times(visit: Visit) -> Iterator[Result]:
    """Bookings that never meet: durable, idempotent, audited, with their messages in the outbox."""
    practice = visit.practice
    free = ((_wish(practice, who, whom, at)) for who, whom, at in free_times(practice))
    put_load(visit.arrive, islice(free, WARM_UP), clients=8)
    for clients, count in ((1, 150), (8, BOOKINGS), (32, BOOKINGS)):
        yield _limit(clients)
        wishes = list(islice(free, count))
        before = visit.house.cpu_seconds()
        load = put_load(visit.arrive, wishes, clients=clients)
        cpu = per_request(before, visit.house.cpu_seconds(), count)
        visit.check(load.answers, {201})
        seen, is_judged = spread(load.times), clients == 8
        yield Result(
            row="3",
            what=f"{count} bookings at unique times, c={clients}, durable, mails sent meanwhile",
            bar="≥ 915/s (3 × peer), p95 ≤ 19 ms (peer ÷ 2)" if is_judged else "",
            measured=f"{load.per_second:.0f}/s",
            met=load.per_second >= 3 * PEER_PER_SECOND and seen.p95 <= PEER_P95_MS / 2 if is_judged else None,
            p50=seen.p50,
            p95=seen.p95,
            worst=seen.worst,
            cpu=cpu,
        )


def _limit(clients: int) -> Result:
    """Measure bare Postgres: a lock, and an insert under one exclusion constraint, each committed to the disk."""
    seconds, times = bare_bookings(clients, BARE)
    seen = spread(times)
    return Result(
        row="3",
        what=f"limit: bare Postgres, lock and insert under one constraint, c={clients}",
        measured=f"{BARE / seconds:.0f}/s",
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
    )


def one_time(visit: Visit) -> Iterator[Result]:
    """Fifty clients who want one time of one practitioner, a hundred times over."""
    practice = visit.practice
    times = islice((at for _, whom, at in free_times(practice) if whom == practice.practitioners[0]), 100, 100 + ROUNDS)
    callers = [visit.arrive() for _ in range(RIVALS)]
    rounds, before = [], visit.house.cpu_seconds()
    for at in times:
        wishes = [_wish(practice, who, practice.practitioners[0], at) for who in practice.people[:RIVALS]]
        rounds.append(all_at_once(callers, wishes))
    cpu = per_request(before, visit.house.cpu_seconds(), RIVALS * ROUNDS)
    for caller in callers:
        caller.close()
    yield _contest(visit, rounds, cpu)


def _contest(visit: Visit, rounds: list[list[Answer]], cpu: str) -> Result:
    fair = 0
    for answers in rounds:
        counted = visit.check(answers, {201, 409, *range(500, 600)})
        fair += counted == {201: 1, 409: RIVALS - 1}
    seen = spread([answer.seconds for answers in rounds for answer in answers])
    return Result(
        row="4",
        what=f"{RIVALS} clients, one time, {ROUNDS} rounds",
        bar=f"1 × 201 and {RIVALS - 1} × 409 in every round, slowest ≤ {SLOWEST_MS} ms",
        measured=f"one winner in {fair} of {len(rounds)} rounds",
        met=fair == len(rounds) and seen.worst <= SLOWEST_MS,
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
        cpu=cpu,
    )


def free_times(practice: Practice) -> Iterator[tuple[UUID, UUID, datetime]]:
    """Yield who could come to whom at which free time; nobody is anywhere twice."""
    number = 0
    for day in practice.free_days():
        for at in times_of(day):
            for whom in practice.practitioners:
                yield practice.people[number % len(practice.people)], whom, at
                number += 1


def _wish(practice: Practice, who: UUID, whom: UUID, at: datetime) -> Wanted:
    fields = {"service_id": practice.service, "patient_id": who, "practitioner_id": whom, "start_time": at.isoformat()}
    body = json.dumps(fields, default=str).encode()
    return Wanted("POST", "/api/scheduling/appointments/", body, key=str(uuid4()))
