"""Who of a file's rows is known already, here or from a row above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from modules.crm.domain.duplicates import LIKELY, Facts
from modules.crm.domain.folding import fold
from modules.crm.models import Patient
from modules.crm.selectors.duplicates import Candidate, candidates_of_many
from modules.crm.selectors.facts import codes_of
from modules.crm.services.imports.rows import Entry


class Known(NamedTuple):
    patient: Patient
    reasons: list[str]


def known_of(entries: Sequence[Entry], *, seen_by: Any) -> list[Known | None]:
    """Return for each entry who it most likely is, of those whom `seen_by` may see."""
    found = candidates_of_many([facts_of_entry(entry) for entry in entries], seen_by=seen_by)
    return list(map(_likeliest, found))


def _likeliest(candidates: Iterable[Candidate]) -> Known | None:
    best = next((each for each in candidates if not each.is_owner and each.score >= LIKELY), None)
    return Known(best.patient, [reason.value for reason in best.reasons]) if best else None


def facts_of_entry(entry: Entry) -> Facts:
    patient, contact = entry.patient, entry.contact
    return Facts(
        first_name=patient.first_name,
        last_name=patient.last_name,
        organisation="" if patient.species else contact["organisation"],
        birth_date=patient.birth_date,
        sex=patient.gender,
        phone=contact["phone"],
        email=contact["email"],
        codes=codes_of(patient.tax_code or contact["tax_code"]),
        microchip=patient.microchip,
        species=patient.species,
        owner=entry.client_name if patient.species else "",
    )


class Twins:
    """Remembers what the rows above said that tells people apart, and so which rows say the same."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def first_of(self, entry: Entry, number: int) -> int | None:
        """Return the number of the row above that is about the same, or take this one for the first."""
        keys = list(_keys(entry))
        first = next((self.seen[key] for key in keys if key in self.seen), None)
        for key in keys:
            self.seen.setdefault(key, number if first is None else first)
        return first


def _keys(entry: Entry) -> Iterator[str]:
    patient, contact = entry.patient, entry.contact
    name = fold(f"{patient.first_name} {patient.last_name}")
    if patient.species:
        name = f"{name} of {fold(entry.client_name)}"
    if patient.tax_code:
        yield f"code {patient.tax_code}"
    if patient.microchip:
        yield f"chip {patient.microchip}"
    more = [("born", patient.birth_date), ("mail", contact["email"]), ("phone", contact["phone"])]
    said = [(what, value) for what, value in more if value]
    for what, value in said:
        yield f"{what} {value} {name}"
    if not said and not patient.tax_code and not patient.microchip:
        yield f"name {name}"
