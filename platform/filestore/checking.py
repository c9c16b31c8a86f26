"""Take a file from somebody: what it is by its content, a name that does no harm, and a small picture of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from filestore.inspection import EXTENSIONS
from kernel.errors import Invalid

WAIT_SECONDS = 60
LONGEST_NAME = 100  # with its extension
SENTENCES = {
    "empty": gettext_lazy("This file is empty."),
    "unknown": gettext_lazy("This is neither a PDF nor a picture (JPEG, PNG or WebP), whatever its name says."),
    "heic": gettext_lazy(
        "This picture is in Apple’s HEIC format. On the telephone choose Settings, Camera, Formats, Most compatible, "
        "or send it as JPEG."
    ),
    "unreadable": gettext_lazy("This file is damaged: it cannot be opened."),
    "password": gettext_lazy("This PDF asks for a password. Save it without one and try again."),
    "too-many-pixels": gettext_lazy("This picture has more pixels than any camera takes. Save it smaller."),
    "moving": gettext_lazy("This picture moves. Only still ones are kept."),
    "too-much": gettext_lazy("This file takes too much to open. Save it anew, or smaller."),
}


class FileRefused(Invalid):
    """What came is not a file that is kept here."""

    code = "file-refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fields={"file": [sentence]})


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file as it is kept. `name` is what the person called it, as far as that does no harm."""

    name: str
    media_type: str
    content: bytes


def check_file(*, name: str, content: bytes) -> CheckedFile:
    """Return a file as it may be kept: what it is by its content, a picture upright and without what the camera noted
    beside it. Raises `FileRefused`.
    """
    if len(content) > settings.MOST_FILE_BYTES:
        at_most = filesizeformat(settings.MOST_FILE_BYTES)
        raise FileRefused(_("This file is larger than %(size)s.") % {"size": at_most})
    found, made = _look_into(content, {"task": "check"})
    return CheckedFile(clean_name(name, found["media_type"]), found["media_type"], made)


def make_preview(content: bytes, *, media_type: str) -> bytes | None:
    """Return a small picture of a file as JPEG, or None of one that nothing can be drawn of."""
    try:
        return _look_into(content, {"task": "preview", "media_type": media_type})[1]
    except FileRefused:
        return None


def clean_name(name: str, media_type: str) -> str:
    """Return a name without folders, control characters and tricks, that ends as the content says."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    # Cc, Cf: what is not seen, such as the marks that turn a name around; Cs, Co, Cn: what nobody can read.
    seen = "".join(each for each in name if unicodedata.category(each)[0] != "C" and each not in '<>:"|?*')
    shown = " ".join(seen.split())
    stem = shown.rpartition(".")[0] or shown
    extension = EXTENSIONS[media_type]
    return (stem.strip(" .")[: LONGEST_NAME - len(extension)].strip(" .") or "document") + extension


def _look_into(content: bytes, wanted: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Have a process that has nothing to lose open the file. Raises `FileRefused`."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "filestore.inspection"],
            input=json.dumps(wanted).encode() + b"\n" + content,
            capture_output=True,
            timeout=WAIT_SECONDS,
            cwd=settings.BASE_DIR,
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},  # and no secrets
        )
    except subprocess.TimeoutExpired:
        raise _refused("too-much") from None
    if done.returncode != 0:  # out of time, out of memory, or a file that the library cannot bear
        raise _refused("too-much" if done.returncode < 0 or b"MemoryError" in done.stderr else "unreadable")
    head, _newline, made = done.stdout.partition(b"\n")
    found: dict[str, Any] = json.loads(head)
    if "problem" in found:
        raise _refused(found["problem"])
    return found, made


def _refused(problem: str) -> FileRefused:
    return FileRefused(str(SENTENCES[problem]))
