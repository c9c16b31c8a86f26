"""Go through the books and say where they do not say what the documents do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from django.db.models import Sum

from modules.billing.domain.posting import Account, Posting
from modules.billing.models import Happening, Invoice, LedgerEntry
from modules.billing.services.ledger.catching_up import deposits_to_enter, invoices_to_enter, payments_to_enter
from modules.billing.services.ledger.entering import sessions_to_enter
from modules.billing.services.ledger.postings import postings_of_invoice, postings_of_payment, postings_of_session

CHUNK = 500


def check_books() -> Iterator[str]:
    """Yield a sentence for each thing that is missing or wrong: entries are made anew from the documents."""
    yield from _missing()
    for invoice in Invoice.objects.filter(issued_at__isnull=False).order_by("issued_at", "pk").iterator(CHUNK):
        yield from _wrong_in(invoice)
    for entry in LedgerEntry.objects.exclude(session=None).select_related("session", "invoice").iterator(CHUNK):
        if entry.session is not None and _differs(entry, postings_of_session(entry.session)):
            yield f"Invoice {entry.invoice}: a session of its package is entered at another value."


def _missing() -> Iterator[str]:
    for invoice in invoices_to_enter().iterator(CHUNK):
        yield f"Invoice {invoice} is not in the books."
    for payment in payments_to_enter().iterator(CHUNK):
        yield f"A payment on invoice {payment.invoice} is not in the books."
    for deposit in deposits_to_enter().iterator(CHUNK):
        yield f"What became of the deposit of invoice {deposit.invoice} is not in the books."
    for entry in sessions_to_enter().iterator(CHUNK):
        invoice = entry.unit.purchase.line.invoice
        if invoice.is_issued:
            yield f"A session of the package on invoice {invoice} is not in the books."


def _wrong_in(invoice: Invoice) -> Iterator[str]:
    """Go along an invoice's own entries, in the order in which they were made."""
    owed = invoice.gross_minor
    entries = invoice.ledger_entries.filter(kind__in=[Happening.ISSUED, Happening.PAID])
    for entry in entries.select_related("payment").prefetch_related("lines").order_by("pk"):
        if entry.payment is None:
            meant = postings_of_invoice(invoice)
        else:
            meant = postings_of_payment(entry.payment, owed=owed)
            owed = max(owed - entry.payment.amount_minor, 0)
        if _differs(entry, meant):
            yield f"Invoice {invoice}: “{entry.get_kind_display()}” is entered with other amounts than it has."
    if (booked := _receivable(invoice)) != owed:
        yield f"Invoice {invoice}: {booked} is owed by the books, {owed} by the invoice."


def _receivable(invoice: Invoice) -> int:
    lines = invoice.ledger_entries.filter(lines__account=Account.RECEIVABLE)
    return lines.aggregate(sum=Sum("lines__amount_minor"))["sum"] or 0


def _differs(entry: LedgerEntry, meant: Sequence[Posting]) -> bool:
    booked = Counter((line.account, line.amount_minor, line.tax_rate) for line in entry.lines.all())
    return booked != Counter((each.account.value, each.minor, each.tax_rate) for each in meant)
