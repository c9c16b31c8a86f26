"""The types of documents that a workspace has besides those that everybody has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.crm.models import DocumentKind
from modules.crm.services.documents import DocumentInvalid


@transaction.atomic
def add_document_kind(*, name: str, by: Any) -> DocumentKind:
    """Add a type. Raises `DocumentInvalid` if there is one of that name."""
    name = " ".join(name.split())
    if not name:
        raise _wrong(_("A name is needed."))
    try:
        with transaction.atomic():
            kind = DocumentKind.objects.create(name=name)
    except IntegrityError:
        raise _wrong(_("There is one of that name already.")) from None
    audit.record(action="crm.documentkind.added", of=kind, by=by, changes=audit.created(kind, ["name"]))
    return kind


@transaction.atomic
def end_document_kind(*, kind: DocumentKind, by: Any, at: datetime) -> DocumentKind:
    """Offer a type no more. What was filed under it stays there."""
    kind = DocumentKind.objects.select_for_update().get(pk=kind.pk)
    if kind.ended_at is None:
        kind.ended_at = at
        kind.save(update_fields=["ended_at"])
        audit.record(action="crm.documentkind.ended", of=kind, by=by, changes={"ended_at": (None, at)})
    return kind


def _wrong(sentence: str) -> DocumentInvalid:
    return DocumentInvalid(sentence, fields={"name": [sentence]})
