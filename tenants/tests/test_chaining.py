"""The chains of all tenants: continued by the clock, anchored with the platform, verified, and told of when broken."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from audit import chain
from audit.models import AuditEntry, AuditLink
from tenancy import TenantRef, use, use_owner, use_platform
from tenants import chaining
from tenants.models import ChainAnchor

CUT = """
WITH gone AS (
    DELETE FROM audit_auditlink WHERE seq > (SELECT max(seq) FROM audit_auditlink) - %s RETURNING entry_id
)
DELETE FROM audit_auditentry WHERE id IN (SELECT entry_id FROM gone)
"""


@pytest.fixture
def cut() -> Callable[..., None]:
    """Cut the last links and their entries off a tenant's chain, as only the owner of the database can."""

    def cut(tenant: TenantRef, links: int) -> None:
        with use_owner(tenant.schema_name), connection.cursor() as cursor:
            for table in ("audit_auditentry", "audit_auditlink"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(CUT, [links])
            for table in ("audit_auditentry", "audit_auditlink"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return cut


def anchor(tenant: TenantRef) -> ChainAnchor:
    with use_platform():
        return ChainAnchor.objects.get(tenant_id=tenant.id)


def write(tenant: TenantRef) -> None:
    with use(tenant):
        AuditEntry.objects.create(action="crm.patient.viewed", object_type="crm.patient", object_id="1")


def test_every_tenants_entries_are_chained_and_the_end_is_noted(
    clinic: TenantRef, other: TenantRef, now: datetime
) -> None:
    chaining.chain_all(at=now)
    first = anchor(clinic).seq
    write(clinic)

    assert chaining.chain_all(at=now) == 1
    with use(clinic):
        last = AuditLink.objects.order_by("-seq")[0]
    assert (anchor(clinic).seq, bytes(anchor(clinic).hash)) == (last.seq, bytes(last.hash))
    assert last.seq == first + 1
    assert anchor(other).seq > 0


def test_an_anchor_that_was_not_moved_before_a_crash_is_moved_the_next_time(clinic: TenantRef, now: datetime) -> None:
    with use(clinic):
        chained = chain.chain_up()  # and then the worker is killed

    assert chaining.chain_tenant(clinic, at=now) == 0
    assert anchor(clinic).seq == chained


def test_a_chain_whose_end_was_cut_off_keeps_its_anchor_and_is_told_once(
    clinic: TenantRef, now: datetime, cut: Any, caplog: Any
) -> None:
    chaining.chain_all(at=now)
    noted = anchor(clinic).seq
    cut(clinic, 2)
    write(clinic)
    write(clinic)
    write(clinic)

    with caplog.at_level(logging.CRITICAL):
        chaining.chain_all(at=now)
        chaining.chain_all(at=now + timedelta(minutes=1))

    kept = anchor(clinic)
    assert (kept.seq, kept.broken_since) == (noted, now)
    assert [record.getMessage() for record in caplog.records] == [
        f"The audit chain of tenant {clinic.id} is broken: the chain no longer goes through its anchor at link {noted}"
    ]


def test_one_tenant_that_cannot_be_entered_does_not_stop_the_others(
    clinic: TenantRef, other: TenantRef, shop: TenantRef, now: datetime, monkeypatch: Any
) -> None:
    def state() -> Any:
        if connection.tenant == clinic:
            raise DatabaseError("behind")
        return real()

    real = chain.state
    monkeypatch.setattr(chain, "state", state)

    chaining.chain_all(at=now)

    assert (anchor(other).seq > 0, anchor(shop).seq > 0) == (True, True)


def test_each_tenant_is_verified_once_a_day(clinic: TenantRef, now: datetime) -> None:
    assert chaining.verify_due(at=now) == 3
    assert chaining.verify_due(at=now + timedelta(hours=23)) == 0
    assert chaining.verify_due(at=now + timedelta(hours=25)) == 3


def test_an_alarm_stays_until_a_verification_finds_nothing(
    clinic: TenantRef, now: datetime, cut: Any, caplog: Any
) -> None:
    chaining.chain_all(at=now)
    noted = anchor(clinic)
    cut(clinic, 1)

    with caplog.at_level(logging.CRITICAL):
        chaining.verify_tenant(clinic, at=now)
        chaining.verify_tenant(clinic, at=now + timedelta(days=1))
    told = anchor(clinic)
    assert (told.broken_since, told.findings) == (now, f"the end of the chain is gone at link {noted.seq}")
    assert len(caplog.records) == 1

    with use_platform():
        ChainAnchor.objects.filter(tenant_id=clinic.id).update(seq=0)
    chaining.verify_tenant(clinic, at=now + timedelta(days=2))
    mended = anchor(clinic)
    assert (mended.broken_since, mended.findings, mended.verified_links) == (None, "", noted.seq - 1)


def test_the_command_tells_of_each_tenant_and_fails_if_one_is_broken(
    clinic: TenantRef, other: TenantRef, now: datetime, cut: Any
) -> None:
    chaining.chain_all(at=now)
    write(other)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert f"clinic: holds, {anchor(clinic).seq} links" in out.getvalue().splitlines()
    assert f"other: holds, {anchor(other).seq} links, 1 entries wait to be chained since" in out.getvalue()

    cut(clinic, 1)
    out = StringIO()
    call_command("verify_audit", tenant="other", stdout=out)
    with pytest.raises(CommandError, match="1 of 1 audit chains are broken"):
        call_command("verify_audit", tenant=str(clinic.id), stdout=out)
    assert f"  the end of the chain is gone at link {anchor(clinic).seq}" in out.getvalue().splitlines()

    with pytest.raises(CommandError, match="no tenant nowhere"):
        call_command("verify_audit", tenant="nowhere")
