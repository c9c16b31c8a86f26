"""Which tenants this code serves: a tenant may lack what the code can do without, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.migrations import Migration
from django.test import Client

from filestore.storage import read_file, store_file
from identity.models import User
from jobs import relay
from jobs.outbox import later
from notify.tasks import deliver
from tenancy import TenantRef, catalog, use, use_platform
from tenants import levels, migrating, opening, readings
from tenants.models import BEHIND, Level, Tenant, TenantState
from tenants.tests.test_stock import reserve_for
from tests.doors import Api, Pages, session_key
from tests.releases import release

EXPAND = 'operations = [AddField("storedfile", "colour", models.CharField(max_length=9, null=True))]'
MAY_WAIT = f"may_wait = True\n{EXPAND}"
NEW = "filestore.0002_colour"


@pytest.fixture
def next_release(settings: Any, tmp_path: Path, db: None) -> Callable[..., Any]:
    return lambda body: release(settings, tmp_path, **{"0002_colour": body})


def migrate(tenant: TenantRef) -> None:
    """Bring one tenant to the release, as the runner would."""
    with use_platform():
        row = Tenant.objects.get(pk=tenant.id)
    migrating.catch_up(row)
    catalog.forget()


def standing(tenant: TenantRef) -> str:
    found = catalog.find_by_id(tenant.id)
    assert found is not None
    return found.state


def assert_works(tenant: TenantRef, desk: Api, browser: Pages) -> None:
    """Read and write, the table that the release changes above all."""
    assert browser.get("/today/").status_code == 200
    assert desk.post("/api/patients/", {"first_name": "Paul"}, key="once").status_code == 201
    with use(tenant):
        stored = store_file(name="x.pdf", content=b"x", media_type="application/pdf", kind="invoices")
        assert read_file(stored) == b"x"


def test_who_is_behind_gets_503_and_when_to_come_back_and_others_are_served(
    next_release: Any, api: Any, pages: Any, rita: User, cora: User, clinic: TenantRef, other: TenantRef
) -> None:
    theirs, ours = api(cora, other), api(rita)
    with next_release(EXPAND):
        migrate(other)

        closed = ours.get("/api/patients/")
        page = pages(rita).get("/today/")

        assert (closed.status_code, closed["Retry-After"]) == (503, "60")
        assert (closed["Content-Type"], closed.json()["code"]) == ("application/problem+json", "tenant-being-updated")
        assert (page.status_code, page["Retry-After"]) == (503, "60")
        assert "Being updated" in page.content.decode()
        assert theirs.get("/api/patients/").status_code == 200
        assert pages(cora, other).get("/today/").status_code == 200

        migrate(clinic)

        assert (ours.get("/api/patients/").status_code, pages(rita).get("/today/").status_code) == (200, 200)


def test_code_serves_a_tenant_without_what_may_wait(
    next_release: Any, api: Any, pages: Any, rita: User, clinic: TenantRef, soon: Any
) -> None:
    """Code N on schema N-1: reads and writes go on before the tenant has the column."""
    with next_release(MAY_WAIT):
        assert standing(clinic) == TenantState.ACTIVE
        assert_works(clinic, api(rita), pages(rita))


def test_code_serves_a_tenant_that_is_ahead_of_it(
    next_release: Any, api: Any, pages: Any, rita: User, clinic: TenantRef
) -> None:
    """Code N-1 on schema N: while a release is rolled out, the old processes meet tenants that have it."""
    with next_release(EXPAND):
        migrate(clinic)

    catalog.forget()
    assert standing(clinic) == TenantState.ACTIVE
    assert_works(clinic, api(rita), pages(rita))
    with use_platform():
        level = Tenant.objects.select_related("level").get(pk=clinic.id).level
    assert level is not None
    assert NEW in level.migrations


def test_what_is_needed_after_something_that_may_wait_is_needed(
    clinic: TenantRef, settings: Any, tmp_path: Path
) -> None:
    needed = 'operations = [AddField("storedfile", "shape", models.CharField(max_length=9, null=True))]'
    with release(settings, tmp_path, **{"0002_colour": MAY_WAIT, "0003_shape": needed}):
        assert standing(clinic) == BEHIND


def test_of_a_tenant_whose_level_nobody_knows_it_is_not_assumed_that_it_works(clinic: TenantRef) -> None:
    with use_platform():
        Tenant.objects.filter(pk=clinic.id).update(level=None)
    assert standing(clinic) == BEHIND


def test_a_suspended_tenant_that_is_behind_is_suspended_above_all(next_release: Any, clinic: TenantRef) -> None:
    with use_platform():
        Tenant.objects.filter(pk=clinic.id).update(state=TenantState.SUSPENDED)
    with next_release(EXPAND):
        assert standing(clinic) == TenantState.SUSPENDED


def test_the_jobs_of_who_is_behind_wait_and_run_afterwards(
    next_release: Any, clinic: TenantRef, other: TenantRef
) -> None:
    with use(clinic):
        ours = later(deliver, message_id="x")
    with use(other):
        theirs = later(deliver, message_id="y")

    with next_release(EXPAND):
        migrate(other)
        with use_platform():
            assert {row.id for row in relay.claim()} == {theirs}

        migrate(clinic)
        with use_platform():
            assert {row.id for row in relay.claim()} == {ours}


def test_the_level_costs_a_request_nothing(clinic: TenantRef, django_assert_num_queries: Any) -> None:
    catalog.find_by_name("clinic")
    with django_assert_num_queries(0):
        found = catalog.find_by_name("clinic")
        assert found is not None
        assert found.is_open


def test_asking_whose_jobs_rest_is_one_query(clinic: TenantRef, django_assert_num_queries: Any) -> None:
    catalog.resting_tenants()
    with django_assert_num_queries(1):
        assert catalog.resting_tenants() == []


def test_migrations_that_were_squashed_are_had_by_who_has_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    squashed = Migration("0001_squashed_0002", "crm")
    squashed.replaces = [("crm", "0001_initial"), ("crm", "0002_more")]
    monkeypatch.setattr(levels, "on_disk", lambda: {"crm.0001_squashed_0002": squashed})

    assert levels.lacking({"crm.0001_initial", "crm.0002_more"}) == set()
    assert levels.lacking({"crm.0001_initial"}) == {"crm.0001_squashed_0002"}


def test_an_opening_that_began_under_the_last_release_ends_under_this_one(
    next_release: Any, ana: User, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = reserve_for(ana, "harbour", now)
    with monkeypatch.context() as broken:
        broken.setattr(opening, "_furnish", _break_off)
        with pytest.raises(RuntimeError):
            opening.open_tenant(tenant_id=tenant.pk, at=now)

    with next_release(EXPAND):
        opened = opening.open_tenant(tenant_id=tenant.pk, at=now)

    with use_platform():
        opened.refresh_from_db()
        assert opened.level is not None
        assert (opened.state, NEW in opened.level.migrations) == (TenantState.ACTIVE, True)


def _break_off(*_: Any, **__: Any) -> None:
    raise RuntimeError("power cut")


def test_the_platform_itself_is_served_whoever_is_behind(
    next_release: Any, platform_client: Client, ana: User, clinic: TenantRef
) -> None:
    platform_client.cookies["session"] = session_key(ana, None)
    with next_release(EXPAND):
        assert platform_client.get("/workspaces/").status_code == 200


def test_a_level_is_named_alike_in_python_and_in_the_database(clinic: TenantRef) -> None:
    level = readings.level_of(clinic.schema_name)
    assert readings.digests_of([clinic.schema_name, "t_nobodys"]) == {clinic.schema_name: levels.digest(level)}
    with use_platform():
        assert Level.of(level).pk == levels.digest(level)
