"""The reports: what was billed and came in, taxes, what is owed and what is held; and the rows behind each figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from modules.billing.domain.reports import Days
from modules.billing.selectors.reports import agreement, figures, naming
from modules.billing.selectors.reports.agreement import Agreement
from modules.billing.selectors.reports.billed import BILLED
from modules.billing.selectors.reports.drawers import COUNTED
from modules.billing.selectors.reports.entered import HELD_FOR, OWED, RECEIVED
from modules.billing.selectors.reports.figures import Behind, Row, Source, Words
from modules.billing.selectors.reports.naming import label_of

__all__ = ["REPORTS", "WAYS", "Agreement", "Behind", "Kind", "Report", "Row", "Source", "label_of", "report_of"]

WAYS: dict[str, Words] = {
    "day": _("Day"),
    "week": _("Week"),
    "month": _("Month"),
    "practitioner": _("Practitioner"),
    "service": _("Service"),
    "location": _("Location"),
    "method": _("Method"),
    "rate": _("Rate"),
    "age": _("Age"),
    "account": _("What it is"),
    "till": _("Till"),
    "person": _("Closed by"),
}
TIMES = ("day", "week", "month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A report that can be asked for: of which rows, by what, and what its columns are called.

    `is_standing` says how something stands when the last day ends, and not what came about in the days.
    """

    name: str
    title: Words
    says: Words
    source: Source
    columns: tuple[Words, ...]
    is_standing: bool = False
    agreements: Callable[[Any, Days], list[Agreement]] | None = None
    leaves_out: tuple[str, ...] = ()
    comes_first: str = ""

    @property
    def ways(self) -> Mapping[str, Words]:
        return {by: label for by, label in WAYS.items() if by in self.source.keys and by not in self.leaves_out}

    @property
    def first(self) -> str:
        return self.comes_first or next(iter(self.ways))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of some days, added up by something."""

    kind: Kind
    days: Days
    by: str
    rows: list[Row]
    agreements: list[Agreement] = field(default_factory=list)

    @property
    def totals(self) -> list[tuple[Money, ...]]:
        return figures.totals(self.rows)

    @property
    def heading(self) -> Words:
        return WAYS[self.by]

    @property
    def is_over_time(self) -> bool:
        return self.by in TIMES


BILLED_COLUMNS = (_("Without tax"), _("Tax"), _("With tax"))
TAXES_LEAVE_OUT = tuple(by for by in BILLED.keys if by != "rate")
REPORTS = {
    kind.name: kind
    for kind in (
        Kind(
            name="revenue",
            title=_("Revenue"),
            says=_("What was billed on the days of issue, less credit notes; paid or not."),
            source=BILLED,
            columns=BILLED_COLUMNS,
            agreements=agreement.of_revenue,
            leaves_out=("rate",),
        ),
        Kind(
            name="payments",
            title=_("Payments"),
            says=_("Money that came in and was paid back, on the days on which it did."),
            source=RECEIVED,
            columns=(_("Received"), _("Paid back"), _("Together")),
        ),
        Kind(
            name="taxes",
            title=_("Taxes"),
            says=_("What was billed at each rate, less credit notes, with its tax."),
            source=BILLED,
            columns=BILLED_COLUMNS,
            agreements=agreement.of_tax,
            leaves_out=TAXES_LEAVE_OUT,
        ),
        Kind(
            name="receivables",
            title=_("Receivables by age"),
            says=_("What clients owed when the day ended, by how late it was."),
            source=OWED,
            columns=(_("Owed"),),
            is_standing=True,
        ),
        Kind(
            name="liabilities",
            title=_("Held for clients"),
            says=_("Deposits, sessions that are paid for and still to be given, and credit, when the day ended."),
            source=HELD_FOR,
            columns=(_("Held"),),
            is_standing=True,
        ),
        Kind(
            name="till-differences",
            title=_("Till differences"),
            says=_("What was counted in the tills that were closed in these days, and what should have been in them."),
            source=COUNTED,
            columns=(_("Expected"), _("Counted"), _("Difference")),
            comes_first="till",
        ),
    )
}


def report_of(kind: Kind, user: Any, days: Days, *, by: str = "", agrees: bool = False) -> Report:
    """Return a report, in as many queries for many rows as for one; with how it agrees with the books, if asked."""
    by = by or kind.first
    found = figures.added_up(kind.source, user, days, by=by)
    names = naming.names_of([key for key, _amounts in found], by=by)
    found.sort(key=lambda each: (naming.in_order(each[0], names[each[0]], by=by), each[1][0].currency))
    return Report(
        kind=kind,
        days=days,
        by=by,
        rows=[Row(key=_as_text(key), label=names[key], amounts=amounts) for key, amounts in found],
        agreements=kind.agreements(user, days) if agrees and kind.agreements else [],
    )


def _as_text(key: Any) -> str:
    return "" if key is None else str(key)
