"""Treatments over the wire: the price list, what was done in a visit, and what is not billed yet."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Router, Status
from ninja.files import UploadedFile

from audit import recording as audit
from httpapi.doors import endpoint
from modules.billing import selectors, services
from modules.billing.models import Invoice, Treatment, TreatmentCode
from modules.billing.schemas.invoices import InvoiceOut
from modules.billing.schemas.treatments import (
    FurtherInvoiceIn,
    LoadedOut,
    QuantityIn,
    TreatmentCodeIn,
    TreatmentCodeOut,
    TreatmentIn,
    TreatmentOut,
)
from modules.crm import public as crm
from modules.scheduling import public as scheduling
from tenancy.requests import Request

router = Router()
CODES, DONE = "/treatment-codes/", "/notes/{uuid:note_id}/treatments/"


@router.get(CODES, response=list[TreatmentCodeOut], summary="The price list of treatments")
@endpoint("billing.manage")
def list_codes(request: Request) -> list[TreatmentCodeOut]:
    """Also what is over and what is to come; what was taken off the list is not on it."""
    return [TreatmentCodeOut.of(row) for row in TreatmentCode.objects.kept().order_by("code", "valid_from")]


@router.post(CODES, response={201: TreatmentCodeOut}, summary="Put a treatment on the price list")
@endpoint("billing.manage")
def add_code(request: Request, body: TreatmentCodeIn) -> Status[TreatmentCodeOut]:
    row = services.add_code(details=body.details(request.tenant.currency), by=request.user)
    return Status(201, TreatmentCodeOut.of(row))


@router.post(CODES + "file/", response={201: LoadedOut}, summary="Load a price list from a file")
@endpoint("billing.manage")
def load_price_list(request: Request, file: File[UploadedFile]) -> Status[LoadedOut]:
    """CSV or a spreadsheet, all of it or with one mistake nothing. The answer to a mistake names each row."""
    rows = services.load_price_list(content=file.read(), by=request.user, on=timezone.localdate())
    return Status(201, LoadedOut(rows=rows))


@router.put(CODES + "{uuid:treatment_code_id}/", response=TreatmentCodeOut, summary="Describe a treatment anew")
@endpoint("billing.manage")
def change_code(request: Request, treatment_code_id: UUID, body: TreatmentCodeIn) -> TreatmentCodeOut:
    """What was done before keeps its price."""
    details = body.details(request.tenant.currency)
    return TreatmentCodeOut.of(services.change_code(row=_kept(treatment_code_id), details=details, by=request.user))


@router.delete(CODES + "{uuid:treatment_code_id}/", response={204: None}, summary="Take a treatment off the price list")
@endpoint("billing.manage")
def end_code(request: Request, treatment_code_id: UUID) -> Status[None]:
    services.end_code(row=_kept(treatment_code_id), by=request.user, at=timezone.now())
    return Status(204, None)


@router.get(
    "/notes/{uuid:note_id}/treatment-codes/", response=list[TreatmentCodeOut], summary="What a note can choose from"
)
@endpoint("crm.write_note")
def list_choices(request: Request, note_id: UUID) -> list[TreatmentCodeOut]:
    """What is on the list on the day of the visit, what is usual in it first."""
    visit = scheduling.find_visit(_appointment_of(request, note_id))
    audit.listed(what=Treatment, subjects=[visit.patient_id] if visit else [], by=request.user)
    return [TreatmentCodeOut.of(row) for row in selectors.codes_to_choose(visit)] if visit else []


@router.get(DONE, response=list[TreatmentOut], summary="What was done in the visit of a note")
@endpoint("crm.view_note")
def list_treatments(request: Request, note_id: UUID) -> list[TreatmentOut]:
    note = _note(request, note_id)
    audit.listed(what=Treatment, subjects=[note.patient_id], by=request.user)
    return [TreatmentOut.of(row) for row in selectors.treatments_of_visit(_appointment_of(request, note_id))]


@router.post(DONE, response={201: TreatmentOut}, summary="Say that something was done")
@endpoint("crm.write_note")
def add_treatment(request: Request, note_id: UUID, body: TreatmentIn) -> Status[TreatmentOut]:
    """The draft of the visit's bill follows at once."""
    note, at = _note(request, note_id), timezone.now()
    row = services.add_treatment(
        note_id=note.pk, code_id=body.treatment_code_id, quantity=body.quantity, by=request.user, at=at
    )
    return Status(201, _shown(row.pk))


@router.put(DONE + "{uuid:treatment_id}/", response=TreatmentOut, summary="Say how much of it was done")
@endpoint("crm.write_note")
def change_treatment(request: Request, note_id: UUID, treatment_id: UUID, body: QuantityIn) -> TreatmentOut:
    found, at = _of_note(request, note_id, treatment_id), timezone.now()
    services.change_treatment(note_id=note_id, treatment=found, quantity=body.quantity, by=request.user, at=at)
    return _shown(treatment_id)


@router.delete(DONE + "{uuid:treatment_id}/", response={204: None}, summary="Say that it was not done")
@endpoint("crm.write_note")
def remove_treatment(request: Request, note_id: UUID, treatment_id: UUID) -> Status[None]:
    found = _of_note(request, note_id, treatment_id)
    services.remove_treatment(note_id=note_id, treatment=found, by=request.user, at=timezone.now())
    return Status(204, None)


@router.post("/further-invoices/", response={201: InvoiceOut}, summary="Bill what of a visit is on no invoice yet")
@endpoint("billing.write_invoice")
def draft_further_invoice(request: Request, body: FurtherInvoiceIn) -> Status[InvoiceOut]:
    """A draft of exactly those treatments; asked again, the same draft is returned."""
    drafted = services.draft_further_invoice(appointment_id=body.appointment_id, by=request.user, at=timezone.now())
    invoice = Invoice.objects.visible_to(request.user).for_display().get(pk=drafted.pk)
    return Status(201, InvoiceOut.of(invoice, lines=selectors.lines_seen_by(request.user, invoice)))


def _kept(treatment_code_id: UUID) -> TreatmentCode:
    return get_object_or_404(TreatmentCode.objects.kept(), pk=treatment_code_id)


def _note(request: Request, note_id: UUID) -> crm.NoteCard:
    note = crm.find_note(note_id, seen_by=request.user)
    if note is None:
        raise Http404
    return note


def _appointment_of(request: Request, note_id: UUID) -> UUID:
    appointment_id = _note(request, note_id).appointment_id
    if appointment_id is None:
        raise Http404
    return appointment_id


def _of_note(request: Request, note_id: UUID, treatment_id: UUID) -> Treatment:
    rows = Treatment.objects.filter(appointment=_appointment_of(request, note_id))
    return get_object_or_404(rows, pk=treatment_id)


def _shown(treatment_id: UUID) -> TreatmentOut:
    return TreatmentOut.of(Treatment.objects.select_related("line__invoice").get(pk=treatment_id))
