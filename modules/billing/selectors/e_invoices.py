"""What pages show of electronic invoices."""

from __future__ import annotations

from collections.abc import Iterator

from modules.billing.models import EInvoice, Invoice


def e_invoices_of(invoice: Invoice) -> list[tuple[EInvoice, bool]]:
    """Return the files of a document, the newest first, and of each whether it is the last of its format."""
    return list(_told(invoice))


def _told(invoice: Invoice) -> Iterator[tuple[EInvoice, bool]]:
    seen: set[str] = set()
    for row in EInvoice.objects.filter(invoice=invoice).newest_first():
        yield row, row.format not in seen
        seen.add(row.format)
