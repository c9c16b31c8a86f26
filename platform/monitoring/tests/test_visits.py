"""When a tenant was last visited, and how often its requests failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from identity.models import User
from kernel.ids import new_id
from monitoring import visits
from tenancy import TenantRef


def test_each_request_of_a_tenant_is_counted_once_it_is_handed_on(pages: Any, rita: User, clinic: TenantRef) -> None:
    now = datetime.now(UTC)
    visits.hand_on()  # what tests before this one have gathered
    before = visits.visits_of([clinic.id], on=now)[clinic.id]

    pages(rita).get("/patients/")
    pages(rita).get("/nothing/")
    visits.hand_on()

    after = visits.visits_of([clinic.id], on=now)[clinic.id]
    assert after.requests == before.requests + 2
    assert after.failures == before.failures
    assert after.last_at is not None
    assert abs((after.last_at - now).total_seconds()) < 60


def test_failures_are_those_that_nobody_expected(db: None) -> None:
    tenant_id, now = new_id(), datetime.now(UTC)
    for failed in (True, False, True):
        visits.note(tenant_id, failed=failed)
    visits.hand_on()

    assert visits.visits_of([tenant_id], on=now)[tenant_id].failures == 2


def test_a_tenant_that_nobody_visited_has_empty_figures(db: None) -> None:
    nobody = uuid4()

    assert visits.visits_of([nobody], on=datetime.now(UTC)) == {nobody: visits.Visits(None, 0, 0)}
    assert visits.visits_of([], on=datetime.now(UTC)) == {}


def test_an_erased_tenant_leaves_no_figures(db: None) -> None:
    tenant_id, now = new_id(), datetime.now(UTC)
    visits.note(tenant_id, failed=True)
    visits.hand_on()
    visits.forget(tenant_id)

    assert visits.visits_of([tenant_id], on=now)[tenant_id] == visits.Visits(None, 0, 0)


def test_without_the_cache_pages_open_and_figures_are_empty(
    settings: Any, pages: Any, rita: User, clinic: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise ConnectionError

    monkeypatch.setattr(visits, "_client", away)
    monkeypatch.setattr(visits, "HAND_ON_SECONDS", 0)

    assert pages(rita).get("/patients/").status_code == 200
    assert visits.visits_of([clinic.id], on=datetime.now(UTC))[clinic.id] == visits.Visits(None, 0, 0)
