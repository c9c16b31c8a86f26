"""What a file really is, found out by opening it: a PDF or a picture, and nothing else. Its name says nothing.

`python -m filestore.inspection` does it in a process of its own: a file that was made to take for ever, all memory, or
the library down takes that process along and nothing else.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 80_000_000  # a telephone's best camera, and room above it
MEMORY = 3 << 29  # bytes: such a picture, its upright copy, and what the libraries map
CPU_SECONDS = 30
PREVIEW = 640  # pixels of its longer side

PDF, JPEG, PNG, WEBP = "application/pdf", "image/jpeg", "image/png", "image/webp"
EXTENSIONS = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png", WEBP: ".webp"}
FORMATS = {"JPEG": JPEG, "MPO": JPEG, "PNG": PNG, "WEBP": WEBP}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
KEPT_INFO = ("icc_profile", "transparency")  # what the colours mean; the rest is about who took it, where and when
WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD


class Refused(ValueError):
    """`str(error)` says why in a word, for `filestore.checking` to make a sentence of."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file as it is kept: of a picture the pixels and what their colours mean, upright."""

    media_type: str
    content: bytes


def inspect(content: bytes) -> Inspected:
    """Return what a file is, with nothing in it that nobody sees. Raises `Refused`."""
    if not content:
        raise Refused("empty")
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        raise Refused("heic")
    with _whatever_it_is():
        if content.startswith(b"%PDF-"):
            _open_pdf(content)
            return Inspected(PDF, content)
        return _bare_picture(content)


def preview(content: bytes, media_type: str) -> bytes:
    """Return a small picture, as JPEG: of a PDF its first page. Raises `Refused`."""
    with _whatever_it_is():
        picture = _first_page(content) if media_type == PDF else _open_picture(content)
        picture.draft("RGB", (PREVIEW, PREVIEW))
        picture.thumbnail((PREVIEW, PREVIEW))
        seen = picture.convert("RGBA")
        paper = Image.new("RGB", seen.size, "white")
        paper.paste(seen, mask=seen)
        out = io.BytesIO()
        paper.save(out, "JPEG", quality=80)
        return out.getvalue()


@contextmanager
def _whatever_it_is() -> Iterator[None]:
    """Take whatever a library stumbles over for a file that cannot be read: damage has no end of ways to show."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise Refused("unreadable") from error


def _open_pdf(content: bytes) -> Any:
    try:
        document = pypdfium2.PdfDocument(content)
        document[0].get_size()
    except pypdfium2.PdfiumError as error:
        raise Refused("password" if error.err_code == WRONG_PASSWORD else "unreadable") from error
    return document


def _first_page(content: bytes) -> Image.Image:
    page = _open_pdf(content)[0]
    return page.render(scale=min(PREVIEW / max(*page.get_size(), 1), 4)).to_pil()


def _open_picture(content: bytes) -> Image.Image:
    """Read the head of a picture, and no pixel of one that has too many."""
    Image.MAX_IMAGE_PIXELS = None  # counted here
    try:
        picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    except UnidentifiedImageError as error:
        raise Refused("unknown") from error
    if picture.width * picture.height > MOST_PIXELS:
        raise Refused("too-many-pixels")
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        raise Refused("moving")
    return picture


def _bare_picture(content: bytes) -> Inspected:
    picture = _open_picture(content)
    upright = ImageOps.exif_transpose(picture)
    # A JPEG that stands upright is written with its own tables, so it loses next to nothing.
    as_it_was = picture.format == "JPEG" and upright.size == picture.size and _stands(picture)
    written = picture if as_it_was else upright
    told: dict[Any, Any] = {name: picture.info[name] for name in KEPT_INFO if name in picture.info}
    written.info = dict(told)
    quality: Any = "keep" if as_it_was else 95
    media_type = FORMATS[str(picture.format)]
    out = io.BytesIO()
    written.save(out, media_type.removeprefix("image/").upper(), exif=b"", quality=quality, **told)
    return Inspected(media_type, out.getvalue())


def _stands(picture: Image.Image) -> bool:
    return picture.getexif().get(0x0112, 1) == 1


def main() -> None:
    """Read a line of what is wanted, and a file, from standard input; write a line of what was found, and a file."""
    wanted: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    content = sys.stdin.buffer.read()
    try:
        if wanted["task"] == "preview":
            found, made = {"media_type": JPEG}, preview(content, wanted["media_type"])
        else:
            inspected = inspect(content)
            found, made = {"media_type": inspected.media_type}, inspected.content
    except Refused as refused:
        found, made = {"problem": str(refused)}, b""
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n" + made)


if __name__ == "__main__":
    main()
