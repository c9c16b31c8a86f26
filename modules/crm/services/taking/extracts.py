"""Figures without names for whoever analyses: who came in a period, and when, each line of `k` people or more.

Whoever said no, was erased, merged away or died is in none. An extract in which somebody
may be who said no since is not handed out any more.
"""

from __future__ import annotations

import csv
import io
import secrets
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.serving import answer_with
from kernel.cells import harmless
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from modules.crm.domain.deidentified import (
    AGE,
    HIGHEST,
    LOWEST,
    MONTH,
    REGION,
    SERVICE,
    SEX,
    SPECIES,
    STATE,
    USUAL,
    Anonymous,
    Column,
    Row,
    anonymise,
)
from modules.crm.domain.visit_facts import VisitFact
from modules.crm.events import ExtractWaits
from modules.crm.models import Extract
from modules.crm.models.flags import day_here
from modules.crm.selectors.statistics import has_animals, last_left, people_to_count, visits_to_count
from modules.crm.services.taking import making
from modules.crm.services.taking.explaining import readme_of

FILE_NAME = "without-names.zip"
LONGEST_YEARS = 10
OTHER = "other"
WHO = (AGE, SEX, REGION, SPECIES)
WHEN = (MONTH, SERVICE, STATE)


class ExtractInvalid(Invalid):
    code = "extract-invalid"


class ExtractUnderWay(Conflict):
    """One at a time."""

    code = "extract-under-way"


class ExtractOutdated(Conflict):
    """Somebody who may be in it has said no since, or was erased."""

    code = "extract-outdated"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months: the first day of the first, and the first day after the last."""

    since: date
    until: date

    @classmethod
    def months(cls, first: date, last: date) -> Period:
        after = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        return cls(first.replace(day=1), after)


@transaction.atomic
def ask_extract(*, period: Period, k: int = USUAL, by: Any, at: datetime) -> Extract:
    """Have an extract be made. Raises `ExtractInvalid` or `ExtractUnderWay`."""
    _check(period, k, on=day_here(at))
    asked = {"asked_at": at, "asked_by_id": by.pk, "asked_by_name": str(by)}
    try:
        with transaction.atomic():
            extract = Extract.objects.create(since=period.since, until=period.until, k=k, **asked)
    except IntegrityError:
        raise ExtractUnderWay(_("One is being made. Wait until it is ready.")) from None
    audit.record(action="crm.extract.asked", of=extract, by=by, changes=audit.created(extract, ("since", "until", "k")))
    publish(ExtractWaits(extract_id=extract.pk))
    return extract


def make_extract(*, extract_id: UUID, at: datetime) -> None:
    """Make the file of an extract. Call outside of a transaction."""

    def write(extract: Extract, out: IO[bytes]) -> dict[str, Any]:
        return _write(extract, out, on=day_here(at))

    def settle(extract: Extract, told: dict[str, Any]) -> None:
        extract.told = told
        changes = {"k": (None, extract.k), **{name: (None, told[name]) for name in ("people", "visits", "left_out")}}
        audit.record(action="crm.extract.made", of=extract, by=None, changes=changes)

    making.make(model=Extract, pk=extract_id, name=FILE_NAME, write=write, settle=settle, at=at)


def fetch_extract(*, extract: Extract, by: Any, at: datetime, wanted: str = "") -> HttpResponseBase:
    """Return the answer that brings the file, and note who took it. Raises `NotThere` or `ExtractOutdated`."""
    if not extract.is_there(at) or extract.file is None or extract.as_of is None:
        raise making.NotThere(_("This file is not there any more. Have a new one made."))
    if extract.is_outdated(last_left()):
        raise ExtractOutdated(_("Somebody who may be in it has said no since, or was erased. Have a new one made."))
    audit.record(action="crm.extract.fetched", of=extract, by=by, changes={"k": (None, extract.k)})
    return answer_with(extract.file, inline=False, wanted=wanted)


def _check(period: Period, k: int, *, on: date) -> None:
    problems: dict[str, list[str]] = {}
    if not LOWEST <= k <= HIGHEST:
        problems["k"] = [_("Between %(lowest)s and %(highest)s.") % {"lowest": LOWEST, "highest": HIGHEST}]
    if period.until <= period.since:
        problems["until"] = [_("The last month is before the first.")]
    elif period.until.year - period.since.year > LONGEST_YEARS:
        problems["until"] = [_("At most ten years.")]
    if period.since > on:
        problems["since"] = [_("That is in the future.")]
    if problems:
        raise ExtractInvalid(" ".join(each for all_of in problems.values() for each in all_of), fields=problems)


def _write(extract: Extract, out: IO[bytes], *, on: date) -> dict[str, Any]:
    rows = people_to_count(on=on)
    people = anonymise(rows, WHO, k=extract.k)
    classes: dict[Any, tuple[str, ...]] = {
        row.who: said for row, said in zip(rows, people.rows, strict=True) if said is not None
    }
    facts = list(visits_to_count(set(classes), since=extract.since, until=extract.until))
    visits = anonymise(_visit_rows(facts, classes, k=extract.k), (*_as_they_are(WHO), *WHEN), k=extract.k)
    shown = [column.name for column in WHO if column is not SPECIES or has_animals()]
    told = _told(extract, people, visits, shown)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", readme_of(extract=extract, people=people, visits=visits, shown=shown, told=told))
        archive.writestr("patients.csv", _csv(["id", *shown], _cells(people.rows, WHO, shown)))
        names = [*shown, *(column.name for column in WHEN)]
        archive.writestr("visits.csv", _csv(["id", *names], _cells(visits.rows, (*WHO, *WHEN), names)))
    return told


def _as_they_are(columns: Iterable[Column]) -> list[Column]:
    """Return columns that are not generalised any further: a visit bears the class of its person."""
    return [Column(column.name, (("as of the person", str),)) for column in columns]


def _visit_rows(facts: Sequence[VisitFact], classes: dict[Any, tuple[str, ...]], *, k: int) -> list[Row]:
    """Return visits with the class of their person; a service that fewer than k people had is one of the others."""
    had: dict[str, set[UUID]] = defaultdict(set)
    for fact in facts:
        had[fact.service].add(fact.patient_id)
    return [
        Row(
            fact.patient_id,
            (*classes[fact.patient_id], fact.month, fact.service if len(had[fact.service]) >= k else OTHER, fact.state),
        )
        for fact in facts
    ]


def _told(extract: Extract, people: Anonymous, visits: Anonymous, shown: Sequence[str]) -> dict[str, Any]:
    """Return what is stated of an extract, here and in its file: no number between nothing and k."""
    rows = Counter(said is not None for said in visits.rows)
    return {
        "k": extract.k,
        "people": people.people,
        "visits": rows[True],
        "left_out": people.people_left_out,
        "left_out_of_visits": visits.people_left_out,
        "levels": {name: people.levels[name] for name in shown}
        | {column.name: visits.levels[column.name] for column in WHEN},
    }


def _cells(
    rows: Iterable[tuple[str, ...] | None], columns: Sequence[Column], shown: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return the columns that are shown of the rows that stay, sorted: where a line stood tells nothing either."""
    places = [place for place, column in enumerate(columns) if column.name in shown]
    return sorted(tuple(row[place] for place in places) for row in rows if row is not None)


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([secrets.token_hex(8), *map(harmless, row)] for row in rows)
    return out.getvalue()
