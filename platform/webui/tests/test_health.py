"""What /healthz tells those who watch over us."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from webui import health


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "clinic.localhost", "nobody.example"])
def test_it_answers_on_any_host_when_all_is_well(db: None, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(health, "is_beating", lambda name: True)

    answer = Client(headers={"host": host}).get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_names_what_is_down(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "is_beating", lambda name: name != "worker")

    answer = Client().get("/healthz")

    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "failing": ["worker"]})


def test_a_part_that_throws_is_down(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def thrown(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(health, "is_beating", lambda name: True)
    monkeypatch.setattr(health.cache, "set", thrown)

    assert Client().get("/healthz").json() == {"status": "failing", "failing": ["broker"]}
