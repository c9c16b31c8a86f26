"""The versions of a note, and what changed from each to the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from history import former_states
from modules.crm.domain.body.marks import BodyChart, read_chart
from modules.crm.domain.notes import Passage, passages
from modules.crm.models import Note, StaffDiscipline
from modules.crm.models.notes import texts_in
from modules.crm.selectors.body import change_words
from modules.crm.selectors.people import colleagues_who_treat


class Trained(NamedTuple):
    """A colleague who treats, and what they are trained in; empty if nobody has said."""

    member_id: UUID
    name: str
    discipline: str


def colleagues_with_disciplines() -> list[Trained]:
    named = dict(StaffDiscipline.objects.values_list("user_id", "discipline__name"))
    return [Trained(each.member_id, each.name, named.get(each.user_id, "")) for each in colleagues_who_treat()]


class Version(NamedTuple):
    """What a note said. `number` is 0 for what is being typed and no version yet."""

    number: int
    written_by: str
    written_at: datetime
    signed_at: datetime | None
    texts: dict[str, str]
    chart: BodyChart


class Compared(NamedTuple):
    """A version, and its sections beside those of the one before it; what became of marks and pain, in words.

    The first one is all new.
    """

    version: Version
    sections: list[tuple[Any, list[Passage]]]
    chart: list[str]


def versions_of(note: Note) -> list[Version]:
    """Return what the note said, the latest first, without the empty page that it began with."""
    kept = [_state(note, note), *(_state(note, former) for former in former_states(note))]
    latest = {version.number: version for version in reversed(kept)}
    if note.in_work:
        who, when = note.last_written
        latest[note.version + 1] = Version(0, who, when, None, note.texts, note.body_chart)
    return [version for _, version in sorted(latest.items(), reverse=True) if _says_something(version)]


def compared(note: Note) -> list[Compared]:
    """Return the versions with what changed in each, the latest first."""
    versions = versions_of(note)
    nothing = [Version(0, "", note.written_at, None, {}, BodyChart())] if versions else []
    return [
        Compared(after, list(_changes(note, before, after)), change_words(before.chart, after.chart))
        for after, before in pairwise([*versions, *nothing])
    ]


def _says_something(version: Version) -> bool:
    return any(version.texts.values()) or not version.chart.is_empty


def _changes(note: Note, before: Version, after: Version) -> Iterator[tuple[Any, list[Passage]]]:
    for name, heading in note.headings.items():
        old, new = before.texts.get(name, ""), after.texts.get(name, "")
        if old or new:
            yield heading, passages(old, new)


def _state(note: Note, row: Any) -> Version:
    texts = texts_in(row, note.headings)
    who = row.written_by_name or row.author_name
    return Version(row.version, who, row.written_at, row.signed_at, texts, read_chart(row.chart))
