"""Behind a pooler that moves transactions between sessions nothing starts: tenants would meet each other's rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from tenancy import poolers
from tenancy.backend.base import DatabaseWrapper
from tenancy.databases import CONTROL
from tenancy.tests.pooler import pooler

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not talked to its database yet."""
    monkeypatch.setattr(poolers, "_found_fit", set())


@pytest.mark.parametrize("sessions", [1, 2, 5])
@pytest.mark.parametrize("takes_turns", [False, True], ids=["last used first", "in turn"])
def test_a_pooler_that_moves_transactions_is_found_out(db: None, sessions: int, takes_turns: bool) -> None:
    with pooler(sessions=sessions, takes_turns=takes_turns) as address:
        assert poolers.shares_sessions(address)


def test_a_pooler_that_keeps_sessions_is_none_to_worry_about(db: None) -> None:
    with pooler(per_client=True) as address:
        assert not poolers.shares_sessions(address)


def test_without_a_pooler_all_is_well(db: None) -> None:
    assert not poolers.shares_sessions(connection.get_connection_params())


def test_what_such_a_pooler_does_to_a_room(db: None) -> None:
    """The reason for all this: the path is set in one session and looked for in another."""
    with pooler(takes_turns=True) as address, psycopg.connect(**address, autocommit=True) as asked:  # type: ignore[arg-type]
        asked.execute("SET search_path = somewhere")
        assert asked.execute("SHOW search_path").fetchone() != ("somewhere",)


def test_the_engine_does_not_connect_behind_one(db: None, unknown: None) -> None:
    with pooler() as address:
        there = {"HOST": address["host"], "PORT": address["port"]}
        engine = DatabaseWrapper(dict(connections.settings[CONTROL]) | there, CONTROL)
        for _ in range(2):
            with pytest.raises(poolers.TransactionPooler, match="session mode"):
                engine.cursor()


def test_the_way_is_looked_at_once(db: None, unknown: None, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(poolers, "shares_sessions", lambda address: bool(looked.append(address)))

    for _ in range(3):
        poolers.check_once(CONTROL, {})

    assert len(looked) == 1


def test_a_database_that_is_away_at_boot_is_looked_at_when_it_is_back(
    db: None, unknown: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(address: Any) -> bool:
        raise psycopg.OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(poolers, "shares_sessions", away)
        poolers.check_at_boot()
        with pytest.raises(OperationalError), connection.wrap_database_errors:
            poolers.check_once(CONTROL, {})

    monkeypatch.setattr(poolers, "shares_sessions", lambda address: True)
    with pytest.raises(poolers.TransactionPooler):
        poolers.check_at_boot()


def test_nobody_waits_for_ever_for_a_session(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poolers, "PATIENCE_SECONDS", 0.2)
    with pooler(sessions=1, per_client=True) as address, pytest.raises(psycopg.OperationalError):
        poolers.shares_sessions(address)


START = """
from importlib import import_module
for process in ("config.wsgi", "config.worker"):
    try:
        import_module(process)
    except Exception as refused:
        print(process, type(refused).__name__)
"""


def test_neither_web_nor_worker_starts_behind_one(db: None) -> None:
    with pooler() as address:
        url = "postgresql://{user}@{host}:{port}/{dbname}".format_map(address)
        env = dict(os.environ) | {"DATABASE_URL": url, "CELL_DATABASE_URL": ""}
        command = [sys.executable, "-c", START]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert done.stdout.splitlines() == ["config.wsgi TransactionPooler", "config.worker TransactionPooler"], done.stderr
