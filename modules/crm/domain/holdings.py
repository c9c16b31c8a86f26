"""What is kept about people, said by each module, so that merging two records forgets nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID


class Merged(NamedTuple):
    """Which patients and clients become which."""

    patients: Mapping[UUID, UUID]
    clients: Mapping[UUID, UUID]

    def into(self, side: str) -> Mapping[UUID, UUID]:
        return self.patients if side == "patient" else self.clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The rows of a model that are a patient's, a client's, or both's, and go along with whoever they are about.

    `patient` and `client` are the columns that say whose a row is, `day` the one that says of when. `stays` returns the
    keys of rows that stay with the record that is merged, because the other one has their like; `hindrances` says what
    has to be put right first, and `clash` the same if only Postgres sees it. Who holds
    `permission` sees the single rows.
    """

    model: str
    label: Any
    patient: str = ""
    client: str = ""
    day: str = ""
    permission: str = ""
    stays: Callable[[Merged], Collection[Any]] | None = None
    hindrances: Callable[[Merged], Iterable[str]] | None = None
    clash: Any = ""
    is_moved_by_trigger: bool = False  # the row is frozen: Postgres moves it, and nobody else may

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Return (side, column) for each of its columns."""
        return [(side, name) for side, name in (("patient", self.patient), ("client", self.client)) if name]


class Stays(NamedTuple):
    """A column that names a patient or a client and is left as it is by a merge, and why."""

    model: str
    column: str
    why: str


Holdings = Iterable[Holding | Stays]


class Lasting(NamedTuple):
    """Something that is so from a day until another; without an end, for ever."""

    since: date
    until: date | None

    def overlaps(self, other: Lasting) -> bool:
        begins_first = self.until is None or other.since < self.until
        return begins_first and (other.until is None or self.since < other.until)
