"""The one word for how a tenant is, and the facts behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenants import models
from tenants.console.health import facts_of, health_of, needs_a_look
from tenants.console.models import TenantFigures
from tenants.models import Tenant, TenantState

AT = datetime(2031, 3, 3, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models._served, "now", True)
    monkeypatch.setitem(models._served, "old", False)


def tenant(state: TenantState = TenantState.ACTIVE, level: str = "now", **fields: str) -> Tenant:
    at = AT - timedelta(hours=1)
    return Tenant(state=state, created_at=at, suspension_reason="Not paid", level_id=level, **fields)


def figures(**changes: object) -> TenantFigures:
    return TenantFigures(**{"taken_at": AT, "requests": 1000} | changes)


TROUBLES = {
    "Unreadable": figures(error="OperationalError"),
    "Errors": figures(failures=10),
    "Jobs given up": figures(jobs_dead=1),
    "Jobs late": figures(oldest_job_at=AT - timedelta(minutes=11)),
    "Old figures": figures(taken_at=AT - timedelta(hours=1)),
}


@pytest.mark.parametrize("word", TROUBLES)
def test_each_trouble_has_a_word_and_a_reason_and_needs_a_look(word: str) -> None:
    fact = health_of(tenant(), TROUBLES[word], at=AT)

    assert (fact.word, fact.is_trouble) == (word, True)
    assert len(fact.sentence) > 20
    assert needs_a_look(tenant(), TROUBLES[word], at=AT)


@pytest.mark.parametrize(
    "quiet",
    [
        figures(),
        figures(failures=2, requests=3),
        figures(failures=9),
        figures(oldest_job_at=AT - timedelta(minutes=9)),
        figures(taken_at=AT - timedelta(minutes=40)),
    ],
    ids=["nothing", "two failures", "under one in a hundred", "a job of nine minutes", "figures of forty minutes"],
)
def test_what_is_no_trouble_is_healthy(quiet: TenantFigures) -> None:
    (fact,) = facts_of(tenant(), quiet, at=AT)

    assert (fact.word, fact.is_trouble) == ("Healthy", False)


def test_the_gravest_fact_gives_the_word_and_the_others_are_told_too() -> None:
    facts = facts_of(tenant(), figures(jobs_dead=2, failures=900), at=AT)

    assert [fact.word for fact in facts] == ["Errors", "Jobs given up"]
    assert facts[0].sentence == "900 of today’s 1000 requests failed."


def test_a_suspended_tenants_jobs_are_meant_to_wait() -> None:
    waiting = figures(oldest_job_at=AT - timedelta(days=3))

    (fact,) = facts_of(tenant(TenantState.SUSPENDED), waiting, at=AT)

    assert (fact.word, fact.sentence, fact.is_trouble) == ("Suspended", "Not paid", False)


def test_an_opening_that_takes_an_hour_is_stuck() -> None:
    opening = tenant(TenantState.OPENING)

    assert health_of(opening, None, at=AT).word == "Stuck"
    assert health_of(opening, None, at=opening.created_at + timedelta(minutes=1)).word == "Being opened"


def test_what_has_not_been_looked_at_is_new() -> None:
    assert health_of(tenant(), None, at=AT).word == "New"


def test_a_schema_that_lacks_what_this_release_needs_is_behind() -> None:
    assert health_of(tenant(level="old"), figures(), at=AT).word == "Behind"
    assert needs_a_look(tenant(migration_error="LockNotAvailable"), figures(), at=AT)
    assert health_of(tenant(TenantState.SUSPENDED, level="old"), figures(), at=AT).word == "Suspended"
