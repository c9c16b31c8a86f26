"""Take the next number of a series, and say what the numbers of a series begin with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from modules.billing.domain.numbers import alike, is_prefix, prefix_of
from modules.billing.domain.states import DocumentKind
from modules.billing.models import Invoice, InvoiceLine, NumberSeries
from modules.scheduling import public as scheduling
from tenancy import current_tenant


class PrefixNotValid(Invalid):
    """Nothing that a number may begin with, or of a year that is over."""

    code = "prefix-invalid"


class PrefixTaken(Conflict):
    """Two series would give out the same numbers."""

    code = "prefix-taken"


class SeriesInUse(Conflict):
    """Numbers of this year are given out: their prefix stays."""

    code = "series-in-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedPrefix:
    """What the numbers of a kind of document begin with from a year on; of a location, or of the practice.

    Nothing, for a location: it counts with the practice.
    """

    kind: DocumentKind
    year: int
    prefix: str
    location_id: UUID | None = None


def take_number(*, document: Invoice, at: datetime) -> None:
    """Give a document the next number of its series, and the day that goes with it.

    The series' row is locked until this transaction ends. If it fails, the number was never taken; if somebody else
    was a moment faster over midnight, ours still bears no earlier day than theirs.
    """
    today = at.astimezone(ZoneInfo(current_tenant().time_zone)).date()
    series = _series(DocumentKind(document.kind), document.location_id, today.year)
    document.series, document.sequence = series, series.next
    document.number = series.shown(series.next)
    document.issued_at, document.issue_date = at, max(today, series.last_on or today)
    series.next, series.last_on = series.next + 1, document.issue_date
    series.save(update_fields=["next", "last_on"])


def location_of(document: Invoice) -> UUID | None:
    """Return where what a document bills took place: at the first of its visits, if it bills any."""
    lines = InvoiceLine.objects.filter(invoice=document).order_by("position")
    places = lines.values_list("appointment__location_id", "treatment__appointment__location_id")
    if document.is_deposit:
        return document.deposit.appointment.location_id
    return next((place for found in places for place in found if place), None)


@transaction.atomic
def set_prefix(*, wish: WishedPrefix, by: Any, at: datetime) -> NumberSeries:
    """Have the numbers of a series begin with something from a year on.

    Raises `PrefixNotValid`, `PrefixTaken` or, for a year of which numbers are given out, `SeriesInUse`.
    """
    this_year = at.astimezone(ZoneInfo(current_tenant().time_zone)).year
    prefix = wish.prefix.strip().upper()
    _check(wish, prefix, this_year)
    _series(DocumentKind.INVOICE, None, this_year)  # one who sets a prefix at a time
    series = _row(wish.kind, wish.location_id, wish.year)
    if series.is_used:
        words = {"number": series.shown(series.next - 1), "year": series.year, "next": series.year + 1}
        sentence = _("The numbers of %(year)d are in use, up to %(number)s. Set another prefix from %(next)d on.")
        raise SeriesInUse(sentence % words, fields={"year": [sentence % words]})
    before = series.prefix
    series.prefix = prefix if prefix or wish.location_id is None else None
    try:
        with transaction.atomic():
            series.save(update_fields=["prefix"])
    except IntegrityError:
        raise _taken(prefix, series.year) from None
    for year, double in alike(NumberSeries.prefixes(), since=this_year):
        raise _taken(double, year)
    changes = {"kind": (None, series.kind), "year": (None, series.year), "prefix": (before, series.prefix)}
    audit.record(action="billing.numberseries.set", of=series, by=by, changes=changes)
    return series


def _series(kind: DocumentKind, location_id: UUID | None, year: int) -> NumberSeries:
    """Return the series of a year, locked: the location's own if it has one, else the practice's."""
    if location_id is not None and NumberSeries.objects.filter(kind=kind.value, location_id=location_id).exists():
        own = _row(kind, location_id, year)
        if own.prefix is not None:
            return own
    return _row(kind, None, year)


def _row(kind: DocumentKind, location_id: UUID | None, year: int) -> NumberSeries:
    """Return the row of a series, locked; if it is the first of its year, with the prefix of the year before."""
    of = {"kind": kind.value, "location_id": location_id, "year": year}
    found = NumberSeries.objects.select_for_update(no_key=True).filter(**of).first()
    if found is None:
        prefix = prefix_of(NumberSeries.prefixes(), kind=kind, location_id=location_id, year=year)
        NumberSeries.objects.bulk_create([NumberSeries(**of, prefix=prefix)], ignore_conflicts=True)
        found = NumberSeries.objects.select_for_update(no_key=True).get(**of)
    return found


def _check(wish: WishedPrefix, prefix: str, this_year: int) -> None:
    places = {place.id for place in scheduling.locations()}
    wrong = {
        "prefix": (
            not is_prefix(prefix),
            _("Up to eight capital letters and digits, such as NORTH; groups of them between hyphens."),
        ),
        "year": (not this_year <= wish.year <= this_year + 1, _("This year, or the next.")),
        "location_id": (
            wish.location_id is not None and wish.location_id not in places,
            _("There is no such location."),
        ),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise PrefixNotValid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)


def _taken(prefix: str, year: int) -> PrefixTaken:
    words = {"prefix": prefix or "–", "year": year}
    sentence = _("Another series has the prefix %(prefix)s in %(year)d. Two series never give out the same numbers.")
    return PrefixTaken(sentence % words, fields={"prefix": [sentence % words]})
