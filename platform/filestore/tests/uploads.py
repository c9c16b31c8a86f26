"""Files as people send them, good and bad ones."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pypdfium2
from PIL import Image

from filestore.scanning import EICAR


def picture(form: str = "JPEG", size: tuple[int, int] = (60, 40), **saved: Any) -> bytes:
    """A picture that is red on its left half and blue on its right."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, form, **saved)
    return out.getvalue()


def with_location(orientation: int = 6) -> bytes:
    """A JPEG as a telephone takes it lying on its side, with where it was and what with."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Secret Camera"
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    return picture(exif=exif, comment=b"Secret comment", xmp=b"<x:xmpmeta>Secret xmp</x:xmpmeta>")


def pdf(*, note: bytes = b"") -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 300)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue() + (b"\n%" + note + b"\n" if note else b"")


def infected_pdf() -> bytes:
    return pdf(note=EICAR)


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A PNG of a few kilobytes that would fill a gigabyte."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack("!L", len(content)) + name + content + struct.pack("!L", zlib.crc32(name + content))

    squeezed = zlib.compressobj(9)
    body = b"".join(squeezed.compress(bytes(width // 8 + 1)) for _row in range(height)) + squeezed.flush()
    head = struct.pack("!LLBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def moving() -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()
