"""Keeps each tenant's files below its own prefix, whatever the storage underneath."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import IO, Any, cast
from uuid import UUID

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage

from filestore.models import StoredFile
from filestore.shelves import Shelf, Writer, shelf
from kernel.ids import new_id
from tenancy import current_tenant


class TenantFileStorage(Storage):
    """Reads and writes only below `t/<tenant id>/`. Raises `NoTenant` where no tenant is in use."""

    def __init__(self) -> None:
        self.shelf = shelf()
        self.beneath = self.shelf.storage

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return self.beneath.open(_own(name), mode)

    def _save(self, name: str, content: IO[Any]) -> str:
        return self.beneath.save(_own(name), content)

    def exists(self, name: str) -> bool:
        return self.beneath.exists(_own(name))

    def delete(self, name: str) -> None:
        self.beneath.delete(_own(name))

    def size(self, name: str) -> int:
        return self.beneath.size(_own(name))


def _own(key: str) -> str:
    """Return `key` if it is the tenant's own. Raises `SuspiciousFileOperation` for anybody else's."""
    if not key.startswith(_prefix()) or ".." in key:
        raise SuspiciousFileOperation("That file is not this tenant's.")
    return key


def _prefix() -> str:
    return prefix_of(current_tenant().id)


def prefix_of(tenant_id: UUID) -> str:
    """Return what the keys of all files of a tenant begin with."""
    return f"t/{tenant_id}/"


def store_file(*, name: str, content: bytes, media_type: str, kind: str) -> StoredFile:
    """Keep a file of the tenant in use. `kind` names a folder, such as "invoices"."""
    key = new_key(kind)
    _shelf().put(_own(key), content)
    return StoredFile.objects.create(
        key=key, name=name, media_type=media_type, size=len(content), digest=hashlib.sha256(content).hexdigest()
    )


def read_file(stored: StoredFile) -> bytes:
    with default_storage.open(stored.key) as file:
        return bytes(file.read())


def new_key(kind: str) -> str:
    """Return a key for a file of the tenant in use that nobody else will take."""
    return f"{_prefix()}{kind}/{new_id()}"


def writing(key: str) -> AbstractContextManager[Writer]:
    """Write a file bit by bit. It is there once the block has ended well, and not at all before or otherwise."""
    return cast("AbstractContextManager[Writer]", _shelf().writing(_own(key)))


def discard(key: str) -> None:
    """Remove a file, finished or not. One that is not there is no error."""
    _shelf().discard(_own(key))


def link_to(key: str, *, name: str, seconds: int, media_type: str = "", inline: bool = False) -> str:
    """Return an address where a file can be fetched for a while, or "" if we have to send it ourselves."""
    return _shelf().link(_own(key), name=name, seconds=seconds, media_type=media_type, inline=inline)


def own_keys() -> Iterator[str]:
    """Return the key of every file of the tenant in use."""
    return _shelf().keys(_prefix())


def keys_of(kind: str) -> Iterator[str]:
    """Return the key of every file of a kind of the tenant in use."""
    return _shelf().keys(f"{_prefix()}{kind}/")


def count_files(tenant_id: UUID) -> int:
    return sum(1 for _ in _shelf().keys(prefix_of(tenant_id)))


def erase_files(tenant_id: UUID) -> int:
    """Remove every file of a tenant, for good. Return how many there were."""
    return _shelf().clear(prefix_of(tenant_id))


def _shelf() -> Shelf:
    return cast("Shelf", default_storage.shelf)  # type: ignore[attr-defined]
