"""Many programs that want the same thing at the same moment: processes of their own, that know nothing of ours."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing import get_context

PATIENCE, WARNING = 120, 15.0  # seconds: for an answer, and from the call to arms to the start


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request, ready to be sent. `door` is what it is counted as."""

    door: str
    port: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    door: str
    status: int
    content: bytes
    seconds: float


def rush(attempts: Sequence[Attempt], *, processes: int) -> list[Outcome]:
    """Send all of these at one moment, dealt out over so many processes."""
    hands = [list(attempts[number::processes]) for number in range(processes)]
    start = time.time() + WARNING
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return [outcome for part in pool.map(_knock_all, hands, [start] * processes) for outcome in part]


def _knock_all(attempts: list[Attempt], start: float) -> list[Outcome]:
    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(_knock, attempts, [start] * len(attempts)))


def _knock(attempt: Attempt, start: float) -> Outcome:
    connection = HTTPConnection("127.0.0.1", attempt.port, timeout=PATIENCE)
    time.sleep(max(0.0, start - time.time()))
    started = time.perf_counter()
    connection.request(attempt.method, attempt.path, attempt.body, attempt.headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return Outcome(attempt.door, answer.status, content, time.perf_counter() - started)
