"""Visits that are paid from a package: a session is kept when one is booked, used when it is done, else given back.

Who keeps the sessions is another module, which the tenant may not have (`gateways.packages`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kernel.errors import Conflict, NotFound
from kernel.periods import as_utc
from modules.scheduling.domain.states import Status
from modules.scheduling.gateways.packages import Lost, Need, PackageCard, UnitState, keeper_of_packages
from modules.scheduling.models import Appointment, Side
from tenancy import current_tenant

LOST = {Status.NO_SHOW: Lost.NO_SHOW, Status.LAPSED: Lost.LAPSED}
COLUMNS = ("package_id", "package_number", "package_total")


class UnknownPackage(NotFound):
    """There is no such package, or none that this person may know of."""

    code = "package-unknown"


class TooFewLeft(Conflict):
    """More visits than the package has sessions left."""

    code = "package-too-few"


def packages_of(*, patient_id: UUID, on: date, seen_by: Any) -> list[PackageCard]:
    """Return what a patient can draw from."""
    keeper = keeper_of_packages()
    return keeper.of_patient(patient_id, on=on, seen_by=seen_by) if keeper else []


def read_package(package_id: UUID, *, on: date, seen_by: Any) -> PackageCard:
    """Return a package that somebody may see. Raises `UnknownPackage`."""
    keeper = keeper_of_packages()
    found = keeper.find(package_id, on=on, seen_by=seen_by) if keeper else None
    if found is None:
        raise _unknown()
    return found


def check_enough(package_id: UUID, *, service_ids: Sequence[UUID], visits: int, by: Any, at: datetime) -> None:
    """Raise `UnknownPackage`, or `TooFewLeft` if a package cannot pay for so many visits."""
    card = read_package(package_id, on=local_day(at), seen_by=by)
    left = sum(card.count(UnitState.FREE, service_id=each) for each in dict.fromkeys(service_ids))
    if visits > left:
        words = {"package": card.name, "left": left, "visits": visits}
        raise TooFewLeft(_("%(package)s has %(left)d sessions left for this, and %(visits)d are chosen.") % words)


def draw_session(appointment: Appointment, *, package_id: UUID | None, by: Any, at: datetime) -> None:
    """Have a visit that was just booked paid from a package, if it is to be.

    Raises `UnknownPackage`, or `PackageRefused` for one that does not cover it or has nothing left.
    """
    if package_id is None:
        return
    read_package(package_id, on=local_day(at), seen_by=by)
    _reserve(appointment, package_id, by=by, at=at)
    appointment.save(update_fields=COLUMNS)


def draw_again(appointment: Appointment, *, by: Any, at: datetime) -> None:
    """Keep a session again for a visit that takes place after all; the caller saves. Raises `PackageRefused`."""
    if appointment.package_id is not None and keeper_of_packages() is not None:
        _reserve(appointment, appointment.package_id, by=by, at=at)


def settle_session(appointment: Appointment, *, status: str, by: Any, at: datetime, is_late: bool = False) -> None:
    """Use the session of a visit that is done; give back, or keep, that of one that will not be."""
    keeper = keeper_of_packages() if appointment.package_id else None
    if keeper is None:
        return
    if status == Status.COMPLETED:
        keeper.use(appointment.pk, by=by, at=at)
    elif status == Status.CANCELLED:
        keeper.let_go(appointment.pk, why=Lost.LATE if is_late else Lost.CANCELLED, by=by, at=at)
    elif Status(status) in LOST:
        keeper.let_go(appointment.pk, why=LOST[Status(status)], by=by, at=at)


def check_last_day(appointment: Appointment, *, starts_at: datetime) -> None:
    """Raise `PackageRefused` if a visit would move past the last day of the package that pays for it."""
    keeper = keeper_of_packages() if appointment.package_id else None
    if keeper is not None and appointment.package_id is not None:
        keeper.check_day(appointment.package_id, day=_day(appointment, starts_at))


def follow_services(appointment: Appointment, *, service_ids: Sequence[UUID], by: Any, at: datetime) -> None:
    """Give the session of a visit back if something else is done in it now; the caller saves."""
    keeper = keeper_of_packages() if appointment.package_id else None
    session = keeper.paying_for(appointment.pk) if keeper else None
    if keeper is not None and session is not None and session.service_id not in service_ids:
        keeper.let_go(appointment.pk, why=Lost.CHANGED, by=by, at=at)
        appointment.package_id = appointment.package_number = appointment.package_total = None


def is_their_lateness(*, side: str, is_late: bool) -> bool:
    """Test whether a cancellation costs them their session: the practice's own never does."""
    return is_late and side == Side.PATIENT


def _reserve(appointment: Appointment, package_id: UUID, *, by: Any, at: datetime) -> None:
    keeper = keeper_of_packages()
    if keeper is None:
        raise _unknown()
    further = appointment.further_services.order_by("position").values_list("service_id", flat=True)
    need = Need(
        appointment_id=appointment.pk,
        patient_id=appointment.patient_id,
        service_ids=(appointment.service_id, *further),
        day=_day(appointment, appointment.starts_at),
    )
    session = keeper.reserve(package_id, need=need, by=by, at=at)
    appointment.package_id = session.package_id
    appointment.package_number, appointment.package_total = session.number, session.total


def _day(appointment: Appointment, starts_at: datetime) -> date:
    return as_utc(starts_at).astimezone(appointment.location.zone).date()


def local_day(at: datetime) -> date:
    """Return the day that a moment is in, where the tenant is."""
    return at.astimezone(ZoneInfo(current_tenant().time_zone)).date()


def _unknown() -> UnknownPackage:
    sentence = _("There is no such package.")
    return UnknownPackage(sentence, fields={"package_id": [sentence]})
