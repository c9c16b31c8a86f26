"""Documents as lists and filters ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from kernel.ids import is_id
from modules.crm.models import Document, DocumentKind, DocumentVersion, Paper, Patient, ScanState, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """What a list is narrowed to. `kind` is one of `Paper`, or the id of one of the workspace's own."""

    kind: str = ""
    visibility: str = ""
    scan: str = ""
    since: date | None = None
    until: date | None = None
    search: str = ""  # whose they are
    from_portal: bool = False
    ended: bool = False


def documents_of(patient: Patient, *, seen_by: Any) -> QuerySet[Document]:
    """Return what somebody sees of the documents of a patient, the latest first."""
    rows = Document.objects.visible_to(seen_by).current().filter(patient=patient)
    return rows.with_versions().order_by("-dated", "-created_at")


def documents_of_visit(appointment_id: UUID, *, patient_id: UUID, seen_by: Any) -> QuerySet[Document]:
    rows = Document.objects.visible_to(seen_by).current().filter(patient=patient_id, appointment_id=appointment_id)
    return rows.with_versions().order_by("-created_at")


def filtered_documents(wanted: DocumentFilter, *, seen_by: Any) -> QuerySet[Document]:
    """Return the documents of everybody that somebody sees, the latest first."""
    rows = Document.objects.visible_to(seen_by).filter(ended_at__isnull=not wanted.ended)
    if is_id(wanted.kind):
        rows = rows.filter(own_kind=UUID(wanted.kind))
    elif wanted.kind in Paper.values:
        rows = rows.filter(kind=wanted.kind)
    if wanted.visibility in Visibility.values:
        rows = rows.filter(visibility=wanted.visibility)
    if wanted.scan in ScanState.values:
        rows = rows.filter(_latest_is(wanted.scan))
    if wanted.since:
        rows = rows.filter(dated__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(dated__lte=wanted.until)
    if wanted.from_portal:
        rows = rows.filter(from_portal=True)
    if wanted.search.strip():
        found = Patient.objects.visible_to(seen_by).matching(wanted.search).order_by()
        rows = rows.filter(patient__in=found.values("pk"))
    return rows.with_versions().select_related("patient", "own_kind").order_by("-created_at", "-pk")


def own_kinds() -> list[DocumentKind]:
    """Return the workspace's own types, by name."""
    return list(DocumentKind.objects.filter(ended_at=None).order_by("name"))


def _latest_is(state: str) -> Exists:
    """Test whether the version that is shown is in this state."""
    newer = DocumentVersion.objects.filter(document=OuterRef("document"), number__gt=OuterRef("number"))
    rows = DocumentVersion.objects.filter(document=OuterRef("pk"), scan_state=state)
    return Exists(rows.filter(~Exists(newer)))
