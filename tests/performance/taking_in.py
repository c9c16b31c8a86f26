"""Row 8: events of Stripe, verified, kept once and told on; one event fifty times at once; and ten thousand of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
from django.utils import timezone

from modules.billing.services.accounts import ensure_account
from tenancy import use, use_platform
from tests.performance.bare import measure
from tests.performance.delivering import Delivery, bring
from tests.performance.house import per_request
from tests.performance.results import Result, spread
from tests.performance.visit import Visit, WrongAnswer
from webhooks.models import StripeEvent

EVENTS, CLIENTS, COPIES, BARE = 2000, 8, 50, 4000
SHARE = 0.1  # of what bare Postgres does
TABLE = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.event (id text PRIMARY KEY, payload jsonb NOT NULL, done_at timestamptz);
"""
KEEP = "INSERT INTO bare.event (id, payload) VALUES (%s, %s) ON CONFLICT DO NOTHING"
DONE = "UPDATE bare.event SET done_at = now() WHERE id = %s"


def events_of_stripe(visit: Visit) -> Iterator[Result]:
    with use(visit.practice.tenant):
        account_id = ensure_account(at=timezone.now()).account_id
    limit, times = _bare_events()
    seen = spread(times)
    yield Result(
        row="8",
        what=f"limit: bare Postgres, INSERT once and UPDATE, c={CLIENTS}",
        measured=f"{limit:.0f}/s",
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
    )
    yield _throughput(visit, account_id, limit)
    yield _one_at_once(visit, account_id)


def _throughput(visit: Visit, account_id: str, limit: float) -> Result:
    port = visit.house.site.port
    bring(port, [Delivery(_event(account_id)) for _ in range(100)], clients=CLIENTS)
    deliveries = [Delivery(_event(account_id)) for _ in range(EVENTS)]
    before, started = visit.house.cpu_seconds(), time.perf_counter()
    done = bring(port, deliveries, clients=CLIENTS)
    per_second = EVENTS / (time.perf_counter() - started)
    if wrong := next((each for each in done if each.status != 200), None):
        raise WrongAnswer(f"an event was answered with {wrong.status}")
    seen = spread([each.seconds for each in done])
    return Result(
        row="8",
        what=f"{EVENTS:,} events of Stripe, verified, kept, put into the outbox, c={CLIENTS}",
        bar=f"≥ {SHARE} × limit",
        measured=f"{per_second:.0f}/s, {per_second / limit:.2f} × limit",
        met=per_second >= SHARE * limit,
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
        cpu=per_request(before, visit.house.cpu_seconds(), EVENTS),
    )


def _one_at_once(visit: Visit, account_id: str) -> Result:
    body = _event(account_id)
    done = bring(visit.house.site.port, [Delivery(body)] * COPIES, clients=COPIES)
    with use_platform():
        kept = StripeEvent.objects.filter(pk=json.loads(body)["id"]).count()
    seen = spread([each.seconds for each in done])
    return Result(
        row="8",
        what=f"one event {COPIES} times at once",
        bar="kept once, and told once",
        measured=f"kept {kept} time, all {COPIES} told that it is here",
        met=kept == 1 and {each.status for each in done} == {200},
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
    )


def _event(account_id: str) -> bytes:
    """Return an event about something that nobody here reacts to: what is measured is its way into the outbox."""
    charge: dict[str, Any] = {"id": f"ch_{uuid4().hex}", "object": "charge", "amount": 5000, "currency": "gbp"}
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": "charge.updated", "account": account_id}
    return json.dumps(event | {"livemode": False, "data": {"object": charge}}).encode()


def _bare_events() -> tuple[float, list[float]]:
    """Return how many events a second Postgres alone takes in, each committed to the disk, and how long each took."""

    def take_in(connection: psycopg.Connection) -> None:
        event_id = uuid4().hex
        with connection.transaction():
            connection.execute(KEEP, [event_id, '{"object": "event"}'])
            connection.execute(DONE, [event_id])

    seconds, times = measure(TABLE, take_in, clients=CLIENTS, times=BARE)
    return BARE / seconds, times
