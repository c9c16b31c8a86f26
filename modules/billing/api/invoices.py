"""Invoices, payments and deposits over the wire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from filestore.storage import read_file
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import Invalid
from kernel.money import Money
from modules.billing import services
from modules.billing.api.tills import till_of
from modules.billing.domain.states import Method
from modules.billing.models import Deposit, DepositRule, Invoice, Payment
from modules.billing.schemas.invoices import (
    BilledDepositOut,
    DepositRuleIn,
    DepositRuleOut,
    DepositsIn,
    InvoiceIn,
    InvoiceOut,
    InvoicesIn,
    LetterheadIn,
    LetterheadOut,
    LineIn,
    LinkOut,
    PaymentIn,
    PaymentOut,
    PaymentsIn,
    SettlementIn,
    WaiverIn,
)
from modules.billing.selectors import PAID_TOO_MUCH, lines_seen_by, note_listed
from modules.billing.services import LetterheadDetails, WishedLine, WishedRule
from modules.billing.services.letterhead import letterhead
from tenancy.requests import Request

router = Router()


@router.get("/invoices/", response=Page[InvoiceOut], summary="Invoices")
@endpoint("billing.view_invoice")
def list_invoices(request: Request, page: Query[PageIn], wanted: Query[InvoicesIn]) -> dict[str, Any]:
    rows = Invoice.objects.visible_to(request.user).for_display().newest_first()
    named = {
        "kind": wanted.kind,
        "corrects_id": wanted.corrects_id,
        "status": wanted.status,
        "patient_id": wanted.patient_id,
        "lines__appointment_id": wanted.appointment_id,
    }
    rows = rows.filter(**{name: value for name, value in named.items() if value is not None})
    if wanted.overpaid:
        rows = rows.filter(PAID_TOO_MUCH)
    return page_of(
        rows,
        page,
        lambda invoice: shown_to(invoice, request.user),
        seen=lambda shown: note_listed(shown, by=request.user),
    )


@router.post("/invoices/", response={201: InvoiceOut}, summary="Draw up an invoice")
@endpoint("billing.write_invoice")
def draft_invoice(request: Request, body: InvoiceIn) -> Status[InvoiceOut]:
    invoice = _for_visit(request, body) if body.appointment_id else _by_hand(request, body)
    return Status(201, _again(request, invoice))


@router.get("/invoices/{uuid:invoice_id}/", response=InvoiceOut, summary="One invoice")
@endpoint("billing.view_invoice")
def get_invoice(request: Request, invoice_id: UUID) -> InvoiceOut:
    invoice = visible(request, invoice_id)
    audit.viewed(of=invoice, by=request.user)
    return shown_to(invoice, request.user)


@router.delete("/invoices/{uuid:invoice_id}/", response={204: None}, summary="Discard a draft")
@endpoint("billing.write_invoice")
def void_draft(request: Request, invoice_id: UUID) -> Status[None]:
    services.void_draft(invoice=visible(request, invoice_id), by=request.user, at=timezone.now())
    return Status(204, None)


@router.post("/invoices/{uuid:invoice_id}/issue/", response=InvoiceOut, summary="Issue an invoice")
@endpoint("billing.write_invoice")
def issue_invoice(request: Request, invoice_id: UUID) -> InvoiceOut:
    services.issue_invoice(invoice=visible(request, invoice_id), by=request.user, at=timezone.now())
    return _again(request, invoice_id)


@router.post("/invoices/{uuid:invoice_id}/payment-link/", response=LinkOut, summary="Where an invoice is paid")
@endpoint("billing.ask_for_payment")
def payment_link(request: Request, invoice_id: UUID) -> LinkOut:
    return LinkOut(url=services.payment_link(invoice=visible(request, invoice_id)))


@router.get("/invoices/{uuid:invoice_id}/pdf/", summary="An invoice on paper, once it is made")
@endpoint("billing.view_document")
def get_document(request: Request, invoice_id: UUID) -> HttpResponse:
    invoice = visible(request, invoice_id)
    if invoice.pdf is None:
        raise Http404
    audit.viewed(of=invoice, by=request.user, how="viewed_document")
    response = HttpResponse(read_file(invoice.pdf), content_type=invoice.pdf.media_type)
    response["Content-Disposition"] = f'inline; filename="{invoice.pdf.name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@router.get("/payments/", response=Page[PaymentOut], summary="Payments, newest first")
@endpoint("billing.view_payment")
def list_payments(request: Request, page: Query[PageIn], wanted: Query[PaymentsIn]) -> dict[str, Any]:
    rows = Payment.objects.visible_to(request.user).select_related("invoice").order_by("-received_at", "-pk")
    named = {"invoice_id": wanted.invoice_id, "invoice__patient_id": wanted.patient_id}
    rows = rows.filter(**{name: value for name, value in named.items() if value is not None})
    return page_of(
        rows, page, PaymentOut.of, seen=lambda paid: note_listed([each.invoice for each in paid], by=request.user)
    )


@router.post("/payments/", response={201: PaymentOut}, summary="Write down what was paid")
@endpoint("billing.take_payment")
def take_payment(request: Request, body: PaymentIn) -> Status[PaymentOut]:
    invoice = visible(request, body.invoice_id)
    payment = services.record_payment(
        invoice=invoice,
        amount=Money.parse(body.amount, invoice.currency),
        method=Method(body.payment_method),
        reference=body.reference,
        beyond=body.keep_rest,
        till_session_id=till_of(request, body, invoice) if body.payment_method == Method.CASH else None,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, PaymentOut.of(payment))


@router.get("/letterhead/", response=LetterheadOut, summary="What stands at the head of every invoice")
@endpoint("billing.manage")
def get_letterhead(request: Request) -> LetterheadOut:
    return LetterheadOut.of(letterhead())


@router.put("/letterhead/", response=LetterheadOut, summary="Write the letterhead for the invoices to come")
@endpoint("billing.manage")
def set_letterhead(request: Request, body: LetterheadIn) -> LetterheadOut:
    return LetterheadOut.of(services.set_letterhead(details=LetterheadDetails(**body.dict()), by=request.user))


@router.get("/deposit-rules/", response=Page[DepositRuleOut], summary="When a deposit is asked for")
@endpoint("billing.manage")
def list_deposit_rules(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(DepositRule.objects.order_by("pk"), page, DepositRuleOut.of)


@router.post("/deposit-rules/", response=DepositRuleOut, summary="Set when a deposit is asked for")
@endpoint("billing.manage")
def set_deposit_rule(request: Request, body: DepositRuleIn) -> DepositRuleOut:
    """Takes the place of the rule that its service has."""
    amount = Money.parse(body.amount, request.tenant.currency) if body.amount is not None else None
    wish = WishedRule(**(body.dict() | {"amount": amount}))
    return DepositRuleOut.of(services.set_rule(wish=wish, by=request.user))


@router.delete("/deposit-rules/{uuid:rule_id}/", response={204: None}, summary="Ask for no deposit by a rule any more")
@endpoint("billing.manage")
def remove_deposit_rule(request: Request, rule_id: UUID) -> Status[None]:
    services.remove_rule(rule=get_object_or_404(DepositRule, pk=rule_id), by=request.user)
    return Status(204, None)


@router.get("/deposits/", response=Page[BilledDepositOut], summary="Deposits, newest first")
@endpoint("billing.take_payment")
def list_deposits(request: Request, page: Query[PageIn], wanted: Query[DepositsIn]) -> dict[str, Any]:
    rows = Deposit.objects.visible_to(request.user).for_display().order_by("-asked_at", "-pk")
    if wanted.to_see_to:
        rows = rows.to_see_to()
    if wanted.appointment_id is not None:
        rows = rows.filter(appointment_id=wanted.appointment_id)
    return page_of(
        rows, page, BilledDepositOut.of, seen=lambda shown: note_listed([d.invoice for d in shown], by=request.user)
    )


@router.post("/deposits/{uuid:deposit_id}/waiver/", response=BilledDepositOut, summary="Do without a deposit")
@endpoint("billing.write_invoice")
def waive_deposit(request: Request, deposit_id: UUID, body: WaiverIn) -> BilledDepositOut:
    """The visit is booked at once."""
    deposit = _deposit(request, deposit_id)
    waived = services.waive_deposit(deposit=deposit, reason=body.reason, by=request.user, at=timezone.now())
    return BilledDepositOut.of(waived)


@router.post(
    "/deposits/{uuid:deposit_id}/settlement/", response=BilledDepositOut, summary="Say what becomes of a deposit"
)
@endpoint("billing.take_payment")
def settle_deposit(request: Request, deposit_id: UUID, body: SettlementIn) -> BilledDepositOut:
    """Of a visit that was cancelled, missed, or could no longer be had when the deposit was paid."""
    outcome = services.Outcome(body.outcome)
    deposit = _deposit(request, deposit_id)
    return BilledDepositOut.of(
        services.settle_deposit(deposit=deposit, outcome=outcome, by=request.user, at=timezone.now())
    )


def _deposit(request: Request, deposit_id: UUID) -> Deposit:
    return get_object_or_404(Deposit.objects.visible_to(request.user).for_display(), pk=deposit_id)


def visible(request: Request, invoice_id: UUID) -> Invoice:
    return get_object_or_404(Invoice.objects.visible_to(request.user).for_display(), pk=invoice_id)


def _again(request: Request, invoice: Invoice | UUID) -> InvoiceOut:
    return shown_to(visible(request, invoice.pk if isinstance(invoice, Invoice) else invoice), request.user)


def shown_to(invoice: Invoice, user: Any) -> InvoiceOut:
    return InvoiceOut.of(invoice, lines=lines_seen_by(user, invoice))


def _for_visit(request: Request, body: InvoiceIn) -> Invoice:
    if body.lines or body.appointment_id is None:
        raise _either_or()
    return services.draft_invoice_for_visit(
        appointment_id=body.appointment_id,
        patient_id=body.patient_id,
        due_date=body.due_date,
        by=request.user,
        at=timezone.now(),
    )


def _by_hand(request: Request, body: InvoiceIn) -> Invoice:
    if body.patient_id is None or not body.lines:
        raise _either_or()
    return services.draft_invoice_by_hand(
        patient_id=body.patient_id,
        lines=[_line(line, request.tenant.currency) for line in body.lines],
        due_date=body.due_date,
        prices_include_tax=body.prices_include_tax,
        by=request.user,
        at=timezone.now(),
    )


def _line(line: LineIn, currency: str) -> WishedLine:
    price = Money.parse(line.unit_price, currency) if line.unit_price is not None else None
    return WishedLine(**(line.dict() | {"unit_price": price}))


def _either_or() -> Invalid:
    sentence = "Send either an appointment_id, or a patient_id with lines."
    return Invalid(sentence, fields={"appointment_id": [sentence], "lines": [sentence]})
