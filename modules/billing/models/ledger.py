"""The books: what happened to money, as debits and credits. Written once, never changed."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.posting import Account
from modules.billing.models.deposits import Deposit
from modules.billing.models.invoices import Invoice
from modules.billing.models.packages import PackagePurchase, UnitEntry
from modules.billing.models.payments import Payment
from modules.billing.models.settling import CreditUse, Refund, WriteOff
from modules.billing.models.tills import CashMove, TillSession

ACCOUNT_LABELS = {
    Account.RECEIVABLE: _("Owed by clients"),
    Account.CREDIT: _("Credit of clients"),
    Account.DEPOSITS: _("Deposits held"),
    Account.PACKAGES: _("Sessions still to be given"),
    Account.SALES: _("Sales"),
    Account.FEES: _("Fees kept"),
    Account.TAX: _("Tax"),
    Account.CASH: _("Cash"),
    Account.CARD: _("Card terminal"),
    Account.BANK: _("Bank"),
    Account.STRIPE: _("Card, online"),
    Account.PAID_BACK: _("Paid back"),
    Account.LOSSES: _("Written off"),
    Account.MOVED: _("Moved between invoices"),
    Account.PETTY: _("Petty cash"),
    Account.DIFFERENCES: _("Till differences"),
}


class Happening(models.TextChoices):
    """What an entry is about: one of the documents it points to."""

    ISSUED = "ISSUED", _("Invoice issued")
    CREDITED = "CREDITED", _("Credit note issued")
    PAID = "PAID", _("Payment received")
    KEPT = "KEPT", _("Deposit kept")
    RETURNED = "RETURNED", _("Deposit paid back")
    SESSION = "SESSION", _("Session of a package had")
    SESSION_BACK = "SESSION_BACK", _("Session of a package given back")
    PACKAGE_ENDED = "PACKAGE_END", _("Package called off")
    CREDIT_GIVEN = "CREDIT_GIVEN", _("Credit used for another invoice")
    CREDIT_TAKEN = "CREDIT_TAKEN", _("Paid with credit")
    REFUNDED = "REFUNDED", _("Money paid back")
    REFUND_BACK = "REFUND_BACK", _("Money paid back did not arrive")
    WRITTEN_OFF = "WRITTEN_OFF", _("Written off")
    CASH_IN = "CASH_IN", _("Paid into the till")
    CASH_OUT = "CASH_OUT", _("Paid out of the till")
    DIFFERENCE = "DIFFERENCE", _("Difference at the close of the till")


NAMED_BY = {
    Happening.ISSUED: "",  # by the invoice alone
    Happening.CREDITED: "",
    Happening.PAID: "payment",
    Happening.KEPT: "deposit",
    Happening.RETURNED: "deposit",
    Happening.SESSION: "session",
    Happening.SESSION_BACK: "session",
    Happening.PACKAGE_ENDED: "purchase",
    Happening.CREDIT_GIVEN: "credit_use",
    Happening.CREDIT_TAKEN: "credit_use",
    Happening.REFUNDED: "refund",
    Happening.REFUND_BACK: "refund",
    Happening.WRITTEN_OFF: "write_off",
    Happening.CASH_IN: "cash_move",
    Happening.CASH_OUT: "cash_move",
    Happening.DIFFERENCE: "till_session",
}
OF_TILL = (Happening.CASH_IN, Happening.CASH_OUT, Happening.DIFFERENCE)  # of no invoice


def _names_what_happened() -> Q:
    """Return that an entry names the one row that its kind is about, and no other; with an invoice, or of a till."""
    named = sorted(set(NAMED_BY.values()) - {""})
    either = Q()
    for kind, name in NAMED_BY.items():
        is_named = {f"{other}__isnull": other != name for other in named}
        either |= Q(kind=kind.value, invoice__isnull=kind in OF_TILL, **is_named)
    return either


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def visible_to(self, user: Any) -> LedgerEntryQuerySet:
        return narrow(self, user, "billing.view_ledger")

    def for_display(self) -> LedgerEntryQuerySet:
        """With the number of the invoice, and nobody's name."""
        rows = self.select_related("invoice", "cash_move").prefetch_related("lines")
        of_till = ("till_session", "cash_move__till_session")
        return rows.only("kind", "day", "entered_at", "invoice__number", "invoice__currency", *of_till)


class LedgerEntry(models.Model):
    """One happening. Its lines add up to nothing in each currency, which Postgres checks when they are committed.

    `day` is the day it counts for, in the tenant's calendar. Every entry names the document it is about: the
    invoice or the credit note that was issued, the invoice that was paid, the deposit's own, or the package's. What
    went in and out of a till beside that, and what was missing there, is about no invoice.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, choices=Happening)
    day = models.DateField()
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="ledger_entries")
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="ledger_entry")
    deposit = models.ForeignKey(Deposit, models.PROTECT, null=True, related_name="ledger_entries")
    session = models.OneToOneField(UnitEntry, models.PROTECT, null=True, related_name="ledger_entry")
    purchase = models.OneToOneField(PackagePurchase, models.PROTECT, null=True, related_name="ledger_entry")
    credit_use = models.ForeignKey(CreditUse, models.PROTECT, null=True, related_name="ledger_entries")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="ledger_entries")
    write_off = models.OneToOneField(WriteOff, models.PROTECT, null=True, related_name="ledger_entry")
    cash_move = models.OneToOneField(CashMove, models.PROTECT, null=True, related_name="ledger_entry")
    till_session = models.OneToOneField(TillSession, models.PROTECT, null=True, related_name="ledger_entry")
    entered_at = models.DateTimeField(db_default=Now())

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(kind=Happening.ISSUED.value) | Q(kind=Happening.CREDITED.value),
                name="ledger_has_an_issue_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "credit_use", "refund"],
                condition=Q(credit_use__isnull=False) | Q(refund__isnull=False),
                nulls_distinct=False,
                name="ledger_has_a_settling_once",
            ),
            models.CheckConstraint(condition=_names_what_happened(), name="ledger_entry_names_what_happened"),
        ]
        indexes = [models.Index(fields=["-day", "-id"], name="ledger_by_day")]

    @property
    def subject_id(self) -> Any:
        return self.invoice.patient_id if self.invoice else None

    @property
    def session_of_till(self) -> Any:
        """The id of the session of a till that it is about, if it is about one."""
        return self.cash_move.till_session_id if self.cash_move else self.till_session_id


class LedgerLine(models.Model):
    """A debit (above zero) or a credit (below it) on one account, in minor units of `currency`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    account = models.CharField(max_length=11, choices=[(each.value, label) for each, label in ACCOUNT_LABELS.items()])
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="ledger_line_in_its_place"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_line_of_something"),
        ]
        indexes = [models.Index(fields=["account", "currency"], name="ledger_line_of_account")]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def debit(self) -> Money | None:
        return self.amount if self.amount_minor > 0 else None

    @property
    def credit(self) -> Money | None:
        return -self.amount if self.amount_minor < 0 else None
