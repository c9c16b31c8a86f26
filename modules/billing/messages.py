"""What the mails about invoices and packages say, composed when they are sent. None: the reason for one has gone."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from filestore.storage import read_file
from kernel.modules import is_enabled
from modules.billing.domain.reports import Days
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, PackagePurchase, Payment, Refund, RefundState, Reminder
from modules.billing.services import pay_url
from modules.billing.services.letterhead import letterhead
from modules.billing.services.receipts import receipt_on_paper
from modules.billing.services.statements import paper_of
from modules.scheduling.public import UnitState
from notify.sending import Attachment, Composed
from tenancy import current_tenant
from tenancy.addresses import tenant_url


def compose_invoice(*, invoice_id: str) -> Composed | None:
    """Write the mail that brings an invoice: the PDF, and the link to pay unless it is paid; or a credit note."""
    invoice = Invoice.objects.for_display().get(pk=invoice_id)
    locale = current_tenant().language
    if invoice.is_credit_note:
        return _credit_note(invoice, locale)
    return Composed(
        to=invoice.client.email,
        subject=_("Invoice %(number)s from %(practice)s") % {"number": invoice.number, "practice": invoice.seller_name},
        template="billing/invoice",
        person=invoice.patient_id,
        context={
            "invoice": invoice,
            "client": invoice.client,
            "gross": invoice.gross.shown(locale),
            "to_pay": invoice.to_pay.shown(locale) if invoice.is_payable else "",
            "link": pay_url(invoice) if invoice.is_payable else "",
        },
        attachments=_paper(invoice),
    )


def _credit_note(credit_note: Invoice, locale: str) -> Composed:
    words = {"number": credit_note.number, "practice": credit_note.seller_name}
    return Composed(
        to=credit_note.client.email,
        subject=_("Credit note %(number)s from %(practice)s") % words,
        template="billing/credit_note",
        person=credit_note.patient_id,
        context={
            "credit_note": credit_note,
            "client": credit_note.client,
            "gross": credit_note.gross.shown(locale),
        },
        attachments=_paper(credit_note),
    )


def compose_receipt(*, payment_id: str, has_paper: bool = False) -> Composed | None:
    """Write that one payment came in, and what is left to pay; with the receipt if that was asked for, or always is."""
    payment = Payment.objects.select_related("invoice__client").get(pk=payment_id)
    invoice, locale = payment.invoice, current_tenant().language
    return Composed(
        to=invoice.client.email,
        subject=_("Receipt: %(amount)s for invoice %(number)s")
        % {"amount": payment.amount.shown(locale), "number": invoice.number},
        template="billing/receipt",
        person=invoice.patient_id,
        context={
            "invoice": invoice,
            "client": invoice.client,
            "payment": payment,
            "amount": payment.amount.shown(locale),
            "to_pay": invoice.to_pay.shown(locale) if invoice.to_pay else "",
            "link": pay_url(invoice) if invoice.to_pay else "",
        },
        attachments=_receipt(payment) if has_paper or letterhead().mails_receipts else (),
    )


def compose_overdue(*, reminder_id: str) -> Composed | None:
    """Write the reminder of an overdue invoice, with its paper and the link; not once nothing is owed any more."""
    reminder = Reminder.objects.get(pk=reminder_id)
    invoice, locale = Invoice.objects.for_display().get(pk=reminder.invoice_id), current_tenant().language
    if not invoice.is_payable:
        return None
    words = {"number": invoice.number, "amount": invoice.to_pay.shown(locale)}
    return Composed(
        to=invoice.client.email,
        subject=_("Reminder: %(amount)s open on invoice %(number)s") % words,
        template="billing/overdue",
        person=invoice.patient_id,
        context={
            "invoice": invoice,
            "client": invoice.client,
            "number": reminder.number,
            "to_pay": words["amount"],
            "link": pay_url(invoice),
        },
        attachments=_paper(invoice),
    )


def compose_refund(*, refund_id: str) -> Composed | None:
    """Write that money went back, and by which way; not if it turned out meanwhile that it did not arrive."""
    refund = Refund.objects.select_related("invoice__client").get(pk=refund_id)
    if refund.state != RefundState.DONE:
        return None
    invoice, locale = refund.invoice, current_tenant().language
    words = {"amount": refund.amount.shown(locale), "number": invoice.number}
    return Composed(
        to=invoice.client.email,
        subject=_("%(amount)s paid back for invoice %(number)s") % words,
        template="billing/refund",
        person=invoice.patient_id,
        context={
            "invoice": invoice,
            "client": invoice.client,
            "refund": refund,
            "amount": words["amount"],
            "is_online": refund.method == Method.STRIPE,
        },
        attachments=_receipt(refund) if letterhead().mails_receipts else (),
    )


def compose_statement(*, client_id: str, since: str, until: str) -> Composed | None:
    """Write the mail that brings a client's statement; not once nothing is issued to them any more."""
    days = Days(date.fromisoformat(since), date.fromisoformat(until))
    invoices = Invoice.objects.filter(client=UUID(client_id), issued_at__isnull=False)
    latest = invoices.select_related("client").order_by("-issued_at").first()
    if latest is None:
        return None
    paper = Attachment(
        f"statement-{since}-{until}.pdf", paper_of(invoices=invoices, days=days, to=latest.client), "application/pdf"
    )
    words = {"practice": letterhead().name, "day": date_format(days.until, "j M Y")}
    return Composed(
        to=latest.client.email,
        subject=_("Account statement of %(practice)s until %(day)s") % words,
        template="billing/statement",
        person=latest.patient_id,
        context={"client": latest.client, "days": days},
        attachments=(paper,),
    )


def compose_expiry(*, purchase_id: str, last_day: str) -> Composed | None:
    """Write that a package expires, and how much is left of it; not once it is frozen, used up, or valid for longer."""
    purchase = PackagePurchase.objects.for_display().get(pk=purchase_id)
    states = [unit.state for unit in purchase.units.all()]
    left, is_frozen = states.count(UnitState.FREE), any(not pause.resumed_on for pause in purchase.pauses.all())
    if not left or is_frozen or purchase.ended_at is not None or purchase.expires_on.isoformat() != last_day:
        return None
    client, tenant = purchase.patient.client, current_tenant()
    return Composed(
        to=client.email,
        subject=_("%(package)s: sessions are left until %(day)s")
        % {"package": purchase.name, "day": date_format(purchase.expires_on, "j M")},
        template="billing/package_expires",
        person=purchase.patient_id,
        context={
            "purchase": purchase,
            "client": client,
            "left": left,
            "link": tenant_url(tenant, reverse("scheduling:portal_book")) if is_enabled("scheduling") else "",
        },
    )


def _receipt(of: Payment | Refund) -> tuple[Attachment, ...]:
    return (Attachment(f"receipt-{of.invoice.number}.pdf", receipt_on_paper(of=of), "application/pdf"),)


def _paper(invoice: Invoice) -> tuple[Attachment, ...]:
    if invoice.pdf is None:
        return ()
    return (Attachment(invoice.pdf.name, read_file(invoice.pdf), invoice.pdf.media_type),)
