"""Imports of people on the wire."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import PeopleImport
from modules.crm.selectors.imports import RowShown
from modules.crm.services.imports import Mapping, check_progress

StateName = Literal[
    "READING",
    "UNREADABLE",
    "MAPPING",
    "CHECKING",
    "CHECKED",
    "IMPORTING",
    "DONE",
    "UNDOING",
    "UNDONE",
    "DISCARDED",
]
RuleName = Literal["skip", "fill", "overwrite", "create"]
OutcomeName = Literal["new", "known", "twice", "error"]


class MappingIn(Schema):
    """`columns` says into which field each header goes; what is not named is left out."""

    columns: dict[str, str] = Field(max_length=200)
    day_first: bool = True
    country: str = Field(max_length=2, description="Where phone numbers without a country are from, ISO 3166-1.")
    rule: RuleName = "skip"

    def mapping(self, headers: list[str]) -> Mapping:
        """Return it by the places of the columns; a header that the file does not have has none."""
        places = {headers.index(header) if header in headers else -1: field for header, field in self.columns.items()}
        return Mapping(columns=places, day_first=self.day_first, country=self.country, rule=self.rule)


class MappingOut(Schema):
    columns: dict[str, str]
    day_first: bool
    dates_say_so: bool = Field(description="Whether a date in the file can only be read so.")
    country: str
    is_remembered: bool
    fields: dict[str, str] = Field(description="What columns can go into, and what that is called.")

    @staticmethod
    def of(mapping: Mapping, headers: list[str], fields: dict[str, str]) -> MappingOut:
        return MappingOut(
            columns={headers[place]: field for place, field in mapping.columns.items()},
            day_first=mapping.day_first,
            dates_say_so=mapping.dates_say_so,
            country=mapping.country,
            is_remembered=mapping.is_remembered,
            fields=fields,
        )


class EncodingIn(Schema):
    encoding: Literal["utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp1250", "cp1251", "iso-8859-1"]


class RuleIn(Schema):
    rule: RuleName


class DecisionIn(Schema):
    """`null` leaves it to the rule."""

    decision: RuleName | None


class ImportOut(Schema):
    """An import at its present step. `percent` is of a step under way; `problem` says why one came to nothing."""

    id: UUID
    state: StateName
    percent: int
    is_stalled: bool
    name: str
    sha256: str
    headers: list[str]
    encoding: str
    sheet: str
    total: int
    counts: dict[str, int]
    rule: RuleName
    problem: str
    earlier_import_id: UUID | None = Field(description="That of the very same file, if it is in force. Null in lists.")
    by_name: str
    created_at: Moment
    imported_at: Moment | None
    undone_at: Moment | None
    undo_until: Moment | None

    @staticmethod
    def of(imported: PeopleImport, *, earlier: PeopleImport | None = None) -> ImportOut:
        progress = check_progress(imported) if imported.is_under_way else None
        return ImportOut(
            id=imported.pk,
            state=cast("StateName", imported.state),
            percent=progress.percent if progress else 100,
            is_stalled=progress.is_stalled if progress else False,
            name=imported.name,
            sha256=imported.digest,
            headers=imported.headers,
            encoding=imported.encoding,
            sheet=imported.sheet,
            total=imported.total,
            counts=imported.counts,
            rule=cast("RuleName", imported.rule),
            problem=imported.problem,
            earlier_import_id=earlier.pk if earlier else None,
            by_name=imported.by_name,
            created_at=imported.created_at,
            imported_at=imported.imported_at,
            undone_at=imported.undone_at,
            undo_until=imported.rows_until if imported.state == "DONE" else None,
        )


class ProblemOut(Schema):
    header: str
    sentences: list[str]


class RowOut(Schema):
    """A row: where it stands, who it is about, and what was found, decided and done."""

    id: UUID
    number: int
    texts: list[str] = Field(description="Names, date of birth, phone and e-mail, as the file has them.")
    outcome: OutcomeName | None
    problems: list[ProblemOut]
    same_as_row: int | None
    known_patient_id: UUID | None
    reasons: list[str]
    decision: RuleName | None
    done: Literal["created", "changed", "skipped"] | None
    patient_id: UUID | None
    kept: str = Field(description="After undoing: why this one was kept.")

    @staticmethod
    def of(shown: RowShown) -> RowOut:
        row = shown.row
        return RowOut(
            id=row.pk,
            number=row.number,
            texts=shown.texts,
            outcome=cast("OutcomeName", row.outcome) if row.outcome else None,
            problems=[ProblemOut(header=header, sentences=sentences) for header, sentences in shown.problems],
            same_as_row=row.twin,
            known_patient_id=row.matched_id,
            reasons=shown.reasons,
            decision=cast("RuleName", row.decision) if row.decision else None,
            done=cast("Literal['created', 'changed', 'skipped']", row.done) if row.done else None,
            patient_id=row.patient_id,
            kept=row.kept,
        )


class RowsOut(Schema):
    items: list[RowOut]
    count: int
