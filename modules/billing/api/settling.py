"""Credit, refunds, write-offs and sums for several invoices, over the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.money import Money
from modules.billing import services
from modules.billing.api.documents import wished_of
from modules.billing.api.invoices import shown_to, visible
from modules.billing.api.tills import till_of, till_of_payment
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, Payment, Refund
from modules.billing.schemas.invoices import InvoiceOut, PaymentOut
from modules.billing.schemas.settling import (
    CreditUseIn,
    CreditUseOut,
    ReceiptIn,
    RefundIn,
    RefundOut,
    RefundPartIn,
    RefundsIn,
    TakingBackIn,
    UnwindingIn,
    UnwindingOut,
    WayBackOut,
    WriteOffIn,
    WriteOffOut,
)
from modules.billing.selectors import note_listed
from modules.billing.selectors import settling as selectors
from modules.billing.services.settling import unwinding
from tenancy.requests import Request

router = Router()
INVOICE = "/invoices/{uuid:invoice_id}/"


@router.get("/refunds/", response=Page[RefundOut], summary="Money that went back, newest first")
@endpoint("billing.view_payment")
def list_refunds(request: Request, page: Query[PageIn], wanted: Query[RefundsIn]) -> dict[str, Any]:
    rows = Refund.objects.visible_to(request.user).select_related("invoice").order_by("-at", "-pk")
    rows = rows.filter(**{name: value for name, value in wanted.dict().items() if value is not None})
    return page_of(
        rows, page, RefundOut.of, seen=lambda shown: note_listed([each.invoice for each in shown], by=request.user)
    )


@router.get(INVOICE + "ways-back/", response=list[WayBackOut], summary="How what was paid too much can go back")
@endpoint("billing.refund")
def list_ways_back(request: Request, invoice_id: UUID) -> list[WayBackOut]:
    """The latest payment first; together they are what can go back the way it came."""
    invoice = visible(request, invoice_id)
    audit.viewed(of=invoice, by=request.user)
    return [WayBackOut.of(way) for way in services.ways_back(invoice)]


@router.post(INVOICE + "refunds/", response={201: list[RefundOut]}, summary="Pay back what was paid too much")
@endpoint("billing.refund")
def pay_back(request: Request, invoice_id: UUID, body: RefundIn) -> Status[list[RefundOut]]:
    """All parts or none. What goes back online is on its way (`ASKED`) until the gateway has done it."""
    invoice = visible(request, invoice_id)
    parts = [_part(part, invoice.currency) for part in body.parts] or services.the_way_it_came(invoice)
    made = services.pay_back(
        invoice=invoice,
        wished=parts,
        reason=body.reason,
        by=request.user,
        at=timezone.now(),
        till_session_id=till_of(request, body, invoice),
    )
    return Status(201, [RefundOut.of(refund) for refund in made])


@router.post("/payments/{uuid:payment_id}/taking-back/", response={201: RefundOut}, summary="Take a payment back")
@endpoint("billing.refund")
def take_back_payment(request: Request, payment_id: UUID, body: TakingBackIn) -> Status[RefundOut]:
    """One that was written down by mistake or bounced: its invoice is owed again."""
    rows = Payment.objects.visible_to(request.user).select_related("invoice")
    payment = get_object_or_404(rows, pk=payment_id)
    refund = services.take_back_payment(
        payment=payment,
        reason=body.reason,
        by=request.user,
        at=timezone.now(),
        till_session_id=till_of_payment(request, body, payment),
    )
    return Status(201, RefundOut.of(refund))


@router.get("/payments/{uuid:payment_id}/receipt/", summary="The receipt of a payment on paper")
@endpoint("billing.view_payment")
def get_receipt(request: Request, payment_id: UUID) -> HttpResponse:
    """A PDF/A-3b, made anew each time; of one sum for several invoices, all of them. Taken back, it says so."""
    rows = Payment.objects.visible_to(request.user).select_related("invoice")
    return _paper(request, get_object_or_404(rows, pk=payment_id))


@router.post(
    "/payments/{uuid:payment_id}/receipt/mails/", response={204: None}, summary="Mail the receipt of a payment"
)
@endpoint("billing.take_payment")
def send_receipt(request: Request, payment_id: UUID) -> Status[None]:
    rows = Payment.objects.visible_to(request.user).select_related("invoice__client")
    payment = get_object_or_404(rows, pk=payment_id)
    services.send_receipt(payment=payment, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/refunds/{uuid:refund_id}/slip/", summary="The slip of money that went back, on paper")
@endpoint("billing.view_payment")
def get_slip(request: Request, refund_id: UUID) -> HttpResponse:
    rows = Refund.objects.visible_to(request.user).select_related("invoice")
    return _paper(request, get_object_or_404(rows, pk=refund_id))


def _paper(request: Request, of: Payment | Refund) -> HttpResponse:
    audit.viewed(of=of.invoice, by=request.user, how="viewed_receipt")
    content = services.receipt_on_paper(of=of, seen_by=request.user)
    return HttpResponse(content, content_type="application/pdf", headers={"Cache-Control": "private, no-store"})


@router.get(INVOICE + "credit-uses/", response=list[CreditUseOut], summary="Credit given to others, and taken")
@endpoint("billing.view_payment")
def list_credit_uses(request: Request, invoice_id: UUID) -> list[CreditUseOut]:
    """The earliest first: with this invoice as `source_id` its credit paid another, as `target_id` it was paid."""
    invoice = visible(request, invoice_id)
    audit.viewed(of=invoice, by=request.user)
    return [CreditUseOut.of(use) for use in selectors.credit_uses_of(invoice)]


@router.post(INVOICE + "credit-uses/", response={201: CreditUseOut}, summary="Use credit for another invoice")
@endpoint("billing.take_payment")
def use_credit(request: Request, invoice_id: UUID, body: CreditUseIn) -> Status[CreditUseOut]:
    source, target = visible(request, invoice_id), visible(request, body.target_id)
    amount = _amount(body.amount, source.currency)
    use = services.use_credit(source=source, target=target, amount=amount, by=request.user, at=timezone.now())
    return Status(201, CreditUseOut.of(use))


@router.get(INVOICE + "write-offs/", response=list[WriteOffOut], summary="What was given up, or asked for after all")
@endpoint("billing.view_payment")
def list_write_offs(request: Request, invoice_id: UUID) -> list[WriteOffOut]:
    """The earliest first; together they are what is not asked for any more."""
    invoice = visible(request, invoice_id)
    audit.viewed(of=invoice, by=request.user)
    return [WriteOffOut.of(row) for row in selectors.write_offs_of(invoice, seen_by=request.user)]


@router.post(INVOICE + "write-offs/", response={201: InvoiceOut}, summary="Give up what is owed")
@endpoint("billing.write_off")
def write_off(request: Request, invoice_id: UUID, body: WriteOffIn) -> Status[InvoiceOut]:
    """The invoice and its tax stay as they were issued: this is no credit note."""
    invoice = visible(request, invoice_id)
    amount = _amount(body.amount, invoice.currency)
    services.write_off(invoice=invoice, reason=body.reason, amount=amount, by=request.user, at=timezone.now())
    return Status(201, shown_to(visible(request, invoice_id), request.user))


@router.post(INVOICE + "write-offs/taking-back/", response={201: InvoiceOut}, summary="Ask for it after all")
@endpoint("billing.write_off")
def take_back_write_off(request: Request, invoice_id: UUID, body: WriteOffIn) -> Status[InvoiceOut]:
    invoice = visible(request, invoice_id)
    amount = _amount(body.amount, invoice.currency)
    services.take_back_write_off(invoice=invoice, reason=body.reason, amount=amount, by=request.user, at=timezone.now())
    return Status(201, shown_to(visible(request, invoice_id), request.user))


@router.post("/receipts/", response={201: list[PaymentOut]}, summary="Write down one sum for several invoices")
@endpoint("billing.take_payment")
def receive(request: Request, body: ReceiptIn) -> Status[list[PaymentOut]]:
    """All of it or nothing. Each invoice has a payment of its own, and all of them the same `receipt_id`."""
    shares = [_share(visible(request, share.invoice_id), share.amount) for share in body.shares]
    payments = services.receive(
        shares=shares,
        method=Method(body.payment_method),
        reference=body.reference,
        till_session_id=till_of(request, body, shares[0].invoice),
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, [PaymentOut.of(payment) for payment in payments])


@router.post(INVOICE + "unwinding/preview/", response=UnwindingOut, summary="What taking a sale back would do")
@endpoint("billing.refund")
def preview_unwinding(request: Request, invoice_id: UUID, body: UnwindingIn) -> UnwindingOut:
    """It is done and undone in one transaction, so it says exactly what would be. Nothing is kept."""
    return UnwindingOut.of(unwinding.preview(**_unwinding(request, invoice_id, body)), is_done=False)


@router.post(INVOICE + "unwinding/", response={201: UnwindingOut}, summary="Take a sale back, and pay the money back")
@endpoint("billing.refund")
def unwind(request: Request, invoice_id: UUID, body: UnwindingIn) -> Status[UnwindingOut]:
    """The credit note, goods back on the shelf, packages called off and the money back: all of it or nothing."""
    done = unwinding.unwind(**_unwinding(request, invoice_id, body))
    return Status(201, UnwindingOut.of(done, is_done=True))


def _unwinding(request: Request, invoice_id: UUID, body: UnwindingIn) -> dict[str, Any]:
    invoice = visible(request, invoice_id)
    if not request.user.has_perm("billing.credit_invoice", invoice):
        raise PermissionDenied
    return {
        "invoice": invoice,
        "wished": [wished_of(line, invoice.currency) for line in body.lines],
        "reason": body.reason,
        "give_back": body.give_back,
        "till_session_id": till_of(request, body, invoice),
        "by": request.user,
        "at": timezone.now(),
    }


def _part(part: RefundPartIn, currency: str) -> services.WishedRefund:
    return services.WishedRefund(
        amount=Money.parse(part.amount, currency), method=Method(part.payment_method), payment_id=part.payment_id
    )


def _share(invoice: Invoice, amount: Decimal) -> services.Share:
    return services.Share(invoice=invoice, amount=Money.parse(amount, invoice.currency))


def _amount(amount: Decimal | None, currency: str) -> Money | None:
    return Money.parse(amount, currency) if amount is not None else None
