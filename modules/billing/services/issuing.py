"""Issue an invoice: from then on it has a number and never changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.storage import store_file
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row
from modules.billing.documents.invoice import invoice_pdf
from modules.billing.domain.states import PAYABLE, Status
from modules.billing.events import InvoiceIssued, InvoicePaid
from modules.billing.models import Invoice, InvoiceLine
from modules.billing.services import telling
from modules.billing.services.chaining import set_link
from modules.billing.services.e_invoicing.copying import copy_details
from modules.billing.services.ledger import enter_issue
from modules.billing.services.letterhead import letterhead
from modules.billing.services.links import pay_url
from modules.billing.services.numbering import location_of, take_number
from modules.crm import public as crm
from modules.inventory import public as inventory


class NotIssuable(Conflict):
    """A discarded draft stays discarded."""

    code = "not-issuable"


@transaction.atomic
def issue_invoice(*, invoice: Invoice, by: Any, at: datetime) -> Invoice:
    """Give a draft the next number and freeze it. What it sells leaves the stock.

    Issuing it twice does nothing. Raises `NotIssuable`, or `InsufficientStock` and then nothing has happened.
    """
    locked = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    if locked.is_open_deposit:
        raise NotIssuable(_("A deposit is issued when it is paid."))
    return issue(locked=locked, by=by, at=at)


def issue(*, locked: Invoice, by: Any, at: datetime) -> Invoice:
    """Issue a locked draft; also a deposit, by whoever writes its payment in the same transaction."""
    if locked.is_issued:
        return locked
    if locked.status != Status.DRAFT:
        raise NotIssuable(_("This draft was discarded."))
    if locked.is_credit_note:
        _copy_from(locked, invoice=locked.corrects)
    else:
        _take_what_was_sold(locked, by=by, at=at)
        copy_names(locked)
        locked.location_id = location_of(locked)
    take_number(document=locked, at=at)  # last: everybody else of its series waits from here on
    _set_term(locked)
    copy_details(locked)
    set_link(document=locked)
    balance = locked.corrects.balance_minor if locked.corrects else 0  # before this credit note
    locked.status = (Status.CREDIT if locked.is_credit_note else locked.status_by_money).value
    locked.save()
    enter_issue(document=locked, balance=balance)
    audit.record(
        action="billing.invoice.issued",
        of=locked,
        by=by,
        changes=audit.created(locked, ["number", "issue_date", "due_date", "gross_minor", "chain_hash"]),
    )
    publish(InvoiceIssued(invoice_id=locked.pk))
    if locked.status == Status.PAID:
        publish(InvoicePaid(invoice_id=locked.pk))
    return locked


@transaction.atomic
def make_document(*, invoice_id: UUID, at: datetime) -> None:
    """Make the PDF of an issued invoice, and send it with the pay link. Asked again, it does nothing."""
    invoice = lock_row(Invoice.objects.for_display(), invoice_id, no_key=True)
    if invoice.pdf_id is not None:
        return
    content = invoice_pdf(invoice, pay_url=pay_url(invoice))
    name = f"{invoice.number}.pdf"
    invoice.pdf = store_file(name=name, content=content, media_type="application/pdf", kind="invoices")
    invoice.save(update_fields=["pdf"])
    audit.record(action="billing.invoice.document_made", of=invoice, by=None, changes={"pdf": (None, name)})
    telling.about_invoice(invoice=invoice, at=at)


@transaction.atomic
def mark_overdue(*, on: date) -> int:
    """Mark what should have been paid before this day. Return how many that was."""
    late = Invoice.objects.select_for_update(no_key=True).filter(status__in=PAYABLE - {Status.OVERDUE}, due_date__lt=on)
    marked = list(late.order_by("pk"))
    for invoice in marked:
        before, invoice.status = invoice.status, Status.OVERDUE.value
        invoice.save(update_fields=["status"])
        changes = {"status": (before, invoice.status)}
        audit.record(action="billing.invoice.overdue", of=invoice, by=None, changes=changes)
    return len(marked)


def _take_what_was_sold(invoice: Invoice, *, by: Any, at: datetime) -> None:
    sold = [
        inventory.Sold(item_id=line.item_id, quantity=line.quantity, line_id=line.pk)
        for line in InvoiceLine.objects.filter(invoice=invoice, item__isnull=False)
        if line.item_id
    ]
    if sold:
        inventory.take_for_sale(lines=sold, by=by, at=at)


def copy_names(invoice: Invoice) -> None:
    """Copy whom it is from, to and about, as they are now."""
    head, patient = letterhead(), crm.find_patient(invoice.patient_id)
    if patient is None:
        raise NotIssuable(_("The patient's record is gone."))
    invoice.seller_name, invoice.seller_address = head.name, head.address
    invoice.seller_tax_number = head.tax_number
    invoice.client_id, invoice.client_name = patient.client_id, patient.client_name
    invoice.client_address = "\n".join(patient.address_lines)
    invoice.patient_name = patient.name


def _copy_from(credit_note: Invoice, *, invoice: Any) -> None:
    """Name whom the invoice names; who sends it, as that is now."""
    head = letterhead()
    credit_note.seller_name, credit_note.seller_address = head.name, head.address
    credit_note.seller_tax_number = head.tax_number
    for name in ("client_name", "client_address", "patient_name", "location_id"):
        setattr(credit_note, name, getattr(invoice, name))


def _set_term(invoice: Invoice) -> None:
    if invoice.is_credit_note:
        invoice.due_date = invoice.issue_date
    elif invoice.due_date is None and invoice.issue_date is not None:
        invoice.due_date = invoice.issue_date + timedelta(days=letterhead().days_to_pay)
