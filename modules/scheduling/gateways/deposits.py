"""What is paid before a visit is certain. The calendar knows no prices' rules: a module says so in its passport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from kernel.modules import enabled_modules
from kernel.money import Money
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is to be paid, for each service that asks for a deposit, and how many minutes whoever books has for it."""

    parts: tuple[tuple[UUID, Money], ...]
    minutes: int

    @property
    def amount(self) -> Money:
        (_first, amount), *others = self.parts
        return sum((each for _id, each in others), amount)


class DepositState(StrEnum):
    OPEN = "OPEN"  # it can be paid
    PAID = "PAID"
    WAIVED = "WAIVED"  # the practice does without
    OVER = "OVER"  # it was not paid in time, or the visit was called off before


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """How the deposit of a visit stands. `pay_path` is where it is paid; empty once there is nothing to pay."""

    amount: Money
    state: DepositState
    until: datetime
    invoice_id: UUID
    pay_path: str


class Deposits(Protocol):
    """The port. What it writes, it writes in the transaction it is called in."""

    def terms(self, priced: Sequence[tuple[UUID, Money]]) -> Terms | None:
        """Return what is to be paid before these services at these prices; None if nothing is, or nothing can be."""
        ...

    def ask(self, *, appointment_id: UUID, terms: Terms, until: datetime, by: object, at: datetime) -> None:
        """Ask for the deposit of a visit that was just reserved."""
        ...

    def find(self, appointment_id: UUID) -> Deposit | None: ...


def deposits() -> Deposits | None:
    """Return who sees to deposits in this workspace; None if no module that is switched on does."""
    return next((module.load(module.deposits) for module in enabled_modules() if module.deposits), None)


def terms_of(services: Sequence[Service]) -> Terms | None:
    """Return what is to be paid before a visit with these services; None if nothing is."""
    port = deposits()
    return port.terms([(service.pk, service.price) for service in services]) if port else None


def deposit_due(appointment: Appointment) -> Deposit | None:
    """Return the deposit that a reserved visit waits for; None for every other visit."""
    return deposit_of(appointment.pk) if appointment.status == Status.RESERVED else None


def deposit_of(appointment_id: UUID) -> Deposit | None:
    port = deposits()
    return port.find(appointment_id) if port else None
