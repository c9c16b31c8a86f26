"""Looking at every tenant in turn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from filestore.storage import store_file
from jobs.models import OutboxMessage
from tenancy import TenantRef, use, use_cell, use_platform
from tenants.console import figures
from tenants.console.models import TenantFigures
from tenants.models import Tenant


def figures_of(tenant: TenantRef) -> TenantFigures:
    with use_platform():
        return TenantFigures.objects.get(pk=tenant.id)


def leave_job(tenant: TenantRef, **fields: Any) -> None:
    with use_cell():
        fields = {"actor": "x", "queue": "x", "arguments": {}, "room": tenant.schema_name} | fields
        OutboxMessage.objects.create(tenant_id=tenant.id, **fields)


def test_every_tenant_is_looked_at_and_nobodys_data_is_kept(
    clinic: TenantRef, other: TenantRef, shop: TenantRef, now: datetime
) -> None:
    with use(clinic):
        store_file(name="x.pdf", content=b"12345", media_type="application/pdf", kind="invoices")
    leave_job(clinic, available_at=now - timedelta(minutes=20))
    leave_job(clinic, available_at=now + timedelta(days=2))
    leave_job(clinic, available_at=now, dead_at=now)
    leave_job(clinic, available_at=now, done_at=now)

    assert figures.measure_tenants(at=now) == 3

    found = figures_of(clinic)
    assert (found.people, found.file_bytes, found.counts["staff"]) == (4, 5, 4)
    assert (found.jobs_waiting, found.jobs_dead) == (2, 1)
    assert found.oldest_job_at == now - timedelta(minutes=20)
    assert found.schema_bytes > 100_000
    assert found.needs_a_look
    assert set(found.counts) == {"staff", "patients", "appointments", "items", "invoices"}
    assert not figures_of(other).needs_a_look


def test_what_is_fresh_is_not_looked_at_again(
    clinic: TenantRef, other: TenantRef, shop: TenantRef, now: datetime
) -> None:
    figures.measure_tenants(at=now)

    assert figures.measure_tenants(at=now + timedelta(minutes=5)) == 0
    assert figures.measure_tenants(at=now + timedelta(minutes=15)) == 3
    assert figures_of(clinic).taken_at == now + timedelta(minutes=15)


def test_those_looked_at_longest_ago_come_first(
    clinic: TenantRef, other: TenantRef, shop: TenantRef, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with use_platform():
        for tenant, hours in ((clinic, 1), (other, 3), (shop, 2)):
            TenantFigures.objects.create(tenant_id=tenant.id, taken_at=now - timedelta(hours=hours))
    monkeypatch.setattr(figures, "AT_A_TIME", 2)

    figures.measure_tenants(at=now)

    assert [figures_of(tenant).taken_at == now for tenant in (clinic, other, shop)] == [False, True, True]


def test_a_room_that_cannot_be_read_is_noted_and_stops_no_other(
    clinic: TenantRef, other: TenantRef, shop: TenantRef, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = figures.counts_of

    def half(tenant: TenantRef) -> dict[str, int]:
        if tenant.id == clinic.id:
            raise RuntimeError("Zebulon Quirk")
        return whole(tenant)

    monkeypatch.setattr(figures, "counts_of", half)

    figures.measure_tenants(at=now)

    assert (figures_of(clinic).error, figures_of(clinic).needs_a_look) == ("RuntimeError", True)
    assert [figures_of(tenant).error for tenant in (other, shop)] == ["", ""]


def test_a_tenants_page_and_the_list_count_nothing_anew(
    console: Any, clinic: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(tenant: TenantRef) -> dict[str, int]:
        raise AssertionError

    monkeypatch.setattr(figures, "counts_of", refuse)
    with use_platform():
        tenant = Tenant.objects.get(pk=clinic.id)

    assert console.get("/operators/").status_code == 200
    assert console.get(f"/operators/tenants/{tenant.pk}/").status_code == 200
