"""How invoices are numbered: by year, from one, without a gap."""

from __future__ import annotations


def shown_number(year: int, number: int) -> str:
    """Return an invoice number such as "2026-0041"."""
    return f"{year}-{number:04d}"
