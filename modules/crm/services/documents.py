"""Documents: taken in, described, replaced, ended. What is in a file is looked into before anybody opens it
(`services/scans.py`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from filestore.checking import CheckedFile, check_file
from filestore.inspection import EXTENSIONS
from filestore.storage import store_file
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.events import DocumentReceived
from modules.crm.models import Document, DocumentKind, DocumentVersion, EpisodeOfCare, Paper, Patient, Visibility

FILES = "documents"  # the folder
DESCRIBED = ("kind", "own_kind_id", "title", "dated", "visibility", "appointment_id", "episode_id")


class DocumentInvalid(Invalid):
    """What was given makes no document; `fields` says where."""

    code = "document-invalid"


class DocumentEnded(Conflict):
    """It was ended, and stays as it was."""

    code = "document-ended"


class NotYoursToFile(NotAllowed):
    """The role does not let them file papers of this patient, or not this one."""

    code = "document-not-yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDetails:
    """What a document is and who sees it. `own_kind_id` goes with the kind `OWN`."""

    title: str
    dated: date
    kind: str = Paper.OTHER
    own_kind_id: UUID | None = None
    visibility: str = Visibility.STAFF
    appointment_id: UUID | None = None
    episode_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came. Nothing of it is believed: not its name, and not what it says it is."""

    name: str
    content: bytes


def visibilities_for(*, user: Any, patient: Patient) -> list[Visibility]:
    """Return who somebody may say sees a document: nobody hides one from themselves."""
    if reach_of(user, "crm.add_document") is Reach.SELF:
        return [Visibility.SHARED]
    treats = user.has_perm("crm.view_clinical_document", Document(patient=patient))
    return [each for each in Visibility if each is not Visibility.CLINICIANS or treats]


@transaction.atomic
def add_document(*, patient: Patient, details: DocumentDetails, upload: Upload, by: Any, at: datetime) -> Document:
    """Keep a file about a patient. Nobody opens it before it was looked into.

    Raises `DocumentInvalid`, `FileRefused` or `NotYoursToFile`.
    """
    if not by.has_perm("crm.add_document", patient):
        raise NotYoursToFile(_("You file documents of those you look after only."))
    _check(details, patient, by=by, on=at.date())
    document = Document.objects.create(
        patient=patient,
        from_portal=reach_of(by, "crm.add_document") is Reach.SELF,
        by_id=by.pk,
        by_name=str(by),
        created_at=at,
        **_cleaned(details),
    )
    audit.record(action="crm.document.added", of=document, by=by, changes=audit.created(document, DESCRIBED))
    _keep_version(document, check_file(name=upload.name, content=upload.content), number=1, by=by, at=at)
    return document


@transaction.atomic
def replace_document(*, document: Document, upload: Upload, by: Any, at: datetime) -> DocumentVersion:
    """Put a newer file in the place of the one that is shown. The former ones are kept.

    Raises `FileRefused`, `DocumentEnded` or `NotYoursToFile`.
    """
    document = _to_change(document, by=by)
    number = document.latest.number + 1
    audit.record(action="crm.document.replaced", of=document, by=by, changes={"version": (number - 1, number)})
    return _keep_version(document, check_file(name=upload.name, content=upload.content), number=number, by=by, at=at)


@transaction.atomic
def describe_document(*, document: Document, details: DocumentDetails, by: Any, at: datetime) -> Document:
    """Say anew what a document is and who sees it. Raises `DocumentInvalid`, `DocumentEnded` or `NotYoursToFile`."""
    document = _to_change(document, by=by)
    _check(details, document.patient, by=by, on=at.date(), now=document)
    before = audit.snapshot(document, DESCRIBED)
    for name, value in _cleaned(details).items():
        setattr(document, name, value)
    if changes := audit.difference(before, document):
        document.save(update_fields=list(changes))
        audit.record(action="crm.document.changed", of=document, by=by, changes=changes)
    return document


@transaction.atomic
def end_document(*, document: Document, reason: str, by: Any, at: datetime) -> Document:
    """Have a document be shown no more. It is kept, with who ended it, when and why. Doing it twice is no error.

    Raises `DocumentInvalid` or `NotYoursToFile`.
    """
    reason = " ".join(reason.split())
    if not reason:
        sentence = _("Say why, in a few words.")
        raise DocumentInvalid(sentence, fields={"reason": [sentence]})
    try:
        document = _to_change(document, by=by)
    except DocumentEnded:
        return document
    document.ended_at, document.ended_by_id, document.ended_by_name = at, by.pk, str(by)
    document.end_reason = reason
    document.save(update_fields=["ended_at", "ended_by_id", "ended_by_name", "end_reason"])
    changes = {"ended_at": (None, at), "end_reason": (None, reason)}
    audit.record(action="crm.document.ended", of=document, by=by, changes=changes)
    return document


def _to_change(document: Document, *, by: Any) -> Document:
    locked: Document = lock_row(Document.objects.select_related("patient__client"), document.pk, no_key=True)
    if not by.has_perm("crm.change_document", locked):
        raise NotYoursToFile(_("Your role does not change this document."))
    if locked.ended_at is not None:
        raise DocumentEnded(_("This document was ended. It stays as it was."))
    return locked


def _keep_version(document: Document, checked: CheckedFile, *, number: int, by: Any, at: datetime) -> DocumentVersion:
    # What it is called to fetch it stands in addresses and in the storage: so it names nobody.
    name = f"{document.kind.lower()}-{document.dated:%Y-%m-%d}{EXTENSIONS[checked.media_type]}"
    stored = store_file(name=name, content=checked.content, media_type=checked.media_type, kind=FILES)
    version = DocumentVersion.objects.create(
        document=document, number=number, file=stored, name=checked.name, by_id=by.pk, by_name=str(by), added_at=at
    )
    publish(DocumentReceived(version_id=version.pk))
    return version


def _cleaned(details: DocumentDetails) -> dict[str, Any]:
    return asdict(details) | {"title": " ".join(details.title.split())}


def _check(details: DocumentDetails, patient: Patient, *, by: Any, on: date, now: Document | None = None) -> None:
    problems: dict[str, list[str]] = {}
    if not details.title.strip():
        problems["title"] = [_("A title is needed.")]
    if details.dated > on:
        problems["dated"] = [_("That is in the future.")]
    if details.visibility not in visibilities_for(user=by, patient=patient):
        problems["visibility"] = [_("Choose who sees it.")]
    if not _is_kind(details, now):
        problems["kind"] = [_("Choose what it is.")]
    if details.episode_id and not EpisodeOfCare.objects.filter(pk=details.episode_id, patient=patient).exists():
        problems["episode_id"] = [_("This patient has no such episode of care.")]
    if problems:
        sentences = (sentence for each in problems.values() for sentence in each)
        raise DocumentInvalid(" ".join(sentences), fields=problems)


def _is_kind(details: DocumentDetails, now: Document | None) -> bool:
    if details.kind not in Paper.values or (details.kind == Paper.OWN) is not (details.own_kind_id is not None):
        return False
    if details.own_kind_id is None or (now is not None and now.own_kind_id == details.own_kind_id):
        return True
    return DocumentKind.objects.filter(pk=details.own_kind_id, ended_at=None).exists()
