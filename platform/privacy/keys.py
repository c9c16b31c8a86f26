"""The key of each tenant, wrapped with a key of the deployment.

The wrapped key is kept among the platform's tables, the sealed texts in the tenant's schema: a backup of one opens
nothing of the other, and a key that is destroyed closes every copy of the texts for good. It travels with the
`TenantRef`, so that no query and no change of rooms is needed where a text is opened.
"""

from __future__ import annotations

import os
from uuid import UUID

from django.conf import settings

from privacy.sealing import lock, unlock
from tenancy import TenantRef

KEY = 32  # bytes: AES-256


class NoKey(RuntimeError):
    """The tenant has no key, or it is wrapped with one that this deployment does not have."""


def new_key(tenant_id: UUID) -> str:
    """Return a new key for a tenant, wrapped with the first of the deployment's keys."""
    return _wrap(os.urandom(KEY), tenant_id)


def key_of(tenant: TenantRef) -> bytes:
    """Return the key that the tenant's texts are sealed with. Raises `NoKey`."""
    return unwrap(tenant.sealed_key, tenant.id)


def unwrap(wrapped: str, tenant_id: UUID) -> bytes:
    """Return a tenant's key. Raises `NoKey`, or `SealBroken` for a key that is another tenant's."""
    version, _, locked = wrapped.partition(":")
    master = settings.SEALING_KEYS.get(version)
    if master is None:
        raise NoKey(f"Tenant {tenant_id} has no key that this deployment can unwrap (its version: {version!r}).")
    return unlock(locked, key=master, place=_place(tenant_id, version))


def rewrap(wrapped: str, tenant_id: UUID) -> str:
    """Return the same key, wrapped with the first of the deployment's keys."""
    return _wrap(unwrap(wrapped, tenant_id), tenant_id)


def is_current(wrapped: str) -> bool:
    """Test whether a key is wrapped with the first of the deployment's keys."""
    return wrapped.partition(":")[0] == _current()


def seal_own(text: str, *, place: str) -> str:
    """Seal a text of the platform's own with the first of the deployment's keys, for one place only."""
    version = _current()
    return f"{version}:{lock(text.encode(), key=settings.SEALING_KEYS[version], place=_own(place, version))}"


def open_own(sealed: str, *, place: str) -> str:
    """Return the text. Raises `NoKey`, or `SealBroken` for one that was sealed for another place."""
    version, _, locked = sealed.partition(":")
    master = settings.SEALING_KEYS.get(version)
    if master is None:
        raise NoKey(f"This deployment has no key of version {version!r}.")
    return unlock(locked, key=master, place=_own(place, version)).decode()


def _own(place: str, version: str) -> bytes:
    return f"own|{version}|{place}".encode()


def _wrap(key: bytes, tenant_id: UUID) -> str:
    version = _current()
    return f"{version}:{lock(key, key=settings.SEALING_KEYS[version], place=_place(tenant_id, version))}"


def _current() -> str:
    return str(next(iter(settings.SEALING_KEYS)))


def _place(tenant_id: UUID, version: str) -> bytes:
    return f"key|{version}|{tenant_id}".encode()
