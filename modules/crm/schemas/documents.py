"""Documents on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Document, DocumentKind, DocumentVersion
from modules.crm.selectors import DocumentFilter
from modules.crm.services import DocumentDetails

PaperName = Literal["REPORT", "IMAGE", "LETTER", "REFERRAL", "CONSENT", "INSURANCE", "OTHER", "OWN"]
VisibilityName = Literal["CLINICIANS", "STAFF", "SHARED"]
ScanName = Literal["WAITING", "CLEAN", "UNSCANNED", "INFECTED"]


class DocumentsIn(Schema):
    """Filters. `search` is whose they are."""

    kind: str = ""
    visibility: VisibilityName | None = None
    scan: ScanName | None = None
    since: date | None = None
    until: date | None = None
    search: str = ""
    from_portal: bool = False
    ended: bool = False

    def filter(self) -> DocumentFilter:
        return DocumentFilter(**self.dict() | {"visibility": self.visibility or "", "scan": self.scan or ""})


class DocumentIn(Schema):
    """What it is and who sees it; sent as a form, with the file. `own_kind_id` goes with the kind `OWN`."""

    title: str = Field(max_length=120)
    dated: date
    kind: PaperName = "OTHER"
    own_kind_id: UUID | None = None
    visibility: VisibilityName = "STAFF"
    appointment_id: UUID | None = Field(None, description="The visit that it belongs to.")
    episode_id: UUID | None = None

    def details(self) -> DocumentDetails:
        return DocumentDetails(**self.dict())


class DocumentPatch(Schema):
    title: str | None = Field(None, max_length=120)
    dated: date | None = None
    kind: PaperName | None = None
    own_kind_id: UUID | None = None
    visibility: VisibilityName | None = None
    appointment_id: UUID | None = None
    episode_id: UUID | None = None


class EndIn(Schema):
    reason: str = Field(max_length=200)


class VersionOut(Schema):
    """One file of a document. What is `CLEAN` or `UNSCANNED` can be fetched; `UNSCANNED` says that nobody scans."""

    id: UUID
    number: int
    name: str
    media_type: str
    size: int
    digest: str = Field(description="SHA-256 of what is kept, in hexadecimal.")
    by_name: str
    added_at: Moment
    scan: ScanName
    has_preview: bool

    @staticmethod
    def of(version: DocumentVersion) -> VersionOut:
        stored = version.file
        return VersionOut(
            id=version.pk,
            number=version.number,
            name=version.name,
            media_type=stored.media_type,
            size=stored.size,
            digest=stored.digest,
            by_name=version.by_name,
            added_at=version.added_at,
            scan=cast("ScanName", version.scan_state),
            has_preview=version.preview_id is not None,
        )


class DocumentOut(Schema):
    """`versions` has the one that is shown first."""

    id: UUID
    patient_id: UUID
    title: str
    kind: PaperName
    own_kind_id: UUID | None
    kind_name: str
    dated: date
    visibility: VisibilityName
    appointment_id: UUID | None
    episode_id: UUID | None
    from_portal: bool
    by_name: str
    created_at: Moment
    ended_at: Moment | None
    ended_by_name: str
    end_reason: str
    versions: list[VersionOut]

    @staticmethod
    def of(document: Document) -> DocumentOut:
        return DocumentOut(
            id=document.pk,
            patient_id=document.patient_id,
            title=document.title,
            kind=cast("PaperName", document.kind),
            own_kind_id=document.own_kind_id,
            kind_name=document.kind_label,
            dated=document.dated,
            visibility=cast("VisibilityName", document.visibility),
            appointment_id=document.appointment_id,
            episode_id=document.episode_id,
            from_portal=document.from_portal,
            by_name=document.by_name,
            created_at=document.created_at,
            ended_at=document.ended_at,
            ended_by_name=document.ended_by_name,
            end_reason=document.end_reason,
            versions=[VersionOut.of(each) for each in sorted(document.versions.all(), key=lambda each: -each.number)],
        )


class LinkOut(Schema):
    """Where the file can be fetched, without signing in, until then."""

    url: str
    until: Moment

    @staticmethod
    def of(url: str, until: datetime) -> LinkOut:
        return LinkOut(url=url, until=until)


class DocumentKindIn(Schema):
    name: str = Field(max_length=60)


class DocumentKindOut(Schema):
    id: UUID
    name: str

    @staticmethod
    def of(kind: DocumentKind) -> DocumentKindOut:
        return DocumentKindOut(id=kind.pk, name=kind.name)
