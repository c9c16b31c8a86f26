"""Where files really lie, a folder or a bucket, and what Django's storages do not offer: to write bit by bit, to list,
and to leave nothing behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from storages.backends.s3 import S3Storage

PART = 8 * 1024 * 1024  # bytes; S3 takes 10,000 parts, so a file may have 80 GB
IN_MEMORY = 4 * 1024 * 1024  # what is read from a bucket waits on the disk beyond this
UNFINISHED = ".part"


class Writer(Protocol):
    def write(self, content: bytes, /) -> int: ...


class Shelf(Protocol):
    """Keys are whole: nothing here knows of tenants."""

    @property
    def storage(self) -> Storage: ...

    def writing(self, key: str) -> Any:
        """Write a file bit by bit. It is there once the block has ended well, and not at all before or otherwise."""

    def put(self, key: str, content: bytes) -> None:
        """Keep a whole file: once this returns it is there, and before not even a part of it."""

    def discard(self, key: str) -> None:
        """Remove a file, finished or not. One that is not there is no error."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Return the key of every file below a prefix."""

    def clear(self, prefix: str) -> int:
        """Remove whatever lies below a prefix: unfinished files and older versions too. Return how many files."""

    def link(self, key: str, *, name: str, seconds: int, media_type: str = "", inline: bool = False) -> str:
        """Return an address where the file can be fetched for a while, or "" if it has to be sent by us."""


class Folder:
    """Files in a folder of this machine."""

    def __init__(self, root: str) -> None:
        self.storage = FileSystemStorage(root, directory_permissions_mode=0o700, file_permissions_mode=0o600)

    @contextmanager
    def writing(self, key: str) -> Iterator[IO[bytes]]:
        path = Path(self.storage.path(key))
        unfinished = path.with_name(path.name + UNFINISHED)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def put(self, key: str, content: bytes) -> None:
        with self.writing(key) as file:
            file.write(content)

    def discard(self, key: str) -> None:
        for name in (key, key + UNFINISHED):
            Path(self.storage.path(name)).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[str]:
        root = Path(self.storage.path(""))
        for path in sorted(Path(self.storage.path(prefix)).rglob("*")):
            if path.is_file() and path.suffix != UNFINISHED:
                yield str(path.relative_to(root))

    def clear(self, prefix: str) -> int:
        found = len(list(self.keys(prefix)))
        with suppress(FileNotFoundError):
            shutil.rmtree(self.storage.path(prefix))
        return found

    def link(self, key: str, *, name: str, seconds: int, media_type: str = "", inline: bool = False) -> str:
        return ""


class Bucket:
    """Files at S3, or anything that speaks its protocol."""

    def __init__(self, name: str, endpoint: str | None) -> None:
        self.storage: Any = S3Storage(
            bucket_name=name,
            endpoint_url=endpoint,
            signature_version="s3v4",
            file_overwrite=False,
            max_memory_size=IN_MEMORY,
        )

    @contextmanager
    def writing(self, key: str) -> Iterator[Writer]:
        upload = self.storage.bucket.Object(key).initiate_multipart_upload(**self.storage.get_object_parameters(key))
        parts = Parts(upload)
        try:
            yield parts
            parts.finish()
        except BaseException:
            upload.abort()
            raise

    def put(self, key: str, content: bytes) -> None:
        self.storage.save(key, ContentFile(content))

    def discard(self, key: str) -> None:
        self._abort_uploads(key)
        self.storage.bucket.Object(key).delete()

    def keys(self, prefix: str) -> Iterator[str]:
        for entry in self.storage.bucket.objects.filter(Prefix=prefix):
            yield entry.key

    def clear(self, prefix: str) -> int:
        self._abort_uploads(prefix)
        found = len(list(self.keys(prefix)))
        self.storage.bucket.object_versions.filter(Prefix=prefix).delete()  # the present ones included
        return found

    def link(self, key: str, *, name: str, seconds: int, media_type: str = "", inline: bool = False) -> str:
        shown = {"ResponseContentDisposition": f'{"inline" if inline else "attachment"}; filename="{name}"'}
        if media_type:
            shown["ResponseContentType"] = media_type
        return str(self.storage.url(key, parameters=shown, expire=seconds))

    def _abort_uploads(self, prefix: str) -> None:
        for upload in self.storage.bucket.multipart_uploads.filter(Prefix=prefix):
            upload.abort()


class Parts:
    """Collects what is written and sends it on in parts."""

    def __init__(self, upload: Any) -> None:
        self.upload = upload
        self.waiting = bytearray()
        self.sent: list[dict[str, Any]] = []

    def write(self, content: bytes, /) -> int:
        self.waiting += content
        if len(self.waiting) >= PART:
            self._send()
        return len(content)

    def finish(self) -> None:
        if self.waiting or not self.sent:
            self._send()
        self.upload.complete(MultipartUpload={"Parts": self.sent})

    def _send(self) -> None:
        number = len(self.sent) + 1
        answer = self.upload.Part(number).upload(Body=bytes(self.waiting))
        self.sent.append({"ETag": answer["ETag"], "PartNumber": number})
        self.waiting.clear()


def shelf() -> Shelf:
    """Return where this deployment keeps its files."""
    if settings.AWS_STORAGE_BUCKET_NAME:
        return Bucket(settings.AWS_STORAGE_BUCKET_NAME, settings.AWS_S3_ENDPOINT_URL)
    return Folder(settings.FILES_FOLDER)
