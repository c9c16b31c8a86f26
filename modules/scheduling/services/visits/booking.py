"""Put a visit into the calendar. Two never meet: the database refuses, and this says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.events import publish
from kernel.periods import Period
from kernel.ranges import as_range
from modules.crm import public as crm
from modules.scheduling.events import AppointmentBooked
from modules.scheduling.models import Appointment, AppointmentService
from modules.scheduling.services.placing.clashes import Place, Search, SlotTaken, write_at_first_free
from modules.scheduling.services.placing.overrides import SetAside, check_may_override, note_override, write_beside
from modules.scheduling.services.placing.places import (
    look,
    places_to_try,
    practitioners_to_try,
    put_down_equipment,
    rules_set_aside,
)
from modules.scheduling.services.series.packages import draw_session
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.reserving import Standing, ask_for_deposit, standing_of
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.wishes import (
    Services,
    Wish,
    asker_of,
    check_room,
    check_time,
    read_patient,
    read_period,
    read_services,
    wrong,
)

MOVABLE = ("starts_at", "ends_at", "practitioner_id", "room_id", "service_id")


def book_appointment(*, wish: Wish, by: Any, at: datetime) -> Appointment:
    """Book a visit. Raises `CannotBook`, `NotAllowed`, `SlotTaken` or `NobodyIsFree`.

    With a package that is to pay for it, also `UnknownPackage` or `PackageRefused`, and then nothing is booked.
    """
    services = read_services(wish)
    if any(service.is_group for service in services.all):
        raise wrong(_("This is held in groups: take a place in one of them."), at="service_id")
    patient = read_patient(wish.patient_id, by=by)
    period = read_period(starts_at=wish.starts_at, ends_at=wish.ends_at, usual=services.length)
    check_time(period, by=by, at=at)
    if wish.override:
        check_may_override(by=by)
    check_room(wish.room_id, services=services)
    asker = asker_of(by, patient_id=patient.id)
    search = Search(services.all, period, room_id=wish.room_id, at=wish.asked_at or at, asker=asker)
    standing = standing_of(wish, services=services, period=period, by=by, at=at)
    with transaction.atomic():
        appointment, aside = _book(wish, services, search, patient_id=patient.id, by=by, standing=standing)
        put_down_services(appointment, services=services)
        draw_session(appointment, package_id=wish.package_id, by=by, at=at)
        note_change(appointment, by=by, at=at)
        audit.record(action="scheduling.appointment.booked", of=appointment, by=by, changes=_booked(appointment))
        note_override(appointment, aside=aside, reason=wish.override, by=by, at=at)
        _begin(appointment, standing=standing, by=by, at=at, tell=wish.tell)
    return appointment


def _begin(appointment: Appointment, *, standing: Standing, by: Any, at: datetime, tell: Tell) -> None:
    """Set going what a visit sets going. What is only asked for or reserved waits for an answer, or for its deposit."""
    if standing.terms is not None:
        ask_for_deposit(appointment, terms=standing.terms, by=by, at=at)
        telling.about_reservation(appointment, at=at)
        return
    if appointment.is_provisional:
        telling.about_request(appointment, at=at)
        return
    take_into_care(appointment, by=by, at=at)
    publish(AppointmentBooked(appointment_id=appointment.pk, starts_at=appointment.starts_at))
    telling.about_booking(appointment, at=at, tell=tell)


def _book(
    wish: Wish, services: Services, search: Search, *, patient_id: UUID, by: Any, standing: Standing
) -> tuple[Appointment, SetAside]:
    moment = look(search, practitioner_id=wish.practitioner_id)
    practitioners = practitioners_to_try(wish.practitioner_id, services=services, moment=moment, search=search, by=by)
    aside = rules_set_aside(moment, practitioner=practitioners[0], search=search, override=wish.override)
    return write(
        _maker(wish, services, search.period, patient_id, standing),
        places=places_to_try(moment, practitioners=practitioners),
        patient_id=patient_id,
        search=search,
        aside=aside,
        override=wish.override,
    )


def _maker(
    wish: Wish, services: Services, period: Period, patient_id: UUID, standing: Standing
) -> Callable[[Place], Appointment]:
    def make(place: Place) -> Appointment:
        appointment = Appointment.objects.create(
            location_id=place.location_id,
            patient_id=patient_id,
            patient_place=place.patient_place,
            service=services.first,
            practitioner=place.practitioner,
            practitioner_place=place.practitioner_place,
            room_id=place.room[0] if place.room else None,
            room_place=place.room[1] if place.room else 1,
            period=as_range(period),
            occupies=as_range(services.occupied(period)),
            status=standing.status,
            expires_at=standing.expires_at,
            source=wish.source,
            remark=wish.remark,
            referral=wish.referral,
            **(wish.place_in_series.columns() if wish.place_in_series else {}),
        )
        put_down_equipment(appointment, place=place)
        return appointment

    return make


def write(
    put: Callable[[Place], Appointment],
    *,
    places: list[Place],
    patient_id: UUID,
    search: Search,
    aside: SetAside,
    override: str,
) -> tuple[Appointment, SetAside]:
    """Write the visit where it is free, or beside what is there if there is a reason to. Raises `SlotTaken`."""
    try:
        return write_at_first_free(put, places=places, search=search), aside
    except SlotTaken as refused:
        if not override:
            raise
        beside = write_beside(
            put, place=places[0], patient_id=patient_id, period=search.period, aside=aside, refused=refused
        )
        return beside, aside


def put_down_services(appointment: Appointment, *, services: Services) -> None:
    """Keep what is done after the first service of a visit, in its order."""
    AppointmentService.objects.bulk_create(
        AppointmentService(appointment=appointment, service=service, position=position)
        for position, service in enumerate(services.further, start=1)
    )


def take_into_care(appointment: Appointment, *, by: Any, at: datetime) -> None:
    """Whoever is booked to see a patient reaches that patient's record."""
    if appointment.practitioner.user_id is not None:
        crm.take_into_care(
            patient_id=appointment.patient_id,
            user_id=appointment.practitioner.user_id,
            reason="a visit was booked with them",
            by=by,
            at=at,
        )


def _booked(appointment: Appointment) -> dict[str, tuple[Any, Any]]:
    names = ["patient_id", *MOVABLE, "status", "source", "remark", "package_id", "package_number"]
    return audit.created(appointment, names)
