"""What /livez, /readyz and /healthz tell those who watch over us."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client

from jobs.middleware import BEAT_SECONDS, beat
from webui import health


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "clinic.localhost", "nobody.example"])
def test_it_answers_on_any_host_when_all_is_well(db: None, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(health, "is_beating", lambda name: True)

    answer = Client(headers={"host": host}).get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_names_who_gives_no_sign_of_life(db: None) -> None:
    """Nobody works here: the tests start no worker and no clock."""
    assert state() == (503, {"status": "failing", "failing": ["worker", "clock"]})

    beat("clock")
    assert state() == (503, {"status": "failing", "failing": ["worker"]})

    beat("worker")
    assert state() == (200, {"status": "ok"})


def test_a_sign_of_life_is_forgotten_within_half_a_minute(db: None) -> None:
    beat("worker")

    client: Any = cache
    assert 0 < client._cache.get_client().ttl(cache.make_key("jobs:heartbeat:worker")) <= BEAT_SECONDS * 6 == 30


def test_it_names_the_database(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError

    for name in ("worker", "clock"):
        beat(name)
    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        answer = state()

    assert answer == (503, {"status": "failing", "failing": ["database"]})


def test_without_the_broker_nothing_can_be_said_of_the_workers_either(db: None, settings: Any) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock?db=0"}}

    assert state() == (503, {"status": "failing", "failing": ["broker", "worker", "clock"]})


def test_a_part_that_throws_is_down(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def thrown(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(health, "is_beating", lambda name: True)
    monkeypatch.setattr(type(cache._cache), "get_client", thrown)  # type: ignore[attr-defined]

    assert Client().get("/healthz").json() == {"status": "failing", "failing": ["broker"]}


def test_a_site_without_workers_and_broker_is_ready_and_one_without_database_is_alive(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock?db=0"}}
    assert Client().get("/readyz").json() == {"status": "ok"}

    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        assert Client().get("/readyz").json() == {"status": "failing", "failing": ["database"]}
        assert Client().get("/livez").json() == {"status": "ok"}


def state() -> tuple[int, Any]:
    answer = Client().get("/healthz")
    return answer.status_code, answer.json()
