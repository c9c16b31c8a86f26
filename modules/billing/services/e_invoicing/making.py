"""Make the file of an issued document, in each format that the practice has turned on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.storage import read_file, store_file
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row
from modules.billing.documents.invoice import invoice_pdf
from modules.billing.domain.e_invoices import STANDS, Format, State, progressive
from modules.billing.einvoices import FORMATS
from modules.billing.einvoices.hybrid import FILE_NAME, declare_factur_x
from modules.billing.einvoices.port import Bill, EInvoiceLacks, MadeFile
from modules.billing.einvoices.reading import read
from modules.billing.events import EInvoiceMade
from modules.billing.models import EInvoice, EInvoiceCount, Invoice
from modules.billing.services.e_invoicing.addresses import address_of
from modules.billing.services.e_invoicing.copying import copy_details, is_for_business
from modules.billing.services.e_invoicing.rules import e_invoice_rules
from modules.billing.services.issuing import copy_names
from modules.billing.services.links import pay_url
from tenancy import current_tenant


class EInvoiceStands(Conflict):
    """There is a file already, and nobody has refused it; or the document is a draft."""

    code = "e-invoice-stands"


@transaction.atomic
def make_e_invoices(*, invoice_id: UUID, at: datetime) -> None:
    """Make what the practice makes of its documents. Of one that lacks something, write down what.

    Asked again, it does nothing.
    """
    invoice = lock_row(Invoice.objects.for_display(), invoice_id, no_key=True)
    rules = e_invoice_rules()
    if rules.only_businesses and not is_for_business(invoice):
        return
    there = set(EInvoice.objects.filter(invoice=invoice).values_list("format", flat=True))
    for each in rules.formats:
        if each not in there:
            try:
                _make(invoice, each, bill=read(invoice), by=None, at=at)
            except EInvoiceLacks as error:
                _note_lacking(invoice, each, error, at=at)


@transaction.atomic
def make_e_invoice(*, invoice: Invoice, wanted: Format, by: Any, at: datetime) -> EInvoice:
    """Make the file of a document now: of one that has none, or whose last one was refused.

    A new file goes where the client gets them today; what it says is what was issued. Raises `EInvoiceStands` or
    `EInvoiceLacks`.
    """
    locked = lock_row(Invoice.objects.for_display(), invoice.pk, no_key=True)
    if not locked.is_issued:
        raise EInvoiceStands(_("A draft has no electronic invoice."))
    before = EInvoice.objects.filter(invoice=locked, format=wanted)
    if before.filter(state__in=STANDS).exists():
        raise EInvoiceStands(_("There is one already, and nobody has refused it."))
    bill = read(locked)
    if before.filter(state=State.REJECTED).exists():
        address = address_of(locked.client_id)
        buyer = replace(bill.buyer, recipient_code=address.recipient_code, certified_email=address.certified_email)
        bill = replace(bill, buyer=buyer)
    return _make(locked, wanted, bill=bill, by=by, at=at)


def lacking_in_draft(draft: Invoice) -> dict[str, str]:
    """Return what an electronic invoice of this draft would lack if it were issued now. Nothing is written."""
    rules = e_invoice_rules()
    if not rules.formats or draft.is_issued:
        return {}
    draft = Invoice.objects.for_display().get(pk=draft.pk)
    copy_names(draft)
    copy_details(draft)
    if rules.only_businesses and not is_for_business(draft):
        return {}
    bill = read(draft)
    lacking: dict[str, str] = {}
    for each in rules.formats:
        lacking |= FORMATS[each].lacking(bill)
    return lacking


def _make(invoice: Invoice, wanted: Format, *, bill: Bill, by: Any, at: datetime) -> EInvoice:
    number = _counted()
    with translation.override(current_tenant().language):
        lacking = FORMATS[wanted].lacking(bill)
        if lacking:
            raise EInvoiceLacks(lacking)
        made = FORMATS[wanted].make(bill, progressive=number, paper=lambda xml: _paper(invoice, xml))
    row = EInvoice.objects.create(
        invoice=invoice,
        format=wanted.value,
        state=State.MADE.value,
        carrier=e_invoice_rules().carrier,
        progressive=number,
        name=made.name,
        file=store_file(name=made.name, content=made.content, media_type=made.media_type, kind="e-invoices"),
        digest=hashlib.sha256(made.content).hexdigest(),
        made_at=at,
    )
    changes = audit.created(row, ["format", "name", "digest"])
    audit.record(action="billing.einvoice.made", of=row, by=by, changes=changes)
    publish(EInvoiceMade(e_invoice_id=row.pk))
    return row


def _counted() -> str:
    """Return the next progressive. Whoever takes it holds the count until they have committed."""
    EInvoiceCount.objects.get_or_create(pk=1)
    count = EInvoiceCount.objects.select_for_update().get(pk=1)
    count.last += 1
    count.save(update_fields=["last"])
    return progressive(count.last)


def _note_lacking(invoice: Invoice, wanted: Format, error: EInvoiceLacks, *, at: datetime) -> None:
    row = EInvoice.objects.create(
        invoice=invoice,
        format=wanted.value,
        state=State.LACKING.value,
        carrier=e_invoice_rules().carrier,
        lacking=str(error)[:1000],
        made_at=at,
    )
    audit.record(action="billing.einvoice.lacking", of=row, by=None, changes=audit.created(row, ["format", "lacking"]))


def _paper(invoice: Invoice, xml: bytes) -> bytes:
    pdf = invoice_pdf(invoice, pay_url=pay_url(invoice), attached=(FILE_NAME, xml))
    return declare_factur_x(pdf)


def file_of(row: EInvoice) -> MadeFile:
    """Return the file as it is stored."""
    if row.file is None:
        raise EInvoiceStands(_("There is no file."))
    return MadeFile(name=row.name, content=read_file(row.file), media_type=row.file.media_type)
