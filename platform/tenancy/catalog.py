"""Finds the tenant behind a host or an id, from memory.

Each process remembers what it looked up. A word in the shared cache changes whenever a tenant does, so that a
suspension holds everywhere at once; while that cache is away, nobody can say so and less is remembered.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol, cast
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django_tenants.utils import get_tenant_model

from kernel.ids import new_id
from kernel.steady_cache import outage
from tenancy.places import TenantRef, use_platform

REMEMBER_SECONDS = 30.0
REMEMBER_UNTOLD_SECONDS = 5.0  # while the shared cache is away
REMEMBER_AT_MOST = 10_000
REMEMBER_UNKNOWN = 2_000  # apart from the others: whoever makes up hosts does not drive out those that there are
VERSION_KEY = "tenancy:catalog-version"


class TenantRow(Protocol):
    def ref(self) -> TenantRef: ...


class TenantRows(Protocol):
    def resting(self) -> list[UUID]: ...


class _Memory:
    def __init__(self) -> None:
        self.known: dict[object, tuple[float, TenantRef | None]] = {}
        self.unknown: dict[object, tuple[float, TenantRef | None]] = {}
        self.version: object = None
        self.lock = threading.Lock()

    def recall(self, key: object) -> tuple[float, TenantRef | None] | None:
        return self.known.get(key) or self.unknown.get(key)

    def keep(self, key: object, found: TenantRef | None) -> None:
        entries, at_most = (self.known, REMEMBER_AT_MOST) if found else (self.unknown, REMEMBER_UNKNOWN)
        with self.lock:
            if len(entries) >= at_most:
                entries.clear()
            entries[key] = (time.monotonic(), found)

    def forget(self) -> None:
        with self.lock:
            self.known.clear()
            self.unknown.clear()


_memory = _Memory()


def find_by_name(name: str) -> TenantRef | None:
    """Return the tenant with this subdomain or custom domain, or None."""
    return _remembered(("name", name), {"domains__domain": name})


def find_by_id(tenant_id: UUID) -> TenantRef | None:
    return _remembered(("id", tenant_id), {"pk": tenant_id})


def changed() -> None:
    """Tell every process that a tenant changed, once the current transaction commits."""
    transaction.on_commit(_announce)


def _announce() -> None:
    _memory.forget()
    cache.set(VERSION_KEY, str(new_id()), timeout=None)


def _remembered(key: object, where: dict[str, object]) -> TenantRef | None:
    _forget_if_changed()
    entry = _memory.recall(key)
    good_for = REMEMBER_UNTOLD_SECONDS if outage.is_on else REMEMBER_SECONDS
    if entry is not None and time.monotonic() - entry[0] < good_for:
        return entry[1]
    found = _look_up(where)
    _memory.keep(key, found)
    return found


def _forget_if_changed() -> None:
    version = cache.get(VERSION_KEY)
    if version != _memory.version:
        _memory.forget()
        _memory.version = version


def _look_up(where: dict[str, object]) -> TenantRef | None:
    with use_platform():
        row = get_tenant_model()._default_manager.select_related("key").filter(**where).first()
        return cast("TenantRow", row).ref() if row is not None else None


def resting_tenants() -> list[UUID]:
    """Return the tenants whose jobs must wait: suspended, not open yet, or not migrated to what this code needs."""
    with use_platform():
        return cast("TenantRows", get_tenant_model()._default_manager).resting()


def forget() -> None:
    """Have this process look everything up again."""
    _memory.forget()
    _memory.version = None
