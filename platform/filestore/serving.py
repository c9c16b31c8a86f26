"""Send a file ourselves: as what it is and nothing else, whole or the part that was asked for (RFC 9110 §14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from django.core.files.storage import default_storage
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from filestore.models import StoredFile

CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# The file is a page of its own: nothing in it runs, nothing is loaded by it, and nobody puts it into a page of theirs.
SAFE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def answer_with(stored: StoredFile, *, inline: bool, wanted: str = "") -> HttpResponseBase:
    """Return a file as an answer. `wanted` is the request's Range header; what cannot be understood is ignored."""
    part = part_of(wanted, size=stored.size)
    if part is None:
        response: HttpResponseBase = HttpResponse(status=416, headers={"Content-Range": f"bytes */{stored.size}"})
    else:
        first, after = part
        response = StreamingHttpResponse(_read(default_storage.open(stored.key), first, after - first))
        response["Content-Type"] = stored.media_type
        response["Content-Length"] = str(after - first)
        response["Content-Disposition"] = content_disposition_header(not inline, stored.name) or "attachment"
        if (first, after) != (0, stored.size):
            response.status_code = 206
            response["Content-Range"] = f"bytes {first}-{after - 1}/{stored.size}"
    response["Accept-Ranges"] = "bytes"
    for name, value in SAFE_HEADERS.items():
        response[name] = value
    return response


def part_of(wanted: str, *, size: int) -> tuple[int, int] | None:
    """Return where a wanted range of bytes begins and where it has ended; None if the file has no such part."""
    found = RANGE.fullmatch(wanted.strip())
    if found is None or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if not first:  # the last so many
        return (max(size - int(last), 0), size) if int(last) and size else None
    if last and int(last) < int(first):
        return 0, size  # makes no sense: as if it had not been asked for
    after = min(int(last) + 1, size) if last else size
    return (int(first), after) if int(first) < size else None


def _read(file: IO[Any], first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length > 0 and (content := file.read(min(CHUNK, length))):
            length -= len(content)
            yield content
