"""Say which field each column goes into: guessed from the headers, asked of a person, remembered for the next file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from access.fields import FieldNotAllowed
from modules.crm.domain.folding import fold
from modules.crm.domain.imports.fields import guess_columns
from modules.crm.domain.imports.values import guess_order
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.models import ColumnMapping, ImportedRow, ImportState, PeopleImport, Rule
from modules.crm.selectors import country_here
from modules.crm.services.imports.beginning import ImportRefused, at_step, do_later, forget_file
from modules.crm.services.imports.labels import labels_for
from tenancy import current_tenant

SAMPLES = 3
LOOKED_AT = 2000  # dates
NAMES = {"first_name", "full_name", "organisation", "last_name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Which field each column goes into, by its place; which comes first in dates; where phones are from."""

    columns: dict[int, str]
    day_first: bool
    country: str
    rule: str = Rule.SKIP
    is_remembered: bool = False
    dates_say_so: bool = True


def suggested(imported: PeopleImport, *, by: Any) -> Mapping:
    """Return what the columns were the last time that a file had these headers, or what they most likely are."""
    labels = labels_for(subject_of(current_tenant().vertical), of=by)
    known = ColumnMapping.objects.filter(headers_digest=_digest(imported.headers)).first()
    if known:
        columns = {
            place: known.fields[header]
            for place, header in enumerate(imported.headers)
            if known.fields.get(header) in labels
        }
    else:
        columns = guess_columns(imported.headers, subject=subject_of(current_tenant().vertical), labels=labels)
    country = known.country if known else country_here()
    born = next((place for place, field in columns.items() if field == "birth_date"), None)
    order = guess_order([] if born is None else _column(imported, born), country=country)
    return Mapping(
        columns=columns,
        day_first=order.day_first,
        country=country,
        is_remembered=known is not None,
        dates_say_so=order.is_sure,
    )


def samples_of(imported: PeopleImport) -> list[list[str]]:
    """Return a few values of each column, for whoever says what it is."""
    samples: list[list[str]] = [[] for _header in imported.headers]
    for row in ImportedRow.objects.filter(imported=imported).order_by("number")[:50]:
        for place, cell in enumerate(json.loads(row.cells)):
            if cell and cell not in samples[place] and len(samples[place]) < SAMPLES:
                samples[place].append(cell)
    return samples


@transaction.atomic
def choose_columns(*, imported: PeopleImport, mapping: Mapping, by: Any, at: datetime) -> PeopleImport:
    """Say what the columns are, and have every row checked. Nothing is imported by that.

    Raises `ImportRefused`, `FieldNotAllowed` or `NotNow`.
    """
    locked = at_step(imported, ImportState.MAPPING, ImportState.CHECKED)
    _check(mapping, locked, by=by)
    locked.columns = {str(place): field for place, field in sorted(mapping.columns.items())}
    locked.day_first, locked.country, locked.rule = mapping.day_first, mapping.country, mapping.rule
    locked.state, locked.problem, locked.asked_by_id = ImportState.CHECKING, "", by.pk
    locked.save(update_fields=["columns", "day_first", "country", "rule", "state", "problem", "asked_by_id"])
    forget_file(locked)
    fields = {locked.headers[place]: field for place, field in mapping.columns.items()}
    ColumnMapping.objects.update_or_create(
        headers_digest=_digest(locked.headers),
        defaults={"fields": fields, "country": mapping.country, "saved_at": at},
    )
    do_later(locked)
    return locked


def _check(mapping: Mapping, imported: PeopleImport, *, by: Any) -> None:
    subject = subject_of(current_tenant().vertical)
    labels, chosen = labels_for(subject), list(mapping.columns.values())
    problems: dict[str, list[str]] = {}
    if unknown := [field for field in chosen if field not in labels]:
        problems["columns"] = [_("Nothing is called “%(field)s” here.") % {"field": unknown[0]}]
    elif twice := [field for field in chosen if chosen.count(field) > 1]:
        problems["columns"] = [_("Two columns go into “%(field)s”. Choose one.") % {"field": labels[twice[0]]}]
    elif not _has_a_name(chosen, subject):
        problems["columns"] = [_("Say which column the name is in.")]
    if any(not 0 <= place < len(imported.headers) for place in mapping.columns):
        problems["columns"] = [_("The file has no such column.")]
    if len(mapping.country) != 2:
        problems["country"] = [_("Choose where phone numbers without a country are from.")]
    if mapping.rule not in Rule.values:
        problems["rule"] = [_("Choose what becomes of those who are known.")]
    if problems:
        raise ImportRefused(" ".join(sentence for each in problems.values() for sentence in each), fields=problems)
    if hidden := [field for field in chosen if field not in labels_for(subject, of=by)]:
        raise FieldNotAllowed(_("Your role does not change this."), fields={hidden[0]: [labels[hidden[0]]]})


def _has_a_name(chosen: Iterable[str], subject: Subject) -> bool:
    fields = set(chosen)
    return "first_name" in fields if subject is Subject.ANIMAL else bool(fields & NAMES)


def _column(imported: PeopleImport, place: int) -> Iterable[str]:
    rows = ImportedRow.objects.filter(imported=imported).order_by("number")[:LOOKED_AT]
    return (json.loads(row.cells)[place] for row in rows)


def _digest(headers: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(map(fold, headers))).encode()).hexdigest()
