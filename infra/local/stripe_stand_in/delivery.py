"""Brings signed events to their listeners, again and again until somebody says thanks."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from itertools import groupby
from typing import Any, NamedTuple

from infra.local.stripe_stand_in.events import Desk

LOOK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 10
# Stripe tries for three days in live mode. Five minutes are long enough for a web server that is being restarted.
PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60, 60)

DUE = "SELECT seq, event_id, url, secret, attempts FROM deliveries WHERE done_at IS NULL AND due <= ?"
OLDEST_FIRST, NEWEST_FIRST = f"{DUE} ORDER BY seq LIMIT 100", f"{DUE} ORDER BY seq DESC LIMIT 100"


class Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: only the listener itself can say thanks."""

    def redirect_request(self, *_: Any) -> None:
        return None


open_straight = urllib.request.build_opener(Straight, urllib.request.ProxyHandler({})).open


class Delivery(NamedTuple):
    seq: int
    event_id: str
    url: str
    secret: str
    attempts: int


class Courier(threading.Thread):
    """Works off the deliveries that are due. They are kept in the store, so a restart goes on where this one ended."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(daemon=True, name="courier")
        self.desk, self.ending = desk, threading.Event()

    def run(self) -> None:
        while not self.ending.wait(LOOK_AGAIN_SECONDS):
            self.round()

    def stop(self) -> None:
        self.ending.set()
        self.join(PATIENCE_SECONDS + 1)

    def round(self) -> None:
        """Make one attempt at everything that is due: copies of one event at once, if the knobs say so."""
        for _, copies in groupby(self._due(), key=lambda delivery: delivery.event_id):
            deliveries = list(copies)
            if self.desk.knobs.together:
                _all_at_once([(self._attempt, delivery) for delivery in deliveries])
            else:
                for delivery in deliveries:
                    self._attempt(delivery)

    def _due(self) -> list[Delivery]:
        query = NEWEST_FIRST if self.desk.knobs.newest_first else OLDEST_FIRST
        with self.desk.store.lock:
            return [Delivery(*row) for row in self.desk.store.database.execute(query, [time.time()])]

    def _attempt(self, delivery: Delivery) -> None:
        _, event = self.desk.store.find("event", delivery.event_id)
        body = json.dumps(event).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the one we were started with
            delivery.url,
            body,
            {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature(body, delivery.secret)},
        )
        try:
            with open_straight(request, timeout=PATIENCE_SECONDS):
                self._note(delivery, done=True)
        except (OSError, ValueError):
            self._note(delivery, done=False)

    def _note(self, delivery: Delivery, *, done: bool) -> None:
        now, attempts = time.time(), delivery.attempts + 1
        due = now + PAUSES[delivery.attempts] if delivery.attempts < len(PAUSES) else None  # None: given up
        query = "UPDATE deliveries SET attempts = ?, due = ?, done_at = ? WHERE seq = ?"
        with self.desk.store.lock:
            self.desk.store.database.execute(query, [attempts, due, now if done else None, delivery.seq])


def signature(body: bytes, secret: str, *, at: int | None = None) -> str:
    """Return the `Stripe-Signature` header of a body: HMAC-SHA256 over "time.body" (docs.stripe.com/webhooks)."""
    timestamp = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _all_at_once(calls: list[tuple[object, Delivery]]) -> None:
    gate = threading.Barrier(len(calls))

    def run(call: object, delivery: Delivery) -> None:
        gate.wait(PATIENCE_SECONDS)
        call(delivery)  # type: ignore[operator]

    threads = [threading.Thread(target=run, args=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
