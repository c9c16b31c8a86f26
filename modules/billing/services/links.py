"""The address of an invoice's pay page: whoever has it may pay, and sees this invoice and nothing else.

The token is the invoice's id and a signature over it, so it need not be kept; the salt names the tenant, so one of
another tenant does not fit.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, NotFound
from modules.billing.domain.states import Status
from modules.billing.models import Invoice
from modules.billing.services import telling
from tenancy import current_tenant
from tenancy.addresses import tenant_url


class LinkNotGood(NotFound):
    """The token is none of ours, or what is behind it is a draft that nobody is to see."""

    code = "pay-link-unknown"


class NotPayable(Conflict):
    """A draft, or paid already."""

    code = "not-payable"


class NoAddress(Conflict):
    """Nobody to send it to."""

    code = "no-address"


def pay_token(invoice: Invoice) -> str:
    return _signer().sign(urlsafe_b64encode(invoice.pk.bytes).decode().rstrip("="))


def pay_path(invoice: Invoice) -> str:
    return f"/pay/{pay_token(invoice)}/"


def pay_url(invoice: Invoice) -> str:
    """Return the whole address, for mails and paper."""
    return tenant_url(current_tenant(), pay_path(invoice))


def payment_link(*, invoice: Invoice) -> str:
    """Return the address for somebody who is to pay. Raises `NotPayable`."""
    if invoice.is_open_deposit:
        return pay_url(invoice)
    if not invoice.is_issued:
        raise NotPayable(_("Issue the invoice first: a draft is nothing to pay."))
    if invoice.is_credit_note or invoice.status == Status.CREDITED:
        raise NotPayable(_("%(number)s: it is credited. There is nothing to pay.") % {"number": invoice.number})
    if not invoice.is_payable:
        raise NotPayable(_("Invoice %(number)s is paid. There is nothing left to do.") % {"number": invoice.number})
    return pay_url(invoice)


@transaction.atomic
def send_again(*, invoice: Invoice, by: Any, at: datetime) -> None:
    """Mail the invoice with its pay link once more. Raises `NotPayable` or `NoAddress`."""
    payment_link(invoice=invoice)
    if not invoice.client.email:
        raise NoAddress(_("There is no e-mail address to send it to. Write one into the record first."))
    telling.about_invoice_again(invoice=invoice, at=at)
    audit.record(action="billing.invoice.sent_again", of=invoice, by=by, changes={"to": (None, invoice.client.email)})


def invoice_behind(token: str) -> Invoice:
    """Return the invoice that a token stands for: an issued one, or a deposit. Raises `LinkNotGood`."""
    try:
        invoice_id = UUID(bytes=urlsafe_b64decode(_signer().unsign(token) + "=="))
    except (BadSignature, ValueError):
        raise _not_good() from None
    invoice = Invoice.objects.for_display().filter(pk=invoice_id).first()
    if invoice is None or invoice.is_credit_note or not (invoice.is_issued or invoice.is_deposit):
        raise _not_good()
    return invoice


def _signer() -> Signer:
    return Signer(sep=".", salt=f"billing.pay:{current_tenant().schema_name}")


def _not_good() -> LinkNotGood:
    return LinkNotGood(_("This link leads to no invoice. Ask for a new one."))
