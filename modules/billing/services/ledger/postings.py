"""What the rows of billing are in the books: asked when they are written, and when the books are checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from kernel.money import Money
from modules.billing.domain import posting
from modules.billing.domain.deposits import part_of
from modules.billing.domain.posting import OF_CLIENT, Account, Billed, Posting
from modules.billing.domain.states import Method
from modules.billing.domain.sums import Amounts, TaxOfRate, shared_out
from modules.billing.models import (
    CreditUse,
    Deposit,
    EntryKind,
    Happening,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    LedgerLine,
    PackagePurchase,
    Payment,
    Refund,
    UnitEntry,
    WriteOff,
)


def postings_of(entry: LedgerEntry, *, balance: int) -> tuple[Posting, ...]:
    """Return what an entry should say, going by the row that it names."""
    match entry:
        case LedgerEntry(payment=Payment() as payment):
            return postings_of_payment(payment, balance=balance)
        case LedgerEntry(credit_use=CreditUse() as use, invoice=Invoice() as of):
            return postings_of_credit_use(use, of=of, balance=balance)
        case LedgerEntry(refund=Refund() as refund):
            return postings_of_refund(refund, balance=balance, is_back=entry.kind == Happening.REFUND_BACK)
        case LedgerEntry(write_off=WriteOff() as write_off):
            return posting.for_write_off(write_off.amount_minor, balance=balance)
        case LedgerEntry(invoice=Invoice() as document):
            return postings_of_document(document, balance=balance)
    raise ValueError("This entry is about no invoice.")


def postings_of_document(document: Invoice, *, balance: int) -> tuple[Posting, ...]:
    """Return what an invoice is, or a credit note on one with that balance."""
    lines = InvoiceLine.objects.filter(invoice=document).select_related("corrects_line")
    if document.corrects is None:
        sold = set(_packages_on(document).values_list("line", flat=True))
        return posting.for_invoice(_billed(lines, is_deposit=document.is_deposit, sold=sold))
    had = had_at_the_end().filter(unit__purchase=OuterRef("pk"))
    unused = set(_packages_on(document.corrects).filter(~Exists(had)).values_list("line", flat=True))
    credited = _credited(lines, is_deposit=document.corrects.is_deposit, unused=unused)
    return posting.for_credit(credited, balance=balance)


def postings_of_payment(payment: Payment, *, balance: int) -> tuple[Posting, ...]:
    return posting.for_payment(Method(payment.method), payment.amount_minor, balance=balance)


def postings_of_credit_use(use: CreditUse, *, of: Invoice, balance: int) -> tuple[Posting, ...]:
    """Return what using credit is for one of the two invoices."""
    is_source = use.source_id == of.pk
    return (posting.for_credit_given if is_source else posting.for_credit_taken)(use.amount_minor, balance=balance)


def postings_of_refund(refund: Refund, *, balance: int, is_back: bool) -> tuple[Posting, ...]:
    """Return what money that is paid back is, or that it came back."""
    minor = -refund.amount_minor if is_back else refund.amount_minor
    return posting.for_refund(Method(refund.method), minor, balance=balance)


def postings_of_session(entry: UnitEntry) -> tuple[Posting, ...]:
    """Return a session's share of what its package was billed at. The shares of all of them are the whole."""
    unit = entry.unit
    line, before = unit.purchase.line, unit.purchase.units.filter(pk__lt=unit.pk).count()
    value = shared_out(line.net_minor, [1] * unit.purchase.bought)[before]
    return posting.for_session(value if entry.kind == EntryKind.USED else -value, line.tax_rate)


def postings_of_package_end(purchase: PackagePurchase) -> tuple[Posting, ...]:
    """Return what it is to call a package off of which sessions were had: the others are no debt of the practice now.

    Their price is credited as a reduction of what was earned; so that it is taken back once, it is earned here.
    """
    shares = shared_out(purchase.line.net_minor, [1] * purchase.bought)
    had = set(had_at_the_end().filter(unit__purchase=purchase).values_list("unit", flat=True))
    units = purchase.units.order_by("pk").values_list("pk", flat=True)
    rest = sum(share for share, unit in zip(shares, units, strict=True) if unit not in had)
    return posting.for_session(rest, purchase.line.tax_rate)


def had_at_the_end() -> QuerySet[UnitEntry]:
    """Return the entries by which sessions of packages were used when these were called off, and not given back."""
    until = {"at__lte": OuterRef("unit__purchase__ended_at")}
    later = UnitEntry.objects.filter(unit=OuterRef("unit"), pk__gt=OuterRef("pk"), **until)
    return UnitEntry.objects.filter(~Exists(later), kind=EntryKind.USED, at__lte=F("unit__purchase__ended_at"))


def parts_of_deposit(deposit: Deposit, *, start: int, size: int) -> list[TaxOfRate]:
    """Return so much of what was paid on a deposit, with its tax, after the first `start` minor units of it."""
    lines = InvoiceLine.objects.filter(invoice=deposit.invoice_id)
    paid = [TaxOfRate(line.tax_rate, _amounts(line)) for line in lines]
    return list(part_of(paid, start=start, size=size))


def balance_by_books(invoice: Invoice) -> int:
    """Return what is owed on an invoice by what is in the books, in minor units; below zero, what is paid too much."""
    whose = Q(entry__invoice=invoice) | Q(entry__invoice__corrects=invoice)
    lines = LedgerLine.objects.filter(whose, account__in=OF_CLIENT)
    return lines.aggregate(sum=Sum("amount_minor"))["sum"] or 0


def _packages_on(invoice: Invoice) -> QuerySet[PackagePurchase]:
    return PackagePurchase.objects.filter(line__invoice=invoice)


def _billed(lines: Iterable[InvoiceLine], *, is_deposit: bool, sold: set[UUID]) -> Iterator[Billed]:
    for line in lines:
        account = Account.PACKAGES if line.pk in sold else _account_of(line, is_deposit=is_deposit)
        yield Billed(account, _amounts(line), line.tax_rate)


def _credited(lines: Iterable[InvoiceLine], *, is_deposit: bool, unused: set[UUID]) -> Iterator[Billed]:
    """Yield what a credit note takes back. Part of the price of a package is a reduction of what its sessions earn.

    With the last part of an `unused` one it is called off: nobody is owed its sessions any more, and nothing was
    earned. One of which sessions were had is called off by an entry of its own (`postings_of_package_end`).
    """
    for line in lines:
        of = line.corrects_line
        if of is None:
            raise ValueError("A line of a credit note is of a line of its invoice.")
        if of.pk not in unused:
            yield Billed(_account_of(of, is_deposit=is_deposit), _amounts(line), line.tax_rate)
        elif _is_the_rest(line, of):
            called_off = Amounts(of.net, line.tax, of.net + line.tax)
            reduced_before = Amounts(line.net - of.net, Money.zero(line.currency), line.net - of.net)
            yield Billed(Account.PACKAGES, called_off, line.tax_rate)
            yield Billed(Account.SALES, reduced_before, line.tax_rate)
        else:
            yield Billed(Account.SALES, _amounts(line), line.tax_rate)


def _is_the_rest(line: InvoiceLine, of: InvoiceLine) -> bool:
    until = of.credits.filter(pk__lte=line.pk, invoice__issued_at__isnull=False)
    return (until.aggregate(sum=Sum("gross_minor"))["sum"] or 0) == of.gross_minor


def _account_of(line: InvoiceLine, *, is_deposit: bool) -> Account:
    return Account.DEPOSITS if is_deposit or line.deposit_id else Account.SALES


def _amounts(line: InvoiceLine) -> Amounts:
    return Amounts(line.net, line.tax, line.gross)
