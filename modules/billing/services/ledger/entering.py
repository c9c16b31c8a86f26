"""Enter what happens, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from modules.billing.domain import posting
from modules.billing.domain.posting import Posting
from modules.billing.models import (
    CreditUse,
    Deposit,
    EntryKind,
    Happening,
    Invoice,
    LedgerEntry,
    LedgerLine,
    PackagePurchase,
    Payment,
    Refund,
    UnitEntry,
    WriteOff,
)
from modules.billing.services.ledger.postings import (
    had_at_the_end,
    parts_of_deposit,
    postings_of_credit_use,
    postings_of_document,
    postings_of_package_end,
    postings_of_payment,
    postings_of_refund,
    postings_of_session,
)
from tenancy import current_tenant


def enter_issue(*, document: Invoice, balance: int = 0) -> None:
    """Enter an invoice that is issued now, with sessions of its packages that were had before; or a credit note.

    `balance`: what was owed before, in minor units, on the invoice that the credit note corrects.
    """
    if document.issue_date is None:
        raise ValueError("Only an issued invoice is in the books.")
    kind = Happening.CREDITED if document.is_credit_note else Happening.ISSUED
    _enter(kind, document, document.issue_date, postings_of_document(document, balance=balance))
    for entry in sessions_to_enter().filter(unit__purchase__line__invoice=document).order_by("pk"):
        enter_session(entry=entry)


def enter_payment(*, payment: Payment, balance: int) -> None:
    """Enter a payment on an invoice that had this balance before, in minor units."""
    postings = postings_of_payment(payment, balance=balance)
    _enter(Happening.PAID, payment.invoice, _day(payment.received_at), postings, payment=payment)


def enter_credit_given(*, use: CreditUse, balance: int) -> None:
    postings = postings_of_credit_use(use, of=use.source, balance=balance)
    _enter(Happening.CREDIT_GIVEN, use.source, _day(use.at), postings, credit_use=use)


def enter_credit_taken(*, use: CreditUse, balance: int) -> None:
    postings = postings_of_credit_use(use, of=use.target, balance=balance)
    _enter(Happening.CREDIT_TAKEN, use.target, _day(use.at), postings, credit_use=use)


def enter_refund(*, refund: Refund, balance: int) -> None:
    """Enter money that goes back, from the moment in which that is asked for."""
    postings = postings_of_refund(refund, balance=balance, is_back=False)
    _enter(Happening.REFUNDED, refund.invoice, _day(refund.at), postings, refund=refund)


def enter_refund_back(*, refund: Refund, balance: int) -> None:
    """Enter that money which went back did not arrive."""
    if refund.finished_at is None:
        raise ValueError("Only a refund that has failed comes back.")
    postings = postings_of_refund(refund, balance=balance, is_back=True)
    _enter(Happening.REFUND_BACK, refund.invoice, _day(refund.finished_at), postings, refund=refund)


def enter_write_off(*, write_off: WriteOff, balance: int) -> None:
    postings = posting.for_write_off(write_off.amount_minor, balance=balance)
    _enter(Happening.WRITTEN_OFF, write_off.invoice, _day(write_off.at), postings, write_off=write_off)


def enter_deposit(*, deposit: Deposit, kept: int, returned: int, at: datetime) -> None:
    """Enter how much of a deposit was kept and paid back just now, in minor units. Its own columns say so already."""
    start = deposit.used_minor + deposit.kept_minor + deposit.returned_minor - kept - returned
    shares = (
        (Happening.KEPT, posting.for_kept(parts_of_deposit(deposit, start=start, size=kept))),
        (Happening.RETURNED, posting.for_returned(parts_of_deposit(deposit, start=start + kept, size=returned))),
    )
    for kind, postings in shares:
        if postings:
            _enter(kind, deposit.invoice, _day(at), postings, deposit=deposit)


def enter_session(*, entry: UnitEntry) -> None:
    """Enter a session that was had or is given back, once its package is billed. A booking is not in the books."""
    invoice = entry.unit.purchase.line.invoice
    if invoice.is_issued and sessions_to_enter().filter(pk=entry.pk).exists():
        kind = Happening.SESSION if entry.kind == EntryKind.USED else Happening.SESSION_BACK
        _enter(kind, invoice, _day(entry.at), postings_of_session(entry), session=entry)


def enter_package_end(*, purchase: PackagePurchase) -> None:
    """Enter that a package is called off of which sessions were had. One that was credited as a whole is not here."""
    if purchase.ended_at is None:
        raise ValueError("Only a package that is called off has an end.")
    postings = postings_of_package_end(purchase)
    _enter(Happening.PACKAGE_ENDED, purchase.line.invoice, _day(purchase.ended_at), postings, purchase=purchase)


def package_ends_to_enter() -> models.QuerySet[PackagePurchase]:
    """Return the packages that were called off, of which sessions were had, and whose end is not in the books."""
    had = had_at_the_end().filter(unit__purchase=models.OuterRef("pk"))
    rows = PackagePurchase.objects.filter(models.Exists(had), ledger_entry=None)
    return rows.select_related("line__invoice").order_by("ended_at", "pk")


def sessions_to_enter() -> Any:
    """Return what became of sessions and is not in the books: that one was had, or after that given back."""
    before = UnitEntry.objects.filter(unit=models.OuterRef("unit"), pk__lt=models.OuterRef("pk")).order_by("-pk")
    rows = UnitEntry.objects.annotate(before=models.Subquery(before.values("kind")[:1])).filter(ledger_entry=None)
    had = models.Q(kind=EntryKind.USED) | models.Q(kind=EntryKind.GIVEN_BACK, before=EntryKind.USED)
    return rows.filter(had).select_related("unit__purchase__line__invoice")


def enter_of_till(*, kind: Happening, at: datetime, postings: Sequence[Posting], currency: str, **of: Any) -> None:
    """Enter what is about a till, and about no invoice."""
    _write_lines(LedgerEntry.objects.create(kind=kind, day=_day(at), **of), postings, currency)


def _enter(kind: Happening, invoice: Invoice, day: date, postings: Sequence[Posting], **of: Any) -> None:
    entry = LedgerEntry.objects.create(kind=kind, invoice=invoice, day=day, **of)
    _write_lines(entry, postings, invoice.currency)


def _write_lines(entry: LedgerEntry, postings: Sequence[Posting], currency: str) -> None:
    LedgerLine.objects.bulk_create(
        LedgerLine(
            entry=entry,
            position=position,
            account=each.account.value,
            amount_minor=each.minor,
            currency=currency,
            tax_rate=each.tax_rate,
        )
        for position, each in enumerate(postings, start=1)
    )


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(current_tenant().time_zone)).date()
