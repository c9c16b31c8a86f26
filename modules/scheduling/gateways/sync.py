"""Calendars elsewhere that are kept in step with ours: the port. What is at it is in caldav.py, and a fake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from kernel.modules import Words
from kernel.periods import Period

SENTENCES: Mapping[str, Words] = {
    "credentials": _(
        "The calendar server refuses the user name or the password. Make a new app password there and enter it here."
    ),
    "not-a-server": _("There is no calendar server at this address. Compare it with the help below."),
    "no-calendars": _("The calendar server has no calendar of yours. Make one there first."),
    "calendar-gone": _("The calendar is no longer there. Disconnect it, and connect another one."),
    "rejected": _(
        "The calendar server does not accept what is to be put there: the calendar may be read-only or full."
    ),
    "some-rejected": _("Some visits were not accepted there. They are tried again."),
    "nonsense": _("The calendar server answered with something that makes no sense."),
    "clash": _("An entry was changed there at the same moment. It is tried again."),
}


class SyncFailed(Exception):
    """Something was not done. `why` is a stable word for it, a key of the sentences in elsewhere.py."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unreachable(SyncFailed):
    """The server is away, or something like it: it may be there again later."""


class CredentialsRefused(SyncFailed):
    """It is there, but does not let us in."""

    def __init__(self) -> None:
        super().__init__("credentials")


class Rejected(SyncFailed):
    """It lets us in, but not do this."""

    def __init__(self, why: str = "rejected") -> None:
        super().__init__(why)


class Clash(SyncFailed):
    """The entry is not as we left it: somebody changed it, or it is there already."""

    def __init__(self) -> None:
        super().__init__("clash")


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks, and where."""

    address: str
    user_name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundCalendar:
    url: str
    name: str
    is_writable: bool = True


@dataclass(frozen=True, slots=True)
class StandingEntry:
    """An entry as it is there now."""

    etag: str
    sequence: int


@dataclass(frozen=True, slots=True)
class ChangedEntry:
    """An entry with all that it says. `name` tells it from others and leads nowhere."""

    name: str
    etag: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed. `mark` is what to ask with the next time.

    A whole reading says by `names` what there is; one of changes says by `gone` what is not there any more.
    """

    mark: str
    changed: list[ChangedEntry] = field(default_factory=list)
    gone: frozenset[str] = frozenset()
    names: frozenset[str] | None = None
    left_out: bool = False


class CalendarServer(Protocol):
    """The port: whoever keeps the calendars. Everything here may raise `Unreachable` or `CredentialsRefused`."""

    def calendars(self) -> list[FoundCalendar]:
        """Return the calendars of the account. Raises `Rejected` if the address is none of a calendar server."""
        ...

    def put(self, calendar: str, entry_id: str, content: bytes, *, etag: str | None) -> str:
        """Put an entry where the one with `etag` is, with "" where none is, with None over whatever is there.

        Return its new etag; "" if it has none by which it could be told.

        Raises `Clash`, or `Rejected` if the server does not want it.
        """
        ...

    def remove(self, calendar: str, entry_id: str, *, etag: str) -> None:
        """Take out the entry with `etag`, without one as it is; nothing, if it is not there.

        Raises `Clash` or `Rejected`.
        """
        ...

    def standing(self, calendar: str, entry_id: str) -> StandingEntry | None:
        """Return an entry of ours as it is there now; None if it is not."""
        ...

    def name_of(self, calendar: str, entry_id: str) -> str:
        """Return the name that an entry of ours has among the changes."""
        ...

    def changes(
        self, calendar: str, *, mark: str, known: Mapping[str, str], skip: Collection[str], during: Period
    ) -> Changes:
        """Return what changed since `mark`, or, without one, all that reaches into `during`.

        `known` has the etags of what is known already, `skip` the names of what is not wanted: neither comes along.
        """
        ...
