"""Addresses that lead to one file for a minute: a bucket's own, or one of ours where files lie in a folder.

Whoever asks for one has been checked; whoever holds one is not. So they are short-lived, and name neither a person nor
a place in the storage.
"""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from filestore.models import StoredFile
from filestore.storage import link_to
from kernel.errors import NotAllowed
from tenancy import current_tenant

GOOD_FOR = 60  # seconds
INLINE = ("image/",)  # what browsers show in a sandbox; Chrome shows no PDF in one, so these are saved


class LinkNotGood(NotAllowed):
    """The link is too old, was changed, or is another tenant's."""

    code = "link-not-good"


def address_of(stored: StoredFile) -> str:
    """Return where a file of the tenant in use can be fetched for a minute."""
    elsewhere = link_to(
        stored.key,
        name=stored.name,
        seconds=GOOD_FOR,
        media_type=stored.media_type,
        inline=is_inline(stored),
    )
    return elsewhere or reverse("stored_file", args=[_signer().sign(str(stored.pk))])


def file_behind(token: str) -> StoredFile:
    """Return the file that an address of ours leads to. Raises `LinkNotGood`."""
    try:
        file_id = UUID(_signer().unsign(token, max_age=GOOD_FOR))
    except (BadSignature, ValueError):
        raise LinkNotGood("This link was good for a minute only. Open the file once more.") from None
    found = StoredFile.objects.filter(pk=file_id).first()
    if found is None:
        raise LinkNotGood("This link leads nowhere any more.")
    return found


def is_inline(stored: StoredFile) -> bool:
    return stored.media_type.startswith(INLINE)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt=f"filestore.links:{current_tenant().id}")
