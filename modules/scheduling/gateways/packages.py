"""What the calendar asks of whoever sells packages of sessions: a module that says so in its passport."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from kernel.errors import Conflict
from kernel.modules import enabled_modules


class PackageRefused(Conflict):
    """A package does not pay for a visit: it has run out, or is for another time, person or service."""

    code = "package-refused"


class Lost(StrEnum):
    """Why a visit that was to be paid from a package does not take place as it was."""

    CANCELLED = "CANCELLED"  # in time, or by the practice
    LATE = "LATE"  # called off by them within the notice
    NO_SHOW = "NO_SHOW"
    LAPSED = "LAPSED"  # asked for, and never was a visit
    CHANGED = "CHANGED"  # another service is done instead


class UnitState(StrEnum):
    """What became of one session that was bought."""

    FREE = "FREE"
    RESERVED = "RESERVED"
    USED = "USED"


@dataclass(frozen=True, slots=True)
class Session:
    """One session that was bought: the third of five of a service. `appointment_id` is what it is for."""

    package_id: UUID
    service_id: UUID
    number: int
    total: int
    state: UnitState
    appointment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which nothing is drawn from a package; without `resumed_on`, the first after them, until it is said."""

    first_day: date
    resumed_on: date | None

    def includes(self, day: date) -> bool:
        return self.first_day <= day and (self.resumed_on is None or day < self.resumed_on)


@dataclass(frozen=True, slots=True)
class PackageCard:
    """A package that somebody has, and every session of it."""

    id: UUID
    name: str
    patient_id: UUID
    last_day: date  # on which a visit can be paid from it
    sessions: tuple[Session, ...]
    is_open: bool = True  # neither called off nor expired
    pauses: tuple[Pause, ...] = ()

    @property
    def service_ids(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(session.service_id for session in self.sessions))

    @property
    def total(self) -> int:
        return len(self.sessions)

    def count(self, state: UnitState, *, service_id: UUID | None = None) -> int:
        return sum(session.state is state and service_id in {None, session.service_id} for session in self.sessions)

    @property
    def left(self) -> int:
        return self.count(UnitState.FREE)

    @property
    def frozen_from(self) -> date | None:
        """The day from which nothing is drawn from it until somebody says that it goes on."""
        return next((pause.first_day for pause in self.pauses if pause.resumed_on is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The visit that a session is wanted for. `day` is on the wall clock where it is."""

    appointment_id: UUID
    patient_id: UUID
    service_ids: tuple[UUID, ...]
    day: date


class Packages(Protocol):
    """Who keeps the ledger of sessions. All of it happens in the caller's transaction, or not at all."""

    def of_patient(self, patient_id: UUID, *, on: date, seen_by: Any) -> list[PackageCard]:
        """Return what somebody can still draw from on that day, what runs out first to the front."""

    def find(self, package_id: UUID, *, on: date, seen_by: Any) -> PackageCard | None:
        """Return a package, if that user may see it."""

    def paying_for(self, appointment_id: UUID) -> Session | None:
        """Return the session that a visit has."""

    def check_day(self, package_id: UUID, *, day: date) -> None:
        """Raise `PackageRefused` for a visit on a day after its last, or on which it is frozen."""

    def reserve(self, package_id: UUID, *, need: Need, by: Any, at: datetime) -> Session:
        """Keep a session for a visit; the one that it had before, if that is still free. Raises `PackageRefused`."""

    def use(self, appointment_id: UUID, *, by: Any, at: datetime) -> None:
        """Note that the visit took place. A visit without a session is none of its business."""

    def let_go(self, appointment_id: UUID, *, why: Lost, by: Any, at: datetime) -> bool:
        """Give back the session of a visit, or keep it as used: the tenant's rules say. True if it was given back."""


def keeper_of_packages() -> Packages | None:
    """Return who keeps the packages of the tenant in use, if anybody does."""
    found: Packages | None = next((each.load(each.packages) for each in enabled_modules() if each.packages), None)
    return found
