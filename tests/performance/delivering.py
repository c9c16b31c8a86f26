"""Bring events to the platform's door as Stripe does: signed at that moment, and again until they are taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Barrier, Event, Lock

from django.conf import settings

from infra.local.stripe_stand_in.delivery import signature
from tests.performance.asking import TIMEOUT

PATIENCE = 300  # seconds until a delivery is given up
PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way. A forged one is signed with `secret`, was signed `age` seconds ago, or is another `body`."""

    signed: bytes
    body: bytes = b""  # what arrives, if it is not what was signed
    secret: str = ""
    age: int = 0

    @property
    def is_forged(self) -> bool:
        return bool(self.body or self.secret or self.age)


@dataclass(frozen=True, slots=True)
class Delivered:
    delivery: Delivery
    status: int
    seconds: float  # of the last attempt
    attempts: int


class NotTaken(RuntimeError):
    """The door did not answer for minutes."""


def bring(
    port: int, deliveries: Sequence[Delivery], *, clients: int, at_half: Callable[[], None] = lambda: None
) -> list[Delivered]:
    """Bring all of them, in their order, by so many at once. After half of them `at_half` is called, by this thread."""
    numbers, turn, gate, half = count(), Lock(), Barrier(clients), Event()

    def work() -> list[Delivered]:
        connection, done = _connect(port), []
        gate.wait(TIMEOUT)
        while True:
            with turn:
                number = next(numbers)
            if number >= len(deliveries):
                connection.close()
                return done
            if number == len(deliveries) // 2:
                half.set()
            done.append(_bring_one(connection, deliveries[number], port))

    with ThreadPoolExecutor(clients) as pool:
        parts = [pool.submit(work) for _ in range(clients)]
        half.wait(PATIENCE)
        at_half()
        return [each for part in parts for each in part.result()]


def _bring_one(connection: HTTPConnection, delivery: Delivery, port: int) -> Delivered:
    deadline = time.monotonic() + PATIENCE
    for attempt in count(1):
        started = time.perf_counter()
        status = _attempt(connection, delivery, port)
        if 200 <= status < 500:
            return Delivered(delivery, status, time.perf_counter() - started, attempt)
        if time.monotonic() > deadline:
            raise NotTaken(f"{status} after {attempt} attempts")
        time.sleep(PAUSE)
    raise NotTaken


def _attempt(connection: HTTPConnection, delivery: Delivery, port: int) -> int:
    """Return the status of the answer; 0 where there was none."""
    secret = delivery.secret or settings.STRIPE_WEBHOOK_SECRET
    headers = {
        "Host": f"localhost:{port}",
        "Content-Type": "application/json",
        "Stripe-Signature": signature(delivery.signed, secret, at=int(time.time()) - delivery.age),
    }
    try:
        connection.request("POST", "/webhooks/stripe/", delivery.body or delivery.signed, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        connection.close()
        return 0
    return answer.status


def _connect(port: int) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
