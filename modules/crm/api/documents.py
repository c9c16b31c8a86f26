"""Documents: upload, list, describe, replace, end, fetch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from filestore.links import GOOD_FOR, address_of
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel import limits
from modules.crm import selectors, services
from modules.crm.api.patients import visible_patient
from modules.crm.models import Document, DocumentKind, Patient
from modules.crm.schemas.documents import (
    DocumentIn,
    DocumentKindIn,
    DocumentKindOut,
    DocumentOut,
    DocumentPatch,
    DocumentsIn,
    EndIn,
    LinkOut,
)
from modules.crm.services import DocumentDetails, Upload
from tenancy import current_tenant
from tenancy.addresses import tenant_url
from tenancy.requests import Request

router = Router()

SENT_PER_HOUR = 40  # by a patient
DETAILS = ("title", "dated", "kind", "own_kind_id", "visibility", "appointment_id", "episode_id")


@router.get("/documents/", response=Page[DocumentOut], summary="The documents of everybody one may see")
@endpoint("crm.view_document")
def list_all(
    request: Request,
    page: Query[PageIn],
    wanted: Query[DocumentsIn],
) -> dict[str, Any]:
    """The latest first. `kind` is a type, or the id of one of the workspace's own."""
    rows = selectors.filtered_documents(wanted.filter(), seen_by=request.user)
    return page_of(rows, page, DocumentOut.of, seen=lambda found: _note(request, found))


@router.get("/{uuid:patient_id}/documents/", response=Page[DocumentOut], summary="The documents of a patient")
@endpoint("crm.view_document")
def list_documents(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """Those that were not ended, the latest first."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_documents")
    return page_of(selectors.documents_of(patient, seen_by=request.user), page, DocumentOut.of)


@router.post("/{uuid:patient_id}/documents/", response={201: DocumentOut}, summary="Upload a document")
@endpoint("crm.add_document")
def add_document(
    request: Request, patient_id: UUID, details: Form[DocumentIn], file: File[UploadedFile]
) -> Status[DocumentOut]:
    """A form with a file: a PDF, or a picture in JPEG, PNG or WebP. It can be fetched once it was looked into."""
    patient = visible_patient(request, patient_id)
    if reach_of(request.user, "crm.add_document") is Reach.SELF:
        limits.count("documents", str(request.user.pk), at_most=SENT_PER_HOUR, seconds=3600)
    added = services.add_document(
        patient=patient, details=details.details(), upload=_upload(file), by=request.user, at=timezone.now()
    )
    return Status(201, DocumentOut.of(added))


@router.get("/documents/{uuid:document_id}/", response=DocumentOut, summary="One document")
@endpoint("crm.view_document")
def get_document(request: Request, document_id: UUID) -> DocumentOut:
    found = _visible(request, document_id)
    audit.viewed(of=found, by=request.user)
    return DocumentOut.of(found)


@router.patch("/documents/{uuid:document_id}/", response=DocumentOut, summary="Describe a document anew")
@endpoint("crm.change_document")
def change_document(request: Request, document_id: UUID, body: DocumentPatch) -> DocumentOut:
    """What is left out stays as it is."""
    found = _visible(request, document_id)
    details = DocumentDetails(**{name: getattr(found, name) for name in DETAILS} | body.dict(exclude_unset=True))
    services.describe_document(document=found, details=details, by=request.user, at=timezone.now())
    return DocumentOut.of(_again(found))


@router.post("/documents/{uuid:document_id}/versions/", response={201: DocumentOut}, summary="Replace the file")
@endpoint("crm.change_document")
def replace_document(request: Request, document_id: UUID, file: File[UploadedFile]) -> Status[DocumentOut]:
    """The former versions are kept."""
    found = _visible(request, document_id)
    services.replace_document(document=found, upload=_upload(file), by=request.user, at=timezone.now())
    return Status(201, DocumentOut.of(_again(found)))


@router.post("/documents/{uuid:document_id}/end/", response=DocumentOut, summary="Show a document no more")
@endpoint("crm.change_document")
def end_document(request: Request, document_id: UUID, body: EndIn) -> DocumentOut:
    """It is kept, with who ended it, when and why."""
    found = _visible(request, document_id)
    services.end_document(document=found, reason=body.reason, by=request.user, at=timezone.now())
    return DocumentOut.of(_again(found))


@router.get(
    "/documents/{uuid:document_id}/versions/{uuid:version_id}/link/",
    response=LinkOut,
    summary="Where to fetch the file",
)
@endpoint("crm.view_document")
def link_to_file(request: Request, document_id: UUID, version_id: UUID) -> LinkOut:
    """An address that is good for a minute. 404 while the file was not looked into, and where a virus was found."""
    found = _visible(request, document_id)
    version = next((each for each in found.versions.all() if each.pk == version_id), None)
    if version is None or not version.can_be_opened:
        raise Http404
    audit.viewed(of=found, by=request.user, how="opened")
    address = address_of(version.file)
    whole = address if "://" in address else tenant_url(current_tenant(), address)
    return LinkOut.of(whole, timezone.now() + timedelta(seconds=GOOD_FOR))


@router.get("/document-kinds/", response=list[DocumentKindOut], summary="The workspace's own types of documents")
@endpoint("crm.view_document")
def list_kinds(request: Request) -> list[DocumentKindOut]:
    return [DocumentKindOut.of(kind) for kind in selectors.own_kinds()]


@router.post("/document-kinds/", response={201: DocumentKindOut}, summary="Add a type of documents")
@endpoint("crm.manage_document_kinds")
def add_kind(request: Request, body: DocumentKindIn) -> Status[DocumentKindOut]:
    return Status(201, DocumentKindOut.of(services.add_document_kind(name=body.name, by=request.user)))


@router.delete("/document-kinds/{uuid:kind_id}/", response={204: None}, summary="Offer a type no more")
@endpoint("crm.manage_document_kinds")
def end_kind(request: Request, kind_id: UUID) -> Status[None]:
    """What was filed under it stays there."""
    kind = get_object_or_404(DocumentKind, pk=kind_id)
    services.end_document_kind(kind=kind, by=request.user, at=timezone.now())
    return Status(204, None)


def _upload(file: UploadedFile) -> Upload:
    return Upload(name=file.name or "", content=file.read())


def _visible(request: Request, document_id: UUID) -> Document:
    rows = Document.objects.visible_to(request.user).with_versions().select_related("patient__client", "own_kind")
    return get_object_or_404(rows, pk=document_id)


def _again(document: Document) -> Document:
    return Document.objects.with_versions().get(pk=document.pk)


def _note(request: Request, found: list[Document]) -> None:
    subjects = [each.patient_id for each in found]
    audit.listed(what=Patient, subjects=subjects, by=request.user, how="listed_documents")
