"""Go through the books and say where they do not say what the documents do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from django.db.models import Q

from modules.billing.domain.posting import OF_CLIENT, Posting
from modules.billing.models import Happening, Invoice, LedgerEntry, TillSession
from modules.billing.services.ledger.catching_up import ISSUES, deposits_to_enter, invoices_to_enter, payments_to_enter
from modules.billing.services.ledger.drawers import differences_to_enter, entries_of_tills, moves_to_enter
from modules.billing.services.ledger.entering import package_ends_to_enter, sessions_to_enter
from modules.billing.services.ledger.postings import (
    balance_by_books,
    postings_of,
    postings_of_package_end,
    postings_of_session,
)
from modules.billing.services.ledger.settlings import SETTLINGS, settlings_to_enter

CHUNK = 500
OF_BALANCE = (*ISSUES, Happening.PAID, *SETTLINGS)


def check_books() -> Iterator[str]:
    """Yield a sentence for each thing that is missing or wrong: entries are made anew from the documents."""
    yield from _missing()
    invoices = Invoice.objects.filter(issued_at__isnull=False, corrects=None).order_by("issued_at", "pk")
    for invoice in invoices.iterator(CHUNK):
        yield from _wrong_in(invoice)
    for entry in LedgerEntry.objects.exclude(purchase=None).select_related("purchase__line", "invoice").iterator(CHUNK):
        if entry.purchase is not None and _differs(entry, postings_of_package_end(entry.purchase)):
            yield f"Invoice {entry.invoice}: the end of its package is entered at another value."
    for entry in LedgerEntry.objects.exclude(session=None).select_related("session", "invoice").iterator(CHUNK):
        if entry.session is not None and _differs(entry, postings_of_session(entry.session)):
            yield f"Invoice {entry.invoice}: a session of its package is entered at another value."
    yield from _wrong_in_tills()


def _missing() -> Iterator[str]:
    for invoice in invoices_to_enter().iterator(CHUNK):
        yield f"Invoice {invoice} is not in the books."
    for payment in payments_to_enter().iterator(CHUNK):
        yield f"A payment on invoice {payment.invoice} is not in the books."
    for settling in settlings_to_enter(CHUNK):
        yield f"{settling.of.title}: {settling.kind.label} {settling.row.amount} is not in the books."
    for move in moves_to_enter().iterator(CHUNK):
        yield f"{move.get_kind_display()} {move.amount} of {move.at} is not in the books."
    for session in differences_to_enter().select_related("till__location").iterator(CHUNK):
        yield f"The difference of {session}, closed on {session.closed_at}, is not in the books."
    for deposit in deposits_to_enter().iterator(CHUNK):
        yield f"What became of the deposit of invoice {deposit.invoice} is not in the books."
    for purchase in package_ends_to_enter().iterator(CHUNK):
        yield f"The end of the package on invoice {purchase.line.invoice} is not in the books."
    for entry in sessions_to_enter().iterator(CHUNK):
        invoice = entry.unit.purchase.line.invoice
        if invoice.is_issued:
            yield f"A session of the package on invoice {invoice} is not in the books."


def _wrong_in_tills() -> Iterator[str]:
    for entry, meant in entries_of_tills():
        if _differs(entry, meant):
            yield f"“{entry.get_kind_display()}” of {entry.day} is entered with other amounts than it has."
    for session in TillSession.objects.filter(closed_at__isnull=False).for_display().iterator(CHUNK):
        if session.reckon().expected != session.expected_minor:
            yield f"{session}, closed on {session.closed_at}: what was expected is not what went through it."


def _wrong_in(invoice: Invoice) -> Iterator[str]:
    """Go along an invoice's entries and those of its credit notes, in the order in which they were made."""
    balance = 0
    whose = Q(invoice=invoice) | Q(invoice__corrects=invoice)
    entries = LedgerEntry.objects.filter(whose, kind__in=OF_BALANCE)
    named = entries.select_related("invoice__corrects", "payment", "credit_use", "refund", "write_off")
    for entry in named.prefetch_related("lines").order_by("pk"):
        meant = postings_of(entry, balance=balance)
        balance += sum(each.minor for each in meant if each.account in OF_CLIENT)
        if _differs(entry, meant):
            title = (entry.invoice or invoice).title
            yield f"{title}: “{entry.get_kind_display()}” is entered with other amounts than it has."
    if (booked := balance_by_books(invoice)) != invoice.balance_minor:
        yield f"{invoice.title}: {booked} is owed by the books, {invoice.balance_minor} by the invoice."


def _differs(entry: LedgerEntry, meant: Sequence[Posting]) -> bool:
    booked = Counter((line.account, line.amount_minor, line.tax_rate) for line in entry.lines.all())
    return booked != Counter((each.account.value, each.minor, each.tax_rate) for each in meant)
