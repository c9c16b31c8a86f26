"""A calendar server in memory, for tests and for trying things out: the port's fake."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kernel.periods import Period
from modules.scheduling.gateways.sync import (
    Account,
    ChangedEntry,
    Changes,
    Clash,
    CredentialsRefused,
    FoundCalendar,
    Rejected,
    StandingEntry,
    Unreachable,
)


@dataclass
class Shelf:
    """What such a server keeps: entries by calendar and name, and every change in its order."""

    password: str
    calendars: dict[str, dict[str, bytes]] = field(default_factory=dict)
    etags: dict[tuple[str, str], str] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    is_away: bool = False

    def write(self, calendar: str, name: str, content: bytes | None) -> str:
        """Put or take out an entry, as its owner would."""
        self.log.append((calendar, name))
        etag = self.etags[calendar, name] = f'"{len(self.log)}"'
        if content is None:
            self.calendars[calendar].pop(name, None)
        else:
            self.calendars[calendar][name] = content
        return etag


class FakeServer:
    """What one account sees of a shelf."""

    def __init__(self, account: Account, shelf: Shelf) -> None:
        self._account = account
        self._shelf = shelf

    def calendars(self) -> list[FoundCalendar]:
        self._knock()
        if not self._shelf.calendars:
            raise Rejected("no-calendars")
        return [FoundCalendar(url, url.rpartition("/")[2]) for url in self._shelf.calendars]

    def put(self, calendar: str, entry_id: str, content: bytes, *, etag: str | None) -> str:
        if etag is None:
            self._entries(calendar)
        else:
            self._check(calendar, entry_id, etag, is_new=not etag)
        return self._shelf.write(calendar, entry_id, content)

    def remove(self, calendar: str, entry_id: str, *, etag: str) -> None:
        if entry_id in self._entries(calendar):
            self._check(calendar, entry_id, etag, is_new=False)
            self._shelf.write(calendar, entry_id, None)

    def standing(self, calendar: str, entry_id: str) -> StandingEntry | None:
        content = self._entries(calendar).get(entry_id)
        if content is None:
            return None
        sequence = re.search(rb"SEQUENCE:(\d+)", content)
        return StandingEntry(self._shelf.etags[calendar, entry_id], int(sequence[1]) if sequence else 0)

    def name_of(self, calendar: str, entry_id: str) -> str:
        return entry_id

    def changes(
        self, calendar: str, *, mark: str, known: Mapping[str, str], skip: Collection[str], during: Period
    ) -> Changes:
        there, since = self._entries(calendar), int(mark) if mark else 0
        touched = {name for where, name in self._shelf.log[since:] if where == calendar}
        wanted = (touched if mark else set(there)) - set(skip)
        etags = {name: self._shelf.etags[calendar, name] for name in wanted & set(there)}
        changed = [ChangedEntry(name, etag, there[name]) for name, etag in etags.items() if known.get(name) != etag]
        now = str(len(self._shelf.log))
        if mark:
            return Changes(now, changed, gone=frozenset(touched - set(there)))
        return Changes(now, changed, names=frozenset(there))

    def _knock(self) -> None:
        if self._shelf.is_away:
            raise Unreachable("unreachable")
        if self._account.password != self._shelf.password:
            raise CredentialsRefused

    def _entries(self, calendar: str) -> dict[str, bytes]:
        self._knock()
        if calendar not in self._shelf.calendars:
            raise Rejected("calendar-gone")
        return self._shelf.calendars[calendar]

    def _check(self, calendar: str, entry_id: str, etag: str, *, is_new: bool) -> None:
        is_there = entry_id in self._entries(calendar)
        is_as_known = not etag or self._shelf.etags.get((calendar, entry_id)) == etag
        if is_new == is_there or not is_as_known:
            raise Clash
