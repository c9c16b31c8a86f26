"""Take money in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.money import Money
from modules.billing.domain.states import Method, Status
from modules.billing.events import InvoicePaid, PaymentReceived
from modules.billing.models import Invoice, Payment, TillSession
from modules.billing.services import telling
from modules.billing.services.deposits import place_deposit
from modules.billing.services.issuing import issue
from modules.billing.services.ledger import enter_payment
from modules.billing.services.tills.taking import pass_through
from tenancy import current_tenant


class TooMuch(Invalid):
    """More than is owed. What was really taken by the gateway is written down all the same."""

    code = "too-much"


class NotAPayment(Invalid):
    """Nothing, or less than nothing, or of another currency."""

    code = "payment-invalid"


class NothingToPay(Conflict):
    """The invoice is paid, discarded or credited."""

    code = "nothing-to-pay"


@transaction.atomic
def record_payment(
    *,
    invoice: Invoice,
    amount: Money,
    method: Method,
    by: Any,
    at: datetime,
    reference: str = "",
    receipt: UUID | None = None,
    beyond: bool = False,
    till_session_id: UUID | None = None,
) -> Payment:
    """Write down what somebody paid at the desk or into the bank. A draft is issued first, in the same breath.

    `reference` is what the terminal's slip or the bank calls it; payments of one `receipt` are one sum of money. What
    came by bank `beyond` what is owed can be kept as the client's credit: it is there. Cash goes through the open
    session of a till, if one is named.

    Raises `NotAPayment`, `NothingToPay` or `TooMuch`, and what `issue_invoice` and `pass_through` raise.
    """
    _check_amount(amount, invoice, method)
    locked = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    _check_whole(amount, locked)
    locked = issue(locked=locked, by=by, at=at)
    if not locked.is_payable:
        raise NothingToPay(_nothing_to_pay(locked))
    if amount > locked.to_pay and not (beyond and method is Method.BANK_TRANSFER):
        locale = current_tenant().language
        sentence = _("%(amount)s is more than the %(owed)s that are left to pay. Nothing was taken.") % {
            "amount": amount.shown(locale),
            "owed": locked.to_pay.shown(locale),
        }
        raise TooMuch(sentence, fields={"amount": [sentence]})
    session = pass_through(session_id=till_session_id, method=method, currency=amount.currency)
    return write_payment(
        invoice=locked,
        amount=amount,
        method=method,
        by=by,
        at=at,
        reference=reference.strip(),
        receipt=receipt,
        till_session=session,
    )


def write_payment(
    *,
    invoice: Invoice,
    amount: Money,
    method: Method,
    by: Any,
    at: datetime,
    gateway_reference: str = "",
    reference: str = "",
    receipt: UUID | None = None,
    till_session: TillSession | None = None,
) -> Payment:
    """Write a payment on a locked invoice, and take the invoice on to where it now stands."""
    payment = Payment.objects.create(
        invoice=invoice,
        amount_minor=amount.minor,
        currency=amount.currency,
        method=method.value,
        gateway_reference=gateway_reference,
        reference=reference,
        receipt=receipt,
        till_session=till_session,
        received_at=at,
        by_id=getattr(by, "pk", None),
        by_name=str(by) if by is not None else "",
    )
    enter_payment(payment=payment, balance=invoice.balance_minor)
    _move_on(invoice, payment, by=by)
    if invoice.status == Status.PAID and invoice.is_deposit:
        place_deposit(invoice=invoice, at=at)
    telling.about_payment(payment=payment, at=at)
    return payment


def _move_on(invoice: Invoice, payment: Payment, *, by: Any) -> None:
    before = (invoice.status, invoice.paid_minor)
    invoice.refresh_from_db(fields=["paid_minor"])  # the trigger has counted it
    if invoice.status != Status.CREDITED:  # what comes in all the same is kept, and shown as too much
        invoice.status = invoice.status_by_money.value
    invoice.save(update_fields=["status"])
    audit.record(
        action="billing.payment.received",
        of=invoice,
        by=by,
        changes={
            "status": (before[0], invoice.status),
            "paid_minor": (before[1], invoice.paid_minor),
            "payment_id": (None, payment.pk),
            "method": (None, payment.method),
        },
    )
    publish(PaymentReceived(invoice_id=invoice.pk, payment_id=payment.pk))
    if invoice.status == Status.PAID:
        publish(InvoicePaid(invoice_id=invoice.pk))


def _nothing_to_pay(invoice: Invoice) -> str:
    if invoice.is_credit_note:
        return _("%(number)s is a credit note. Nothing was taken.") % {"number": invoice.number}
    if invoice.status == Status.CREDITED:
        return _("Invoice %(number)s is credited. Nothing was taken.") % {"number": invoice.number}
    return _("Invoice %(number)s is paid. Nothing was taken.") % {"number": invoice.number}


def _check_whole(amount: Money, invoice: Invoice) -> None:
    """A visit is certain once its deposit is paid, and that is the whole of it."""
    if invoice.is_open_deposit and amount < invoice.gross:
        sentence = _("A deposit is paid as a whole: %(amount)s.") % {
            "amount": invoice.gross.shown(current_tenant().language)
        }
        raise NotAPayment(sentence, fields={"amount": [sentence]})


def _check_amount(amount: Money, invoice: Invoice, method: Method) -> None:
    if amount.minor <= 0:
        sentence = _("A payment is more than nothing.")
        raise NotAPayment(sentence, fields={"amount": [sentence]})
    if amount.currency != invoice.currency:
        sentence = _("This invoice is in %(currency)s.") % {"currency": invoice.currency}
        raise NotAPayment(sentence, fields={"amount": [sentence]})
    if method is Method.STRIPE:
        sentence = _("Online payments come in by themselves.")
        raise NotAPayment(sentence, fields={"payment_method": [sentence]})
