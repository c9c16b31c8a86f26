"""Keeps each tenant's files below its own prefix, whatever the storage underneath."""

from __future__ import annotations

import hashlib
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from storages.backends.s3 import S3Storage

from filestore.models import StoredFile
from kernel.ids import new_id
from tenancy import current_tenant


class TenantFileStorage(Storage):
    """Reads and writes only below `t/<tenant id>/`. Raises `NoTenant` where no tenant is in use."""

    def __init__(self) -> None:
        self.beneath = _storage_beneath()

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


def _storage_beneath() -> Storage:
    if settings.AWS_STORAGE_BUCKET_NAME:
        return S3Storage(
            bucket_name=settings.AWS_STORAGE_BUCKET_NAME,
            endpoint_url=settings.AWS_S3_ENDPOINT_URL,
            signature_version="s3v4",
            file_overwrite=False,
        )
    return FileSystemStorage(
        location=settings.FILES_FOLDER, directory_permissions_mode=0o700, file_permissions_mode=0o600
    )


def _own(key: str) -> str:
    """Return `key` if it is the tenant's own. Raises `SuspiciousFileOperation` for anybody else's."""
    if not key.startswith(_prefix()) or ".." in key:
        raise SuspiciousFileOperation("That file is not this tenant's.")
    return key


def _prefix() -> str:
    return f"t/{current_tenant().id}/"


def store_file(*, name: str, content: bytes, media_type: str, kind: str) -> StoredFile:
    """Keep a file of the tenant in use. `kind` names a folder, such as "invoices"."""
    key = default_storage.save(f"{_prefix()}{kind}/{new_id()}", ContentFile(content))
    return StoredFile.objects.create(
        key=key, name=name, media_type=media_type, size=len(content), digest=hashlib.sha256(content).hexdigest()
    )


def read_file(stored: StoredFile) -> bytes:
    with default_storage.open(stored.key) as file:
        return bytes(file.read())
