"""What a client was billed and paid between two days, and what stood open: the client's side of the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.money import Money
from modules.billing.domain.posting import OF_CLIENT
from modules.billing.domain.reports import Days
from modules.billing.models import Happening, Invoice, InvoiceQuerySet, LedgerEntry, LedgerLine
from tenancy import current_tenant

# What changes what a client owes. Sessions that are had, and deposits that are kept or returned, change other accounts.
TOLD = (
    Happening.ISSUED,
    Happening.CREDITED,
    Happening.PAID,
    Happening.CREDIT_GIVEN,
    Happening.CREDIT_TAKEN,
    Happening.REFUNDED,
    Happening.REFUND_BACK,
    Happening.WRITTEN_OFF,
)
THEIRS = tuple(account.value for account in OF_CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Something that changed what a client owes: above nothing more, below it less. `balance` is what it left."""

    day: date
    kind: str
    what: str
    number: str
    invoice_id: UUID
    change: Money
    balance: Money

    @property
    def charged(self) -> Money | None:
        return self.change if self.change.minor >= 0 else None

    @property
    def settled(self) -> Money | None:
        return -self.change if self.change.minor < 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An invoice that was not settled on the last day: below nothing, so much too much was paid on it."""

    invoice_id: UUID
    number: str
    issued_on: date
    due_on: date
    balance: Money
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A client's account in one currency. What it opened with and the changes are what it closes with."""

    opening: Money
    movements: list[Movement]
    closing: Money
    open_items: list[OpenItem]

    @property
    def currency(self) -> str:
        return self.opening.currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    days: Days
    accounts: list[Account]


def of_client(user: Any, client_id: UUID) -> InvoiceQuerySet:
    """Return what somebody sees of the documents that were issued to a client."""
    return Invoice.objects.visible_to(user).filter(client=client_id, issued_at__isnull=False)


def usual_days(*, on: date) -> Days:
    """Return this year until a day."""
    return Days(on.replace(month=1, day=1), on)


def statement_of(invoices: InvoiceQuerySet, days: Days) -> Statement:
    """Return the statement over these documents, an account for each currency; with none, an empty one."""
    before = _sums(invoices, entry__day__lt=days.since)
    moves = {
        currency: list(each) for currency, each in groupby(_entries(invoices, days), key=attrgetter("invoice.currency"))
    }
    unsettled = {
        currency: list(each)
        for currency, each in groupby(_open_items(invoices, days), key=attrgetter("balance.currency"))
    }
    accounts = [
        _account(Money(before.get(currency, 0), currency), moves.get(currency, []), unsettled.get(currency, []))
        for currency in sorted({*before, *moves, *unsettled} or {current_tenant().currency})
    ]
    return Statement(days=days, accounts=accounts)


def note_stated(invoices: InvoiceQuerySet, *, by: Any) -> None:
    """Write into the audit log whose invoices a statement told of."""
    subjects = invoices.order_by().values_list("patient", flat=True).distinct()
    audit.listed(what=Invoice, subjects=subjects, by=by, how="stated")


def _sums(invoices: InvoiceQuerySet, **narrowed: Any) -> dict[str, int]:
    lines = LedgerLine.objects.filter(entry__invoice__in=invoices.order_by(), account__in=THEIRS, **narrowed)
    return dict(lines.values_list("currency").annotate(sum=Sum("amount_minor")).order_by())


def _entries(invoices: InvoiceQuerySet, days: Days) -> list[Any]:
    """Return what is in the books in these days, by currency, the earliest first."""
    rows = LedgerEntry.objects.filter(
        invoice__in=invoices.order_by(), kind__in=TOLD, day__range=(days.since, days.until)
    )
    change = Coalesce(Sum("lines__amount_minor", filter=Q(lines__account__in=THEIRS)), 0)
    further = ("invoice__corrects", "payment", "refund", "write_off", "credit_use__source", "credit_use__target")
    found = rows.annotate(change=change).select_related(*further).order_by("invoice__currency", "day", "pk")
    return list(found)


def _account(opening: Money, entries: list[Any], open_items: list[OpenItem]) -> Account:
    changes = [Money(int(entry.change), opening.currency) for entry in entries]
    balances = list(accumulate(changes, initial=opening))
    movements = [
        Movement(
            day=entry.day,
            kind=entry.kind,
            what=_words(entry),
            number=str(entry.invoice.number),
            invoice_id=entry.invoice_id,
            change=change,
            balance=balance,
        )
        for entry, change, balance in zip(entries, changes, balances[1:], strict=True)
    ]
    return Account(opening=opening, movements=movements, closing=balances[-1], open_items=open_items)


def _words(entry: LedgerEntry) -> str:
    """Return what happened, as a client reads it."""
    match entry:
        case LedgerEntry(kind=Happening.ISSUED):
            return _("Invoice")
        case LedgerEntry(kind=Happening.CREDITED, invoice=Invoice(corrects=corrects)):
            return _("Credit note for %(number)s") % {"number": corrects}
        case LedgerEntry(payment=payment) if payment is not None:
            words = _("Payment, %(method)s") % {"method": payment.get_method_display()}
            return f"{words}, {payment.reference}" if payment.reference else words
        case LedgerEntry(kind=Happening.CREDIT_GIVEN, credit_use=use) if use is not None:
            return _("Credit used for %(number)s") % {"number": use.target}
        case LedgerEntry(credit_use=use) if use is not None:
            return _("Credit of %(number)s") % {"number": use.source}
        case LedgerEntry(kind=Happening.REFUNDED, refund=refund) if refund is not None:
            return f"{refund.get_kind_display()}, {refund.get_method_display()}"
        case LedgerEntry(write_off=write_off) if write_off is not None and write_off.amount_minor < 0:
            return _("Asked for after all")
        case LedgerEntry(kind=Happening.WRITTEN_OFF):
            return _("Not asked for any more")
    return str(entry.get_kind_display())


def _open_items(invoices: InvoiceQuerySet, days: Days) -> Iterator[OpenItem]:
    """Yield what was not settled when these days ended, by currency, what is due first to the front."""
    lines = LedgerLine.objects.filter(
        entry__invoice__in=invoices.order_by(), entry__day__lte=days.until, account__in=THEIRS
    )
    of = Coalesce("entry__invoice__corrects", "entry__invoice")
    sums = dict(lines.values_list(of).annotate(sum=Sum("amount_minor")).order_by().exclude(sum=0))
    rows: Iterable[Invoice] = Invoice.objects.filter(pk__in=sums).order_by("currency", "due_date", "issued_at", "pk")
    for invoice in rows:
        issued_on, due_on = invoice.issue_date or days.until, invoice.due_date or days.until
        yield OpenItem(
            invoice_id=invoice.pk,
            number=str(invoice.number),
            issued_on=issued_on,
            due_on=due_on,
            balance=Money(int(sums[invoice.pk]), invoice.currency),
            is_late=sums[invoice.pk] > 0 and due_on + timedelta(days=1) <= days.until,
        )
