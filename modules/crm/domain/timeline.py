"""What a record tells, the newest first: entries of many kinds, from every module, on one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID


class Place(NamedTuple):
    """Where an entry stands, and so where a page ended: the next one begins behind it, whatever came since."""

    at: datetime
    key: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.key}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Return the place that a link names; None for none, or nonsense."""
        at, _, key = text.partition("_")
        try:
            moment = datetime.fromisoformat(at.replace(" ", "+"))
            return cls(moment, UUID(key)) if moment.tzinfo else None
        except ValueError:
            return None


class Badge(NamedTuple):
    """A word on a coloured ground, with an icon of the sprite."""

    text: Any
    tone: str = ""  # good, warn, bad, info
    icon: str = ""


class EntryText(NamedTuple):
    """What is written under a heading; by whom and when, where that is another than of the entry."""

    heading: Any
    text: str
    who: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened. `title` and `detail` are said to the person; `icon` is of the sprite.

    Its module shows it to nobody who may not see it elsewhere.
    """

    kind: str
    at: datetime
    key: UUID
    title: Any
    icon: str
    who: str = ""
    detail: str = ""
    amount: Any = None  # kernel.money.Money
    texts: Sequence[EntryText] = ()
    badges: Sequence[Badge] = ()
    url: str = ""

    @property
    def place(self) -> Place:
        return Place(self.at, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose line, who reads it, and which stretch of it: at most `limit` entries that lie before `before`."""

    patient_id: UUID
    seen_by: Any
    at: datetime
    before: Place | None
    limit: int


class TimelineKind(NamedTuple):
    """What a kind of entry is called, which permission opens it, and how to get one's stretch, the newest first."""

    label: Any
    permission: str
    entries: Callable[[Asked], Iterable[TimelineEntry]]


TimelineKinds = Mapping[str, TimelineKind]


def newest(lines: Iterable[Iterable[TimelineEntry]], limit: int) -> list[TimelineEntry]:
    """Return the first entries of several lines that are each in order."""
    return list(islice(merge(*lines, key=lambda entry: entry.place, reverse=True), limit))
