"""The audit log over the wire, at /api/audit/."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from ninja import Field, Query, Router

from httpapi.doors import endpoint
from httpapi.fields import Moment
from httpapi.schemas import Schema
from kernel.errors import Invalid
from tenancy.requests import Request
from tenants.activity import exporting
from tenants.activity.forms import is_kind
from tenants.activity.selecting import SHORTEST_TEXT, THING, Filters, Place, entries_for
from tenants.activity.telling import note_reading, read_page

router = Router()


class FiltersIn(Schema):
    person: UUID | Literal["system", ""] = ""
    subject: UUID | None = Field(None, description="Whom it is about, or whom a list showed.")
    thing: str = Field("", pattern=f"^$|{THING}", description="`crm.patient`, or one: `crm.patient/<its id>`.")
    kind: str = Field(
        "", max_length=80, description="`views`, `changes`, an action, or the first part of actions: `crm`."
    )
    from_: date | None = Field(None, alias="from")
    to: date | None = None
    request: UUID | None = Field(None, description="As in the answer's `X-Request-Id`.")
    text: str = Field("", max_length=100, description="In a field's name or values; three characters at least.")

    def filters(self) -> Filters:
        text = self.text.strip()
        if not is_kind(self.kind):
            raise _wrong("kind", "There is no such kind of entry.")
        if text and len(text) < SHORTEST_TEXT:
            raise _wrong("text", "Give three characters at least.")
        if self.from_ and self.to and self.to < self.from_:
            raise _wrong("to", "The last day is not before the first.")
        return Filters(
            person=str(self.person),
            subject=self.subject,
            thing=self.thing,
            kind=self.kind,
            first=self.from_,
            last=self.to,
            request=self.request,
            text=text,
        )


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: [sentence]})


class ExportIn(FiltersIn):
    format: Literal["csv", "jsonl"] = "csv"


class ChangeOut(Schema):
    field: str
    old: Any
    new: Any
    hidden: bool


class EntryOut(Schema):
    id: UUID
    at: Moment
    user_id: UUID | None
    who: str
    role: str
    action: str
    object_type: str
    object_id: str
    subject_id: UUID | None
    about: list[UUID]
    by_support: bool
    sentence: str
    changes: list[ChangeOut]
    origin: dict[str, str] | None


class EntriesOut(Schema):
    items: list[EntryOut]
    next: str | None


@router.get("/entries/", response=EntriesOut, summary="The audit log, newest first")
@endpoint("audit.view")
def list_entries(request: Request, wanted: Query[FiltersIn], after: str = "") -> dict[str, Any]:
    """Of a page that is not the last, `next` is what the following one is asked for with, as `after`."""
    filters = wanted.filters()
    rows = entries_for(filters, zone=ZoneInfo(request.tenant.time_zone))
    shown = read_page(rows, after=Place.read(after), text=filters.text, reader=request.user, among=filters.among)
    note_reading(shown.lines, by=request.user)
    return {"items": [exporting.plain(line) for line in shown.lines], "next": str(shown.next) if shown.next else None}


@router.get("/entries/file/", summary="The audit log as a file: CSV or JSON lines")
@endpoint("audit.view")
def export_entries(request: Request, wanted: Query[ExportIn]) -> Any:
    return exporting.stream(request.tenant, wanted.filters(), file_format=wanted.format, reader=request.user)
