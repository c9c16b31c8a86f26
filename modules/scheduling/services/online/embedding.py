"""Which sites may show the public page in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.scheduling.models import BookingPage

MOST = 20
AT_HOME = ("localhost", "127.0.0.1")


class NotAnOrigin(Invalid):
    """What was named is no site; `fields` has the sentence."""

    code = "not-an-origin"


def framed_by() -> list[str]:
    """Return the sites' origins; none, unless somebody named one."""
    page = BookingPage.objects.first()
    return list(page.framed_by) if page else []


@transaction.atomic
def allow_frames(*, sites: Sequence[str], by: Any) -> BookingPage:
    """Let these sites, and no others, show the page. Raises `NotAnOrigin`."""
    origins = sorted({read_origin(site) for site in sites if site.strip()})
    if len(origins) > MOST:
        raise _wrong(_("At most %(most)d sites.") % {"most": MOST})
    page, _made = BookingPage.objects.get_or_create(pk=1)
    before = audit.snapshot(page, ["framed_by"])
    page.framed_by = origins
    if changes := audit.difference(before, page):
        page.save(update_fields=["framed_by"])
        audit.record(action="scheduling.bookingpage.framed", of=page, by=by, changes=changes)
    return page


def read_origin(text: str) -> str:
    """Return a site as browsers name it: scheme, host and port, and nothing that would let others in."""
    sentence = _("“%(site)s” is not a site. Write it like https://www.example.com, with no more behind it.") % {
        "site": text.strip()
    }
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
        host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise _wrong(sentence) from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in AT_HOME and not settings.IS_PRODUCTION)
    rest = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if not secure or rest or not _is_name(host):
        raise _wrong(sentence)
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _is_name(host: str) -> bool:
    """Test whether it is one host's name: no wildcard, nothing that a policy would read as more than a name."""
    labels = host.split(".")
    return bool(host) and all(label and label.replace("-", "").isalnum() and label.isascii() for label in labels)


def _wrong(sentence: str) -> NotAnOrigin:
    return NotAnOrigin(sentence, fields={"sites": [sentence]})
