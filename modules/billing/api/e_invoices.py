"""Electronic invoices over the wire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.billing import services
from modules.billing.api.invoices import visible
from modules.billing.domain.e_invoices import Format
from modules.billing.models import EInvoice
from modules.billing.schemas.e_invoices import (
    AnswerIn,
    DeliveryIn,
    EInvoiceAddressIn,
    EInvoiceIn,
    EInvoiceOut,
    EInvoiceRulesIn,
    EInvoicesIn,
)
from modules.crm import public as crm
from tenancy.requests import Request

router = Router()
ROWS = "/e-invoices/"
ONE = ROWS + "{uuid:e_invoice_id}/"
ADDRESS = "/patients/{uuid:patient_id}/e-invoice-address/"


@router.get(ROWS, response=Page[EInvoiceOut], summary="Electronic invoices, the newest first")
@endpoint("billing.view_document")
def list_e_invoices(request: Request, page: Query[PageIn], wanted: Query[EInvoicesIn]) -> dict[str, Any]:
    rows = EInvoice.objects.visible_to(request.user).for_display().newest_first()
    named = {"invoice_id": wanted.invoice_id, "state": wanted.state}
    rows = rows.filter(**{name: value for name, value in named.items() if value is not None})
    if wanted.to_see_to:
        rows = rows.to_see_to()
    return page_of(
        rows,
        page,
        EInvoiceOut.of,
        seen=lambda shown: audit.listed(what=EInvoice, subjects=[row.subject_id for row in shown], by=request.user),
    )


@router.get(ONE, response=EInvoiceOut, summary="One electronic invoice")
@endpoint("billing.view_document")
def get_e_invoice(request: Request, e_invoice_id: UUID) -> EInvoiceOut:
    row = _visible(request, e_invoice_id)
    audit.viewed(of=row, by=request.user)
    return EInvoiceOut.of(row)


@router.get(ONE + "file/", summary="The file of an electronic invoice")
@endpoint("billing.view_document")
def get_file(request: Request, e_invoice_id: UUID) -> HttpResponse:
    row = _visible(request, e_invoice_id)
    if row.file is None:
        raise Http404
    made = services.file_of(row)
    audit.viewed(of=row, by=request.user, how="viewed_file")
    answer = HttpResponse(made.content, content_type=made.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@router.post("/invoices/{uuid:invoice_id}/e-invoices/", response={201: EInvoiceOut}, summary="Make one")
@endpoint("billing.write_invoice")
def make_e_invoice(request: Request, invoice_id: UUID, body: EInvoiceIn) -> Status[EInvoiceOut]:
    """Of a document that has none, or whose last one was refused. 422 names what the document lacks."""
    made = services.make_e_invoice(
        invoice=visible(request, invoice_id), wanted=Format(body.format), by=request.user, at=timezone.now()
    )
    return Status(201, EInvoiceOut.of(made))


@router.post(ONE + "delivery/", response=EInvoiceOut, summary="Write down that one was sent")
@endpoint("billing.write_invoice")
def mark_sent(request: Request, e_invoice_id: UUID, body: DeliveryIn) -> EInvoiceOut:
    row = _visible(request, e_invoice_id)
    return EInvoiceOut.of(
        services.mark_sent(e_invoice=row, reference=body.reference, by=request.user, at=timezone.now())
    )


@router.post(ONE + "answer/", response=EInvoiceOut, summary="Write down what became of one")
@endpoint("billing.write_invoice")
def mark_answered(request: Request, e_invoice_id: UUID, body: AnswerIn) -> EInvoiceOut:
    row = _visible(request, e_invoice_id)
    is_accepted = body.outcome == "ACCEPTED"
    return EInvoiceOut.of(
        services.mark_answered(
            e_invoice=row, is_accepted=is_accepted, reason=body.reason, by=request.user, at=timezone.now()
        )
    )


@router.get("/e-invoice-rules/", response=EInvoiceRulesIn, summary="Which electronic invoices are made")
@endpoint("billing.manage")
def get_rules(request: Request) -> EInvoiceRulesIn:
    return EInvoiceRulesIn.of(services.e_invoice_rules())


@router.put("/e-invoice-rules/", response=EInvoiceRulesIn, summary="Say which electronic invoices are made")
@endpoint("billing.manage")
def set_rules(request: Request, body: EInvoiceRulesIn) -> EInvoiceRulesIn:
    """Of what is issued from now on."""
    return EInvoiceRulesIn.of(services.set_e_invoice_rules(wish=body.wish(), by=request.user))


@router.get(ADDRESS, response=EInvoiceAddressIn, summary="Where whoever pays gets electronic invoices")
@endpoint("billing.write_invoice")
def get_address(request: Request, patient_id: UUID) -> EInvoiceAddressIn:
    row = services.address_of(_client_of(request, patient_id))
    audit.viewed(of=row, by=request.user)
    return EInvoiceAddressIn.of(row)


@router.put(ADDRESS, response=EInvoiceAddressIn, summary="Say where whoever pays gets electronic invoices")
@endpoint("billing.write_invoice")
def set_address(request: Request, patient_id: UUID, body: EInvoiceAddressIn) -> EInvoiceAddressIn:
    """What is issued from now on goes there."""
    client_id = _client_of(request, patient_id)
    return EInvoiceAddressIn.of(
        services.set_e_invoice_address(client_id=client_id, details=body.details(), by=request.user)
    )


def _client_of(request: Request, patient_id: UUID) -> UUID:
    patient = crm.find_patient(patient_id, seen_by=request.user)
    if patient is None:
        raise Http404
    return patient.client_id


def _visible(request: Request, e_invoice_id: UUID) -> EInvoice:
    return get_object_or_404(EInvoice.objects.visible_to(request.user).for_display(), pk=e_invoice_id)
