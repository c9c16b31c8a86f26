"""Under which names a workspace is found: another subdomain, and which of its names all others lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from tenancy import TenantRef, catalog, use, use_platform
from tenants import names
from tenants.models import Domain, Tenant, TenantState

CHANGES, WITHIN = 3, timedelta(days=90)


class AlreadyTheAddress(Conflict):
    code = "address-unchanged"


class NotOpen(Conflict):
    code = "tenant-not-active"


class ChangedTooOften(Conflict):
    """Every name that was given up stays reserved, so nobody may collect them."""

    code = "subdomain-changed-too-often"


@dataclass(frozen=True, slots=True)
class Names:
    """What a workspace is found by. `earlier` are subdomains that it had; they lead to where it is."""

    subdomain: str
    earlier: list[str]
    changes_left: int
    next_change_at: datetime | None  # None: at any time


def names_of(tenant: TenantRef, *, at: datetime) -> Names:
    with use_platform():
        domains = list(Domain.objects.filter(tenant_id=tenant.id).order_by("-retired_at"))
    retired = [domain for domain in domains if domain.retired_at is not None]
    recent = [domain.retired_at for domain in retired if domain.retired_at and domain.retired_at > at - WITHIN]
    return Names(
        subdomain=next(domain.domain for domain in domains if domain.is_subdomain),
        earlier=[domain.domain for domain in retired],
        changes_left=max(CHANGES - len(recent), 0),
        next_change_at=recent[CHANGES - 1] + WITHIN if len(recent) >= CHANGES else None,
    )


def change_subdomain(*, tenant: TenantRef, name: str, by: Any, at: datetime) -> TenantRef:
    """Have the workspace found at another subdomain, and at the old one no more but to be led on. Return it as it is
    now.

    Raises what `names.check_name` raises, `AlreadyTheAddress` or `ChangedTooOften`; going back to a name that it had
    is always allowed. Call outside of a transaction: the names are the platform's, the log is the tenant's.
    """
    with use_platform(), transaction.atomic():
        row = lock_tenant(tenant)
        old = next(domain for domain in row.domains.all() if domain.is_subdomain)
        if name == old.domain:
            raise _about_name(AlreadyTheAddress, _("That is the address already."))
        earlier = row.domains.filter(domain=name).first()
        if earlier is None:
            _check_not_too_often(tenant, at)
        was_primary = old.is_primary
        row.domains.filter(pk=old.pk).update(retired_at=at, is_primary=False)
        if earlier is None:
            names.take_name(tenant=row, name=name, is_primary=was_primary)
        else:
            row.domains.filter(pk=earlier.pk).update(retired_at=None, is_primary=was_primary)
        changed = _announce(row)
    record("subdomain_changed", changed, by, {"subdomain": (old.domain, name)})
    return changed


def lock_tenant(tenant: TenantRef) -> Tenant:
    """Return the tenant's row, so that its names are changed by one at a time. Call on the platform.

    Raises `NotOpen`.
    """
    row = Tenant.objects.select_for_update().filter(pk=tenant.id, state=TenantState.ACTIVE).first()
    if row is None:
        raise NotOpen(_("The workspace is closed for now, so its address stays as it is."))
    return row


def _announce(row: Tenant) -> TenantRef:
    """Tell every process about the tenant's new names, and return it with them."""
    catalog.changed()
    return Tenant.objects.get(pk=row.pk).ref()


def record(what: str, tenant: TenantRef, by: Any, changes: Mapping[str, tuple[Any, Any]]) -> None:
    """Write into the tenant's log what happened to its addresses."""
    with use(tenant), transaction.atomic():
        audit.record(action=f"tenants.address.{what}", of=Tenant(pk=tenant.id), by=by, changes=changes)


def _check_not_too_often(tenant: TenantRef, at: datetime) -> None:
    found = names_of(tenant, at=at)
    if found.next_change_at is not None:
        told = {"count": CHANGES, "days": WITHIN.days, "day": date_format(found.next_change_at, "j F Y")}
        sentence = _(
            "It was changed %(count)d times within %(days)d days, and every name stays yours. "
            "Another one can be had from %(day)s; an earlier one at any time."
        )
        raise _about_name(ChangedTooOften, sentence % told)


def _about_name(kind: type[Conflict], reason: str) -> Conflict:
    return kind(reason, fields={"subdomain": [reason]})
