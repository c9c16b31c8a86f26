"""Receipts of payments and slips of refunds: to print on a roll of 80 mm, as a PDF, and on the portal."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.billing import services
from modules.billing.models import Payment, Refund
from tenancy.requests import Request
from webui.doors import action, page


@page("billing.view_payment")
def receipt(request: Request, payment_id: UUID) -> HttpResponse:
    """The receipt on a roll: for the printer at the till."""
    payment = _payment(request, payment_id)
    found = services.shown_receipt(of=payment, seen_by=request.user)
    may_send = request.user.has_perm("billing.take_payment") and payment.invoice.client.email
    return _show(
        request,
        payment,
        {
            "receipt": found,
            "paper": reverse("billing:receipt_pdf", args=[payment_id]),
            "mail": reverse("billing:receipt_mail", args=[payment_id]) if may_send and not found.is_taken_back else "",
        },
    )


@page("billing.view_payment")
def receipt_pdf(request: Request, payment_id: UUID) -> HttpResponse:
    return _paper(request, _payment(request, payment_id))


@action("billing.take_payment")
def receipt_mail(request: Request, payment_id: UUID) -> HttpResponse:
    payment = _payment(request, payment_id)
    services.send_receipt(payment=payment, by=request.user, at=timezone.now())
    messages.success(request, _("On its way to %(email)s.") % {"email": payment.invoice.client.email})
    return redirect("billing:invoice", invoice_id=payment.invoice_id)


@page("billing.view_payment")
def slip(request: Request, refund_id: UUID) -> HttpResponse:
    refund = _refund(request, refund_id)
    paper = reverse("billing:slip_pdf", args=[refund_id])
    return _show(request, refund, {"receipt": services.shown_receipt(of=refund), "paper": paper})


@page("billing.view_payment")
def slip_pdf(request: Request, refund_id: UUID) -> HttpResponse:
    return _paper(request, _refund(request, refund_id))


@page("access.use_portal")
def my_receipt(request: Request, payment_id: UUID) -> HttpResponse:
    return _paper(request, _payment(request, payment_id))


@page("access.use_portal")
def my_slip(request: Request, refund_id: UUID) -> HttpResponse:
    return _paper(request, _refund(request, refund_id))


def _payment(request: Request, payment_id: UUID) -> Payment:
    rows = Payment.objects.visible_to(request.user).select_related("invoice__client")
    return get_object_or_404(rows, pk=payment_id)


def _refund(request: Request, refund_id: UUID) -> Refund:
    return get_object_or_404(Refund.objects.visible_to(request.user).select_related("invoice"), pk=refund_id)


def _show(request: Request, of: Payment | Refund, context: dict[str, object]) -> HttpResponse:
    audit.viewed(of=of.invoice, by=request.user, how="viewed_receipt")
    return render(
        request, "billing/receipt.html", {"invoice": of.invoice, "is_refund": isinstance(of, Refund)} | context
    )


def _paper(request: Request, of: Payment | Refund) -> HttpResponse:
    audit.viewed(of=of.invoice, by=request.user, how="viewed_receipt")
    answer = HttpResponse(services.receipt_on_paper(of=of, seen_by=request.user), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="receipt-{of.invoice.number}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer
