"""What the mails about invoices say, composed when they are sent. None: the reason for the mail has gone."""

from __future__ import annotations

from django.utils.translation import gettext as _

from filestore.storage import read_file
from modules.billing.models import Invoice, Payment
from modules.billing.services import pay_url
from notify.sending import Attachment, Composed
from tenancy import current_tenant


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


def compose_receipt(*, payment_id: str) -> Composed | None:
    """Write the receipt of one payment, and what is left to pay."""
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
    )


def _paper(invoice: Invoice) -> tuple[Attachment, ...]:
    if invoice.pdf is None:
        return ()
    return (Attachment(invoice.pdf.name, read_file(invoice.pdf), invoice.pdf.media_type),)
