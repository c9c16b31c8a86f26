"""The keys of each tenant, wrapped with a key of the deployment: a ring, one key to a line, the first of which seals.

There is one key until it is renewed; then the older ones open what they sealed until that is sealed anew.
The wrapped key is kept among the platform's tables, the sealed texts in the tenant's schema: a backup of one opens
nothing of the other, and a key that is destroyed closes every copy of the texts for good. It travels with the
`TenantRef`, so that no query and no change of rooms is needed where a text is opened.
"""

from __future__ import annotations

import os
import secrets
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from privacy.sealing import Key, lock, name_of_key, unlock
from tenancy import TenantRef

KEY = 32  # bytes: AES-256
NAME = 4  # bytes: a tenant has few keys


class NoKey(RuntimeError):
    """The tenant has no key, or it is wrapped with one that this deployment does not have."""


def new_key(tenant_id: UUID) -> str:
    """Return a ring with a new key for a tenant, wrapped with the first of the deployment's keys."""
    return _wrap(os.urandom(KEY), tenant_id)


def with_next(ring: str, tenant_id: UUID) -> str:
    """Return the ring with one key more, which opens from now on and seals once it is `promoted`."""
    name = secrets.token_hex(NAME)
    return f"{ring}\n{name} {_wrap(os.urandom(KEY), tenant_id)}"


def promoted(ring: str) -> str:
    """Return the ring with its last key first: new texts are sealed with it."""
    *others, last = ring.splitlines()
    return "\n".join([last, *others])


def only_newest(ring: str) -> str:
    """Return the ring without the keys that sealed before: what they sealed opens nowhere any more."""
    return ring.splitlines()[0]


def names_in(ring: str) -> list[str]:
    """Return the names of the keys, beginning with the one that seals."""
    return [_Entry.of(line).name for line in ring.splitlines()]


def key_of(tenant: TenantRef) -> Key:
    """Return the key that the tenant's texts are sealed with now. Raises `NoKey`."""
    return unwrap(tenant.sealed_key, tenant.id)


def keys_of(tenant: TenantRef) -> list[Key]:
    """Return all keys of a tenant's, beginning with the one that seals. Raises `NoKey`."""
    return [_unwrap(_Entry.of(line), tenant.id) for line in tenant.sealed_key.splitlines()]


def key_for(sealed: str, tenant: TenantRef) -> Key:
    """Return the key of a tenant's that opens a text. Raises `NoKey`."""
    name = name_of_key(sealed)
    for line in tenant.sealed_key.splitlines():
        entry = _Entry.of(line)
        if entry.name == name:
            return _unwrap(entry, tenant.id)
    raise NoKey(f"Tenant {tenant.id} no longer has the key {name!r}.")


def unwrap(ring: str, tenant_id: UUID) -> Key:
    """Return the key of a ring that seals. Raises `NoKey`, or `SealBroken` for a ring that is another tenant's."""
    return _unwrap(_Entry.of(ring.partition("\n")[0]), tenant_id)


def rewrap(ring: str, tenant_id: UUID) -> str:
    """Return the same keys, each wrapped with the first of the deployment's keys."""
    return "\n".join(_rewrapped(_Entry.of(line), tenant_id) for line in ring.splitlines())


def is_current(ring: str) -> bool:
    """Test whether all keys of a ring are wrapped with the first of the deployment's keys."""
    return all(_Entry.of(line).version == _current() for line in ring.splitlines())


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


class _Entry(NamedTuple):
    """A line of a ring: the key's name (a tenant's first key has none), the deployment's version, what is wrapped."""

    name: str
    version: str
    locked: str

    @classmethod
    def of(cls, line: str) -> _Entry:
        name, _, wrapped = line.rpartition(" ")
        version, _, locked = wrapped.partition(":")
        return cls(name, version, locked)


def _unwrap(entry: _Entry, tenant_id: UUID) -> Key:
    master = settings.SEALING_KEYS.get(entry.version)
    if master is None:
        raise NoKey(f"Tenant {tenant_id} has no key that this deployment can unwrap (its version: {entry.version!r}).")
    return Key(unlock(entry.locked, key=master, place=_place(tenant_id, entry.version)), entry.name)


def _rewrapped(entry: _Entry, tenant_id: UUID) -> str:
    key = _unwrap(entry, tenant_id)
    return f"{key.name} {_wrap(key.secret, tenant_id)}".strip()


def _own(place: str, version: str) -> bytes:
    return f"own|{version}|{place}".encode()


def _wrap(key: bytes, tenant_id: UUID) -> str:
    version = _current()
    return f"{version}:{lock(key, key=settings.SEALING_KEYS[version], place=_place(tenant_id, version))}"


def _current() -> str:
    return str(next(iter(settings.SEALING_KEYS)))


def _place(tenant_id: UUID, version: str) -> bytes:
    return f"key|{version}|{tenant_id}".encode()
