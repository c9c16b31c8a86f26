"""Finds the tenant behind a host or an id, from memory.

Each process remembers what it looked up for a few seconds. A number in the shared cache says when anything changed, so
that a suspension holds everywhere at once; while that cache is down, the few seconds are the limit.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol, cast
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django_tenants.utils import get_tenant_model

from tenancy.places import TenantRef, use_platform

logger = logging.getLogger(__name__)

REMEMBER_SECONDS = 5.0
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
            entries[key] = (time.monotonic() + REMEMBER_SECONDS, found)

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
    try:
        cache.add(VERSION_KEY, 0, timeout=None)
        cache.incr(VERSION_KEY)
    except Exception:
        logger.exception("The catalogue's version could not be raised; others learn of it within seconds.")


def _remembered(key: object, where: dict[str, object]) -> TenantRef | None:
    _forget_if_changed()
    entry = _memory.recall(key)
    if entry is not None and entry[0] > time.monotonic():
        return entry[1]
    found = _look_up(where)
    _memory.keep(key, found)
    return found


def _forget_if_changed() -> None:
    try:
        version = cache.get(VERSION_KEY)
    except Exception:
        logger.exception("The shared cache does not answer.")
        return
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
