"""The one file of an export: a zip that is written and read bit by bit, with a checksum of each entry."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext as _

from filestore.shelves import Writer
from kernel.errors import Invalid

MANIFEST = "manifest.json"
CHUNK = 256 * 1024


class ArchiveBroken(Invalid):
    """The file is no export, is cut off, or was changed since."""

    code = "archive-broken"


class Entry(NamedTuple):
    size: int
    sha256: str


class Counting:
    """Passes on what is written, and knows how much that was and its checksum. It cannot be rewound."""

    def __init__(self, beneath: Writer) -> None:
        self.beneath = beneath
        self.size = 0
        self.hash = hashlib.sha256()

    def write(self, content: bytes, /) -> int:
        self.beneath.write(content)
        self.size += len(content)
        self.hash.update(content)
        return len(content)

    def flush(self) -> None:
        """For zipfile, which calls it."""

    def entry(self) -> Entry:
        return Entry(self.size, self.hash.hexdigest())


class Nowhere:
    def write(self, content: bytes, /) -> int:
        return len(content)


class ArchiveWriter:
    """Writes entries one after the other; the manifest, which lists them, comes last. To be used with `with`."""

    def __init__(self, beneath: Writer) -> None:
        self.whole = Counting(beneath)
        self.zip = zipfile.ZipFile(self.whole, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]
        self.entries: dict[str, Entry] = {}

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:  # nobody will read it: let zipfile end it where it does no harm
            self.whole.beneath = Nowhere()
            self.zip.close()

    @contextmanager
    def entry(self, name: str) -> Iterator[Counting]:
        with self.zip.open(name, "w", force_zip64=True) as beneath:
            counting = Counting(beneath)
            yield counting
        self.entries[name] = counting.entry()

    def close(self, manifest: Mapping[str, Any]) -> Entry:
        """Write the manifest and end the file. Return its size and checksum."""
        entries = {name: entry._asdict() for name, entry in self.entries.items()}
        with self.entry(MANIFEST) as out:
            out.write(json.dumps({**manifest, "entries": entries}, indent=1, default=str).encode())
        self.zip.close()
        return self.whole.entry()


class ArchiveReader:
    """Reads an archive. Raises `ArchiveBroken` wherever it is not what it says."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self.zip = zipfile.ZipFile(file)
            self.manifest: dict[str, Any] = json.loads(self.zip.read(MANIFEST))
            self.entries = {name: Entry(**entry) for name, entry in self.manifest["entries"].items()}
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError):
            raise ArchiveBroken(_("This file is not an export of a workspace, or it is cut off.")) from None

    def check(self) -> None:
        """Read everything once and compare it with its checksum. Raises `ArchiveBroken`."""
        names = set(self.zip.namelist()) - {MANIFEST}
        if names != set(self.entries):
            raise ArchiveBroken(_("The export does not have the entries that its manifest lists."))
        for name, expected in self.entries.items():
            if self._measured(name) != expected:
                raise ArchiveBroken(_("“%(name)s” in the export was changed or is damaged.") % {"name": name})

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with self.zip.open(name) as entry:
            yield entry

    def chunks(self, name: str) -> Iterator[bytes]:
        with self.zip.open(name) as entry:
            yield from iter(lambda: entry.read(CHUNK), b"")

    def lines(self, name: str) -> Iterator[str]:
        """Return the lines of a text, one at a time, without their ends."""
        with self.zip.open(name) as entry:
            for line in entry:
                yield line.decode().rstrip("\n")

    def _measured(self, name: str) -> Entry:
        size, hashed = 0, hashlib.sha256()
        try:
            for chunk in self.chunks(name):
                size += len(chunk)
                hashed.update(chunk)
        except (zipfile.BadZipFile, OSError, EOFError):
            raise ArchiveBroken(_("“%(name)s” in the export was changed or is damaged.") % {"name": name}) from None
        return Entry(size, hashed.hexdigest())


def copy_chunks(chunks: Iterable[bytes], to: Writer) -> None:
    for chunk in chunks:
        to.write(chunk)
