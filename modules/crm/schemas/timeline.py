"""The line of a record over the wire."""

from __future__ import annotations

from uuid import UUID

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.domain.timeline import EntryText, TimelineEntry
from modules.crm.selectors import Stretch


class EntryTextOut(Schema):
    """`who` and `at` where they are others than of the entry: of an amendment."""

    heading: str
    text: str
    who: str
    at: Moment | None

    @staticmethod
    def of(each: EntryText) -> EntryTextOut:
        return EntryTextOut(heading=str(each.heading), text=each.text, who=each.who, at=each.at)


class EntryOut(Schema):
    """`amount_minor` and `currency` are null where no money is meant. `url` is its page."""

    kind: str
    id: UUID
    at: Moment
    title: str
    who: str
    detail: str
    states: list[str]
    texts: list[EntryTextOut]
    amount_minor: int | None
    currency: str | None
    url: str

    @staticmethod
    def of(entry: TimelineEntry) -> EntryOut:
        return EntryOut(
            kind=entry.kind,
            id=entry.key,
            at=entry.at,
            title=str(entry.title),
            who=entry.who,
            detail=entry.detail,
            states=[str(badge.text) for badge in entry.badges],
            texts=[EntryTextOut.of(each) for each in entry.texts],
            amount_minor=entry.amount.minor if entry.amount else None,
            currency=entry.amount.currency if entry.amount else None,
            url=entry.url,
        )


class TimelineOut(Schema):
    """`next` asks for what is older; null at the end of the line."""

    items: list[EntryOut]
    kinds: list[str]
    next: str | None

    @staticmethod
    def of(stretch: Stretch, *, kinds: list[str]) -> TimelineOut:
        place = str(stretch.next) if stretch.next else None
        return TimelineOut(items=[EntryOut.of(entry) for entry in stretch.entries], kinds=kinds, next=place)
