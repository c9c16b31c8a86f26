"""What the rows of billing are in the books: asked when they are written, and when the books are checked."""

from __future__ import annotations

from modules.billing.domain import posting
from modules.billing.domain.deposits import part_of
from modules.billing.domain.posting import Account, Billed, Posting
from modules.billing.domain.states import Method
from modules.billing.domain.sums import Amounts, TaxOfRate, shared_out
from modules.billing.models import Deposit, EntryKind, Invoice, InvoiceLine, PackagePurchase, Payment, UnitEntry


def postings_of_invoice(invoice: Invoice) -> tuple[Posting, ...]:
    is_deposit = invoice.is_deposit
    sold = set(PackagePurchase.objects.filter(line__invoice=invoice).values_list("line", flat=True))
    return posting.for_invoice(
        Billed(
            Account.DEPOSITS
            if is_deposit or line.deposit_id
            else Account.PACKAGES
            if line.pk in sold
            else Account.SALES,
            Amounts(line.net, line.tax, line.gross),
            line.tax_rate,
        )
        for line in InvoiceLine.objects.filter(invoice=invoice)
    )


def postings_of_payment(payment: Payment, *, owed: int) -> tuple[Posting, ...]:
    return posting.for_payment(Method(payment.method), payment.amount_minor, owed=owed)


def postings_of_session(entry: UnitEntry) -> tuple[Posting, ...]:
    """Return a session's share of what its package was billed at. The shares of all of them are the whole."""
    unit = entry.unit
    line, before = unit.purchase.line, unit.purchase.units.filter(pk__lt=unit.pk).count()
    value = shared_out(line.net_minor, [1] * unit.purchase.bought)[before]
    return posting.for_session(value if entry.kind == EntryKind.USED else -value, line.tax_rate)


def parts_of_deposit(deposit: Deposit, *, start: int, size: int) -> list[TaxOfRate]:
    """Return so much of what was paid on a deposit, with its tax, after the first `start` minor units of it."""
    lines = InvoiceLine.objects.filter(invoice=deposit.invoice_id)
    paid = [TaxOfRate(line.tax_rate, Amounts(line.net, line.tax, line.gross)) for line in lines]
    return list(part_of(paid, start=start, size=size))
