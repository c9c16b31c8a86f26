"""Copies, answers about statistics and figures without names, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.deidentified import HIGHEST, LOWEST, USUAL
from modules.crm.models import Extract, OwnCopy
from modules.crm.selectors.statistics import Standing
from modules.crm.services.taking import Period

StateName = Literal["waiting", "ready", "failed", "expired"]
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class CopyIn(Schema):
    """For whom it is, at the desk; on the portal it is whoever asks."""

    client_id: UUID | None = None


class CopyOut(Schema):
    """`is_there` says whether its file can be fetched now."""

    id: UUID
    patient_id: UUID
    client_id: UUID
    state: StateName
    asked_at: Moment
    asked_by_name: str
    ready_at: Moment | None
    expires_at: Moment | None
    is_there: bool

    @classmethod
    def of(cls, copy: OwnCopy, *, at: datetime) -> CopyOut:
        names = ("patient_id", "client_id", "state", "asked_at", "asked_by_name", "ready_at", "expires_at")
        return cls(id=copy.pk, is_there=copy.is_there(at), **{name: getattr(copy, name) for name in names})


class CopiesOut(Schema):
    items: list[CopyOut]


class StatisticsChoiceIn(Schema):
    allowed: bool


class StatisticsChoiceOut(Schema):
    """Whether somebody is counted, and what they said last; nothing, if nobody asked."""

    is_counted: bool
    way: Literal["DEVICE", "PAPER", "PORTAL", "TOLD"] | None
    at: Moment | None

    @classmethod
    def of(cls, standing: Standing) -> StatisticsChoiceOut:
        last: Any = standing.last
        return cls(is_counted=standing.is_counted, way=last.way if last else None, at=last.at if last else None)


class ExtractIn(Schema):
    """Whole months, the last one included. `k` people at least stand behind each line."""

    first_month: str = Field(pattern=MONTH)
    last_month: str = Field(pattern=MONTH)
    k: int = Field(USUAL, ge=LOWEST, le=HIGHEST)

    def period(self) -> Period:
        first, last = (date.fromisoformat(f"{month}-01") for month in (self.first_month, self.last_month))
        return Period.months(first, last)


class ExtractOut(Schema):
    """`people`, `visits` and `left_out` are as they stand in the file; `left_out` is null if there are fewer people
    than k."""

    id: UUID
    state: StateName
    since: date
    until: date
    k: int
    asked_at: Moment
    asked_by_name: str
    ready_at: Moment | None
    expires_at: Moment | None
    people: int | None
    visits: int | None
    left_out: int | None
    levels: dict[str, str]

    @classmethod
    def of(cls, extract: Extract) -> ExtractOut:
        same = ("state", "since", "until", "k", "asked_at", "asked_by_name", "ready_at", "expires_at")
        told = {name: extract.told.get(name) for name in ("people", "visits", "left_out")}
        levels = extract.told.get("levels", {})
        return cls(id=extract.pk, levels=levels, **told, **{name: getattr(extract, name) for name in same})
