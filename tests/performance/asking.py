"""Real HTTP to the site: kept-alive connections, a bounded number of clients at once, every request timed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from queue import Empty, SimpleQueue
from threading import Barrier
from typing import Any

TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that is ready to be sent, so that making it is not timed."""

    method: str
    path: str
    body: bytes | None = None
    key: str = ""


class Caller:
    """Somebody's program at one tenant, on one connection that stays open."""

    def __init__(self, port: int, tenant: str, token: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self.headers = {
            "Host": f"{tenant}.localhost:{port}",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

    def ask(self, wanted: Wanted) -> Answer:
        headers = self.headers | ({"Idempotency-Key": wanted.key} if wanted.key else {})
        started = time.perf_counter()
        self.connection.request(wanted.method, wanted.path, wanted.body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        return Answer(answer.status, content, time.perf_counter() - started)

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load: the answers, and how long all of it took."""

    answers: list[Answer]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds

    @property
    def times(self) -> list[float]:
        return [answer.seconds for answer in self.answers]


def put_load(arrive: Callable[[], Caller], requests: Iterable[Wanted], *, clients: int) -> Load:
    """Send every request, each client taking the next one as soon as it has its answer."""
    waiting: SimpleQueue[Wanted] = SimpleQueue()
    for each in requests:
        waiting.put(each)

    def work(caller: Caller) -> list[Answer]:
        return [caller.ask(wanted) for wanted in _until_empty(waiting)]

    callers = [arrive() for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        started = time.perf_counter()
        answers = [answer for part in pool.map(work, callers) for answer in part]
        seconds = time.perf_counter() - started
    for caller in callers:
        caller.close()
    return Load(answers, seconds)


def all_at_once(callers: list[Caller], requests: list[Wanted]) -> list[Answer]:
    """Let every caller send its request at the same moment."""
    gate = Barrier(len(callers))

    def knock(caller: Caller, wanted: Wanted) -> Answer:
        gate.wait(timeout=TIMEOUT)
        return caller.ask(wanted)

    with ThreadPoolExecutor(len(callers)) as pool:
        return list(pool.map(knock, callers, requests))


def _until_empty(waiting: SimpleQueue[Wanted]) -> Iterator[Wanted]:
    while True:
        try:
            yield waiting.get_nowait()
        except Empty:
            return
