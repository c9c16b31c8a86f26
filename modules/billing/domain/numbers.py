"""How documents are numbered: in series, each by year, from one, without a gap.

A series is of a kind of document, and of one location or of the practice. Its prefix holds from a year on, until
another is set from a later year on; a location without a prefix of its own counts with the practice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from modules.billing.domain.states import DocumentKind

LONGEST_PREFIX = 8
PREFIX = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
USUAL = {DocumentKind.INVOICE: "", DocumentKind.CREDIT_NOTE: "CN"}


@dataclass(frozen=True, slots=True)
class Prefixed:
    """That a series bears a prefix from a year on; None: from then on it counts with the practice."""

    kind: DocumentKind
    location_id: UUID | None
    year: int
    prefix: str | None


def shown_number(year: int, number: int, *, prefix: str = "") -> str:
    """Return a number such as "2026-0041", or "CN-2026-0003". No two of different series or places are alike."""
    return f"{prefix}-{year}-{number:04d}" if prefix else f"{year}-{number:04d}"


def is_prefix(text: str) -> bool:
    """Test whether numbers may begin with this: letters and digits, in groups between hyphens; or nothing."""
    return not text or (len(text) <= LONGEST_PREFIX and PREFIX.fullmatch(text) is not None)


def prefix_of(known: Sequence[Prefixed], *, kind: DocumentKind, location_id: UUID | None, year: int) -> str | None:
    """Return the prefix that a series bears in a year; None for a location that counts with the practice."""
    own = [each for each in known if (each.kind, each.location_id) == (kind, location_id) and each.year <= year]
    if own:
        return max(own, key=lambda each: each.year).prefix
    return USUAL[kind] if location_id is None else None


def alike(known: Sequence[Prefixed], *, since: int) -> Iterator[tuple[int, str]]:
    """Yield the years, from one on, in which two series would bear the same prefix, and that prefix."""
    series = {(kind, None) for kind in DocumentKind} | {(each.kind, each.location_id) for each in known}
    for year in sorted({since, *(each.year for each in known if each.year > since)}):
        seen: set[str] = set()
        for kind, location_id in series:
            prefix = prefix_of(known, kind=kind, location_id=location_id, year=year)
            if prefix is not None and prefix in seen:
                yield year, prefix
            elif prefix is not None:
                seen.add(prefix)
