"""Who may see and do what with an invoice."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rules.predicates import predicate

from access.permissions import anything
from modules.billing.models import CreditUse, Invoice, InvoiceLine
from modules.billing.models.invoices import of_services_of, open_to
from modules.crm import public as crm


@predicate
def is_for_their_service(user: Any, invoice: Any) -> bool:
    return InvoiceLine.objects.filter(of_services_of(user.pk), invoice=invoice.corrects_id or invoice.pk).exists()


@predicate
def is_theirs(user: Any, invoice: Any) -> bool:
    """A bill to them, or one of whom they pay for, from the day on which they do; or the file of such a bill."""
    invoice = getattr(invoice, "invoice", invoice)
    is_to_them = invoice.client.user_id is not None and invoice.client.user_id == user.pk
    return invoice.is_issued and (is_to_them or Invoice.objects.filter(open_to(user.pk), pk=invoice.pk).exists())


@predicate
def was_paid_by_them(user: Any, payment: Any) -> bool:
    """A payment on a bill of theirs, or whatever else moved its money."""
    return is_theirs.test(user, payment.target if isinstance(payment, CreditUse) else payment.invoice)


@predicate
def is_of_their_patient(user: Any, purchase: Any) -> bool:
    return user.has_perm("crm.view_patient", purchase.patient)


@predicate
def is_of_whom_they_answer_for(user: Any, purchase: Any) -> bool:
    return crm.is_answered_for_by(user, purchase.patient)


PERMISSIONS = {
    "billing.view_invoice": {"all": anything, "care": is_for_their_service, "self": is_theirs},
    "billing.view_document": {"all": anything, "self": is_theirs},
    "billing.write_invoice": {"all": anything},
    "billing.credit_invoice": {"all": anything},
    "billing.view_payment": {"all": anything, "self": was_paid_by_them},
    "billing.take_payment": {"all": anything},
    "billing.till": {"all": anything},
    "billing.refund": {"all": anything},
    "billing.write_off": {"all": anything},
    "billing.bank": {"all": anything},
    "billing.ask_for_payment": {"all": anything, "self": is_theirs},
    "billing.view_package": {"all": anything, "care": is_of_their_patient, "self": is_of_whom_they_answer_for},
    "billing.sell_package": {"all": anything},
    "billing.view_ledger": {"all": anything},
    "billing.manage": {"all": anything},
    "billing.set_discount_limits": {"all": anything},
}

WORDS = {
    "billing.view_invoice": _("See invoices"),
    "billing.view_document": _("Open the PDF of an invoice"),
    "billing.write_invoice": _("Draw up, send and void invoices"),
    "billing.credit_invoice": _("Credit issued invoices"),
    "billing.view_payment": _("See payments"),
    "billing.take_payment": _("Take payments"),
    "billing.till": _("Open, count and close tills, and put cash in and out"),
    "billing.refund": _("Pay money back, and take back payments that were none"),
    "billing.write_off": _("Give up what is owed"),
    "billing.bank": _("See what the bank says came and went, and say what it was"),
    "billing.ask_for_payment": _("Pay, or ask for payment, by link"),
    "billing.view_package": _("See packages that were bought, and what is left of them"),
    "billing.sell_package": _("Sell packages"),
    "billing.view_ledger": _("See the books and the reports, and take them to the accountant"),
    "billing.manage": _("Set the letterhead, payment by card, and the packages on offer"),
    "billing.set_discount_limits": _("Say how much discount each role may give"),
}
