"""Notes over the wire."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Note, NoteAmendment
from modules.crm.schemas.body import MarkIn, MarkOut, PainIn, PainOut
from modules.crm.selectors import Compared, Trained
from modules.crm.services import Before, Written
from modules.crm.services.notes.writing import LONGEST_SECTION

LevelName = Literal["ALL", "DISCIPLINE", "MINE"]
PieceName = Literal["same", "gone", "new"]


class AmendmentOut(Schema):
    id: UUID
    text: str
    reason: str
    author_name: str
    signed_at: Moment

    @staticmethod
    def of(amendment: NoteAmendment) -> AmendmentOut:
        return AmendmentOut.model_validate(amendment, from_attributes=True)


class NoteOut(Schema):
    """`sections` are its texts by name. `seen` names this state of them: whoever saves says which they had.

    `marks` are on the views of the chart that `figure` names.
    """

    id: UUID
    patient_id: UUID
    appointment_id: UUID | None
    author_name: str
    subjective: str
    objective: str
    assessment: str
    plan: str
    sections: dict[str, str]
    figure: str
    marks: list[MarkOut]
    pain: PainOut
    shared_with_patient: bool
    template: str = Field(description="The form it is written in; empty for the usual one.")
    template_version: int | None
    level: LevelName
    discipline: str = Field(description="Whose it is if its level is DISCIPLINE; the author's when it was written.")
    seen: str
    written_at: Moment
    signed_at: Moment | None
    amendments: list[AmendmentOut]

    @staticmethod
    def of(note: Note) -> NoteOut:
        texts, chart = note.texts, note.body_chart
        return NoteOut(
            id=note.pk,
            patient_id=note.patient_id,
            appointment_id=note.appointment_id,
            author_name=note.author_name,
            subjective=texts.get("subjective", ""),
            objective=texts.get("objective", ""),
            assessment=texts.get("assessment", ""),
            plan=texts.get("plan", ""),
            sections=texts,
            figure=chart.figure,
            marks=[MarkOut.of(chart, mark) for mark in chart.marks],
            pain=PainOut.of(chart.pain),
            shared_with_patient=note.shared_with_patient,
            template=note.template_version.template.name if note.template_version else "",
            template_version=note.template_version.number if note.template_version else None,
            level=cast("LevelName", note.level),
            discipline=str(note.discipline or ""),
            seen=note.seen,
            written_at=note.last_written[1],
            signed_at=note.signed_at,
            amendments=[AmendmentOut.of(each) for each in note.amendments.all()],
        )


class DraftIn(Schema):
    """A section that is not named stays as it is; so do marks and pain. `marks` are all there are, `pain` all that is
    said. `replaces`: the newer text was seen, and this takes its place."""

    sections: dict[str, str] = Field(default_factory=dict, max_length=40)
    marks: list[MarkIn] | None = None
    pain: PainIn | None = None
    shared_with_patient: bool = False
    level: LevelName | None = None
    seen: str = Field(max_length=40)
    window: str = Field("", max_length=40, description="Any name for where it is typed: its saves follow each other.")
    step: int = Field(0, ge=0, le=1_000_000_000, description="Counts up in a window: what arrives late is left out.")
    replaces: bool = False

    def written(self) -> Written:
        return Written(
            sections=self.sections,
            shared=self.shared_with_patient,
            level=self.level,
            marks=None if self.marks is None else [each.dict() for each in self.marks],
            pain=None if self.pain is None else self.pain.dict(),
        )

    def before(self) -> Before:
        return Before(seen=self.seen, tab=self.window, step=self.step, replaces=self.replaces)


class AmendmentIn(Schema):
    text: str = Field(max_length=LONGEST_SECTION)
    reason: str = Field(max_length=200)


class PassageOut(Schema):
    piece: PieceName
    text: str


class SectionOut(Schema):
    heading: str
    passages: list[PassageOut]


class VersionOut(Schema):
    """`number` is 0 for what is being written and was not kept as a version yet."""

    number: int
    written_by: str
    written_at: Moment
    signed_at: Moment | None
    sections: list[SectionOut]
    chart: list[str] = Field(description="What became of marks and pain since the version before, in words.")

    @staticmethod
    def of(each: Compared) -> VersionOut:
        version = each.version
        sections = [
            SectionOut(
                heading=str(heading),
                passages=[PassageOut(piece=one.piece.value, text=one.text) for one in passages],
            )
            for heading, passages in each.sections
        ]
        return VersionOut(
            number=version.number,
            written_by=version.written_by,
            written_at=version.written_at,
            signed_at=version.signed_at,
            sections=sections,
            chart=each.chart,
        )


class VersionsOut(Schema):
    items: list[VersionOut]


class DisciplineIn(Schema):
    discipline: str = Field(max_length=60)


class DisciplineOut(Schema):
    member_id: UUID
    name: str
    discipline: str

    @staticmethod
    def of(each: Trained) -> DisciplineOut:
        return DisciplineOut(member_id=each.member_id, name=each.name, discipline=each.discipline)


class DisciplinesOut(Schema):
    items: list[DisciplineOut]
