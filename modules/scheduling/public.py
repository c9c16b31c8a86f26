"""What other modules may ask of the calendar."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kernel.money import Money
from modules.scheduling.domain.states import NEVER_A_VISIT, Status
from modules.scheduling.gateways.deposits import Deposit, DepositState, Terms
from modules.scheduling.gateways.packages import (
    Lost,
    Need,
    PackageCard,
    PackageRefused,
    Packages,
    Pause,
    Session,
    UnitState,
)
from modules.scheduling.models import Appointment, AppointmentService, Cancellation, Location, Practitioner, Service
from modules.scheduling.services.visits import provisional

__all__ = [
    "CalledOff",
    "Deposit",
    "DepositState",
    "LocationCard",
    "Lost",
    "Need",
    "PackageCard",
    "PackageRefused",
    "Packages",
    "Pause",
    "ServiceCard",
    "ServiceDone",
    "Session",
    "Terms",
    "UnitState",
    "Visit",
    "confirm_reservation",
    "counts",
    "find_cancellation",
    "find_visit",
    "find_visits",
    "locations",
    "names_of_practitioners",
    "names_of_services",
    "next_visit_of",
    "services_offered",
]


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment, with what billing it needs. Times carry the location's offset."""

    id: UUID
    status: str
    starts_at: datetime
    ends_at: datetime
    patient_id: UUID
    patient_name: str
    client_id: UUID
    service_id: UUID
    service_name: str
    price: Money
    tax_rate: Decimal  # per cent
    practitioner_id: UUID
    practitioner_name: str
    practitioner_user_id: UUID | None
    further: tuple[ServiceDone, ...] = ()

    @property
    def waits_for_deposit(self) -> bool:
        return self.status == Status.RESERVED

    @property
    def came_to_nothing(self) -> bool:
        """Test whether it is only offered, or will not be: nothing hangs on it."""
        return self.status in {Status.CANCELLED, *NEVER_A_VISIT}


@dataclass(frozen=True, slots=True)
class ServiceDone:
    """A further service in the same visit, after the first."""

    id: UUID
    name: str
    price: Money
    tax_rate: Decimal  # per cent


@dataclass(frozen=True, slots=True)
class LocationCard:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ServiceCard:
    id: UUID
    name: str
    price: Money


@dataclass(frozen=True, slots=True)
class CalledOff:
    """What was agreed to pay when a visit was cancelled: the practice keeps the fee, and pays the refund back."""

    fee: Money
    refund: Money


def find_visit(appointment_id: UUID, *, seen_by: Any = None) -> Visit | None:
    """Return a visit; with `seen_by`, only if that user may see it."""
    rows = Appointment.objects.for_display().with_services()
    if seen_by is not None:
        rows = rows.visible_to(seen_by)
    appointment = rows.filter(pk=appointment_id).first()
    return _visit(appointment) if appointment else None


def next_visit_of(service_id: UUID, *, after: datetime) -> Visit | None:
    """Return the next visit to come that begins with this service."""
    rows = Appointment.objects.for_display().with_services().not_begun().in_order()
    appointment = rows.filter(service_id=service_id, period__startswith__gt=after).first()
    return _visit(appointment) if appointment else None


def find_visits(ids: Collection[UUID], *, seen_by: Any) -> dict[UUID, Visit]:
    """Return those of the visits that this user may see, by id."""
    rows = Appointment.objects.for_display().with_services().visible_to(seen_by).filter(pk__in=ids)
    return {appointment.pk: _visit(appointment) for appointment in rows}


def confirm_reservation(appointment_id: UUID, *, at: datetime) -> bool:
    """Make a visit of what was reserved, its deposit being paid or waived; also of what has lapsed, if it can be had.

    False: it was cancelled, or its time is gone. Called again, it does nothing more.
    """
    return provisional.confirm_reservation(appointment_id=appointment_id, at=at)


def find_cancellation(appointment_id: UUID) -> CalledOff | None:
    """Return what was agreed when a visit was cancelled; None for one that is not cancelled."""
    rows = Cancellation.objects.filter(appointment_id=appointment_id, appointment__status=Status.CANCELLED)
    kept = rows.order_by("-at").first()
    return CalledOff(kept.fee, kept.refund) if kept else None


def services_offered() -> list[ServiceCard]:
    rows = Service.objects.current().order_by("name")
    return [ServiceCard(id=service.pk, name=service.name, price=service.price) for service in rows]


def locations() -> list[LocationCard]:
    """Return the places of the practice, by name."""
    return [LocationCard(place.pk, place.name) for place in Location.objects.order_by("name", "pk")]


def names_of_practitioners(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what these are called, also those who left."""
    return dict(Practitioner.objects.filter(pk__in=ids).values_list("pk", "name"))


def names_of_services(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what these are called, also those that are no longer offered."""
    return dict(Service.objects.filter(pk__in=ids).values_list("pk", "name"))


def counts() -> dict[str, int]:
    """Return what an operator may know of this module's size."""
    return {"appointments": Appointment.objects.count()}


def _visit(appointment: Appointment) -> Visit:
    zone, service, patient = appointment.location.zone, appointment.service, appointment.patient
    return Visit(
        id=appointment.pk,
        status=appointment.status,
        starts_at=appointment.starts_at.astimezone(zone),
        ends_at=appointment.ends_at.astimezone(zone),
        patient_id=patient.pk,
        patient_name=patient.name,
        client_id=patient.client_id,
        service_id=service.pk,
        service_name=service.name,
        price=service.price,
        tax_rate=service.tax_rate,
        practitioner_id=appointment.practitioner_id,
        practitioner_name=appointment.practitioner.name,
        practitioner_user_id=appointment.practitioner.user_id,
        further=tuple(_done(row.service) for row in _further(appointment)),
    )


def _further(appointment: Appointment) -> list[AppointmentService]:
    return sorted(appointment.further_services.all(), key=lambda row: row.position)


def _done(service: Service) -> ServiceDone:
    return ServiceDone(id=service.pk, name=service.name, price=service.price, tax_rate=service.tax_rate)
