"""Keep every tenant's audit chain up to date, note its end with the platform, and look whether all of them hold."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import F, Q

from audit import chain
from audit.chain import Head, Verdict
from tenancy import TenantRef, use, use_platform
from tenants.models import ChainAnchor, Tenant

logger = logging.getLogger(__name__)

VERIFY_EVERY = timedelta(days=1)
VERIFIED_PER_RUN = 100
NOTHING = Head(0, chain.START)


def chain_all(*, at: datetime) -> int:
    """Chain what waits in every tenant. Return how many entries that was.

    One query for a tenant in which nothing happened. One whose chain no longer goes through its anchor is reported,
    and keeps the anchor that says so. One that cannot be entered does not stop the others.
    """
    with use_platform():
        anchors = {row.tenant_id: Head(row.seq, bytes(row.hash)) for row in ChainAnchor.objects.exclude(seq=0)}
        tenants = [tenant.ref() for tenant in Tenant.objects.visited().prefetch_related("domains")]
    chained = 0
    for tenant in tenants:
        try:
            chained += _chain(tenant, anchors.get(tenant.id, NOTHING), at=at)
        except DatabaseError:
            logger.exception("The audit chain of tenant %s could not be continued.", tenant.id)
    return chained


def chain_tenant(tenant: TenantRef, *, at: datetime) -> int:
    """Chain what waits in one tenant, and move its anchor along. Return how many entries that was."""
    return _chain(tenant, anchor_of(tenant), at=at)


def anchor_of(tenant: TenantRef) -> Head:
    with use_platform():
        row = ChainAnchor.objects.filter(tenant_id=tenant.id).first()
        return Head(row.seq, bytes(row.hash)) if row and row.seq else NOTHING


def state_of(tenant: TenantRef) -> ChainAnchor | None:
    """Return what the last verification of a tenant's chain found; None before the first."""
    with use_platform():
        return ChainAnchor.objects.filter(tenant_id=tenant.id).exclude(verified_at=None).first()


def verify_tenant(tenant: TenantRef, *, at: datetime) -> Verdict:
    """Go through a tenant's whole chain, note what was found, and raise the alarm if it does not hold."""
    anchor = anchor_of(tenant)  # first: the chain only grows beyond it
    with use(tenant):
        verdict = chain.verify(anchor=anchor)
    _note(tenant, verdict, at=at)
    return verdict


def verify_due(*, at: datetime) -> int:
    """Verify the tenants that were not for a day, those first that have waited longest. Return how many that was."""
    with use_platform():
        due = Q(chain_anchor__verified_at=None) | Q(chain_anchor__verified_at__lt=at - VERIFY_EVERY)
        rows = Tenant.objects.visited().filter(due).order_by(F("chain_anchor__verified_at").asc(nulls_first=True), "pk")
        tenants = [tenant.ref() for tenant in rows.prefetch_related("domains")[:VERIFIED_PER_RUN]]
    for tenant in tenants:
        verify_tenant(tenant, at=at)
    return len(tenants)


def _chain(tenant: TenantRef, anchor: Head, *, at: datetime) -> int:
    chained = 0
    with use(tenant):
        waits, head = chain.state()
        if waits:
            chained = chain.chain_up()
            _, head = chain.state()
        if head == anchor:
            return chained
        stands = chain.stands_on(anchor)
    if stands:
        _anchor(tenant, head, at=at)
    else:
        _alarm(tenant, f"the chain no longer goes through its anchor at link {anchor.seq}", at=at)
    return chained


def _anchor(tenant: TenantRef, head: Head, *, at: datetime) -> None:
    with use_platform():
        ChainAnchor.objects.bulk_create([ChainAnchor(tenant_id=tenant.id)], ignore_conflicts=True)
        behind = ChainAnchor.objects.filter(tenant_id=tenant.id, seq__lt=head.seq)  # not what another moved further
        behind.update(seq=head.seq, hash=head.hash, anchored_at=at)


def _note(tenant: TenantRef, verdict: Verdict, *, at: datetime) -> None:
    with use_platform():
        ChainAnchor.objects.bulk_create([ChainAnchor(tenant_id=tenant.id)], ignore_conflicts=True)
        row = ChainAnchor.objects.filter(tenant_id=tenant.id)
        row.update(verified_at=at, verified_links=verdict.links)
        if verdict.holds:
            row.update(broken_since=None, findings="")
    if not verdict.holds:
        findings = "; ".join(map(str, verdict.findings))
        _alarm(tenant, findings, at=at)
        with use_platform():
            row.update(findings=findings)


def _alarm(tenant: TenantRef, findings: str, *, at: datetime) -> None:
    """Tell the operators, once: in the log, and among the tenant's figures until a verification finds nothing."""
    with use_platform():
        row = ChainAnchor.objects.filter(tenant_id=tenant.id, broken_since=None)
        is_news = row.update(broken_since=at, findings=findings)
    if is_news:
        logger.critical("The audit chain of tenant %s is broken: %s", tenant.id, findings)
