"""Which entries are asked for, a page at a time, from the newest on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from audit import reading
from audit.models import AuditEntry

NOBODY = "system"
VIEWS, CHANGES = "views", "changes"
THING = r"^[a-z_]+\.[a-z_]+(/[0-9A-Za-z-]{1,40})?$"
SHORTEST_TEXT = 3  # below that the index over texts is of no use
CLOCKS_DIFFER, LONGEST_REQUEST = timedelta(minutes=5), timedelta(hours=1)
LAST_SECOND = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class Place(NamedTuple):
    """Where a page ended: the next one begins behind it, however many entries have come since."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Return the place that a link names; None for none, or nonsense."""
        at, _, entry_id = text.partition("_")
        try:
            moment = datetime.fromisoformat(at.replace(" ", "+"))
            return cls(moment, UUID(entry_id)) if moment.tzinfo else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What somebody looks for. Days are of the workspace's calendar."""

    person: str = ""  # a user's id, or NOBODY
    subject: UUID | None = None  # whom it is about, or whom a list showed
    thing: str = ""  # a kind of record such as "crm.patient", or one of them: "crm.patient/<its id>"
    kind: str = ""  # VIEWS, CHANGES, one action, or the first part of actions
    first: date | None = None
    last: date | None = None
    request: UUID | None = None
    text: str = ""

    @property
    def among(self) -> frozenset[UUID] | None:
        """Whom to name of lists: of somebody's own lines, nobody else; None for everybody."""
        return frozenset([self.subject]) if self.subject else None

    def plain(self) -> dict[str, str]:
        """Return the filters for the log of an export: but for what was typed, which may name somebody."""
        named = {
            "person": self.person,
            "subject": self.subject,
            "thing": self.thing,
            "kind": self.kind,
            "from": self.first,
            "to": self.last,
            "request": self.request,
        }
        return {name: str(value) for name, value in named.items() if value} | ({"text": "…"} if self.text else {})


def entries_for(filters: Filters, *, zone: ZoneInfo) -> QuerySet[AuditEntry]:
    """Return the entries, newest first. The text is looked for in the values; who may see them is asked later."""
    rows = AuditEntry.objects.order_by("-at", "-id")
    if filters.person:
        rows = rows.filter(user_id=None if filters.person == NOBODY else filters.person)
    if filters.subject:
        rows = rows.filter(Q(subject_id=filters.subject) | Q(listed__contains=[filters.subject]))
    if filters.first:
        rows = rows.filter(at__gte=datetime.combine(filters.first, time(), zone))
    if filters.last:
        rows = rows.filter(at__lte=datetime.combine(filters.last, time.max, zone))
    if filters.thing:
        object_type, _, object_id = filters.thing.partition("/")
        rows = rows.filter(object_type=object_type, **({"object_id": object_id} if object_id else {}))
    if filters.request:
        rows = _of_request(rows, filters.request)
    return _of_kind(_with_text(rows, filters.text), filters.kind)


def behind(rows: QuerySet[AuditEntry], place: Place | None) -> QuerySet[AuditEntry]:
    """Return what comes after a place, by one range of the index."""
    if place is None:
        return rows
    return rows.filter(at__lte=place.at).exclude(at=place.at, id__gte=place.id)


def _of_kind(rows: QuerySet[AuditEntry], kind: str) -> QuerySet[AuditEntry]:
    if kind == VIEWS:
        return rows.filter(reading.LOOKS)
    if kind == CHANGES:
        return rows.exclude(reading.VIEWS)
    if "." in kind:
        return rows.filter(action=kind)
    return rows.filter(reduce(or_, (Q(action__startswith=f"{part}.") for part in kind.split("+")))) if kind else rows


def _of_request(rows: QuerySet[AuditEntry], request: UUID) -> QuerySet[AuditEntry]:
    """Narrow to what one request did: around the time that its id holds (UUIDv7), so no index over ids is needed."""
    begun = (request.int >> 80) / 1000
    if request.version != 7 or begun > LAST_SECOND:
        return rows.none()
    moment = datetime.fromtimestamp(begun, UTC)
    near = rows.filter(at__gte=moment - CLOCKS_DIFFER, at__lte=moment + LONGEST_REQUEST)
    return near.filter(origin__request_id=str(request))


def _with_text(rows: QuerySet[AuditEntry], text: str) -> QuerySet[AuditEntry]:
    """Narrow to entries with the text among their fields and values, by the index over both.

    `icontains` would compare in capitals, which the index is not in.
    """
    if not text:
        return rows
    as_written = json.dumps(text, ensure_ascii=False)[1:-1]
    values = rows.exclude(changes={}).annotate(written=Cast("changes", TextField()))
    return values.filter(written__iregex=re.escape(as_written))
