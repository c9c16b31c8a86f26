"""Put a visit into the calendar, and move it. Two never meet: the database refuses, and this says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.events import publish
from kernel.periods import Period
from kernel.ranges import as_period, as_range
from modules.crm import public as crm
from modules.scheduling.domain.states import Status
from modules.scheduling.events import AppointmentBooked, AppointmentMoved
from modules.scheduling.models import Appointment, Location, Practitioner, Room, Service
from modules.scheduling.selectors import Asker, Slot, suitable_rooms
from modules.scheduling.services import telling
from modules.scheduling.services.clashes import Place, Search, SlotTaken, insert_at_first_free, nobody_is_free
from modules.scheduling.services.history import note_change
from modules.scheduling.services.notice import check_notice

MOVABLE = ("starts_at", "ends_at", "practitioner_id", "room_id")
LATEST_START = timedelta(days=730)
DESK_MAY_RECORD = timedelta(hours=24)  # the desk may put in a visit that has just been


class CannotBook(Invalid):
    """The wish makes no sense as it stands; `fields` says where."""

    code = "booking-invalid"


class NotMovable(Conflict):
    """The visit has begun, is over, or will not be."""

    code = "not-movable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be booked. Without a practitioner or room, a free one is found."""

    service_id: UUID
    patient_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    remark: str = ""
    source: str = "desk"


def book_appointment(*, wish: Wish, by: Any, at: datetime) -> Appointment:
    """Book a visit. Raises `CannotBook`, `NotAllowed`, `SlotTaken` or `NobodyIsFree`."""
    service = _service(wish.service_id)
    patient = _patient(wish.patient_id, by=by)
    period = _period(wish, service)
    _check_time(period, by=by, at=at)
    room = _room(wish.room_id, service)
    location = _location(room)
    search = Search(service, period, room_id=wish.room_id, at=at, asker=_asker(by))
    practitioner = _practitioner(wish.practitioner_id, search, by=by)
    _check_is_offered(search, practitioner, by=by)
    with transaction.atomic():
        appointment = insert_at_first_free(
            lambda place: Appointment(
                location=location,
                patient_id=patient.id,
                service=service,
                practitioner=place.practitioner,
                room=place.room,
                room_place=place.room_place,
                period=as_range(period),
                occupies=as_range(_occupied(service, period)),
                status=Status.SCHEDULED,
                source=wish.source,
                remark=wish.remark,
            ),
            places=_places(service, period, practitioner, room),
            patient_id=patient.id,
            search=search,
        )
        _take_into_care(appointment, by=by, at=at)
        note_change(appointment, by=by, at=at)
        audit.record(action="scheduling.appointment.booked", of=appointment, by=by, changes=_booked(appointment))
        publish(AppointmentBooked(appointment_id=appointment.pk, starts_at=period.start))
        telling.about_booking(appointment, at=at)
    return appointment


@transaction.atomic
def move_appointment(
    *, appointment: Appointment, starts_at: datetime, by: Any, at: datetime, practitioner_id: UUID | None = None
) -> Appointment:
    """Move a visit that has not begun to another time, keeping its length; a free room is found if its own is not.

    Raises `CannotBook`, `NotAllowed`, `SlotTaken`, `NotMovable`, or `NoticeTooShort` for patients.
    """
    appointment = Appointment.objects.for_display().select_for_update(of=["self"]).get(pk=appointment.pk)
    if not appointment.is_not_begun:
        raise NotMovable(_("Only a visit that has not begun can be moved."))
    check_notice(appointment, by=by, at=at)
    before, service = as_period(appointment.period), appointment.service
    place = audit.snapshot(appointment, MOVABLE)
    appointment.version += 1
    period = Period(starts_at, starts_at + before.length)
    _check_time(period, by=by, at=at)
    search = Search(service, period, room_id=None, at=at, asker=_asker(by), ignoring=appointment.pk)
    practitioner = _practitioner(practitioner_id or appointment.practitioner_id, search, by=by)
    _check_is_offered(search, practitioner, by=by)
    moved = insert_at_first_free(
        lambda place: _moved(appointment, period, place),
        places=_places(service, period, practitioner, appointment.room, ignoring=appointment.pk, prefer=True),
        patient_id=appointment.patient_id,
        search=search,
    )
    _take_into_care(moved, by=by, at=at)
    note_change(moved, by=by, at=at)
    audit.record(action="scheduling.appointment.moved", of=moved, by=by, changes=audit.difference(place, moved))
    publish(AppointmentMoved(appointment_id=moved.pk, starts_at=period.start))
    telling.about_move(moved, at=at)
    return moved


def _moved(appointment: Appointment, period: Period, place: Place) -> Appointment:
    appointment.practitioner, appointment.room = place.practitioner, place.room
    appointment.room_place = place.room_place
    appointment.period = as_range(period)
    appointment.occupies = as_range(_occupied(appointment.service, period))
    return appointment


def _service(service_id: UUID) -> Service:
    service = Service.objects.current().filter(pk=service_id).first()
    if service is None:
        raise _wrong("service_id", _("This service is not offered."))
    return service


def _patient(patient_id: UUID | None, *, by: Any) -> crm.PatientCard:
    """Return whom it is for. Somebody on the portal who looks after one patient need not say which."""
    if patient_id is None:
        own = crm.patients_of_account(by.pk)
        if len(own) == 1:
            return own[0]
        raise _wrong("patient_id", _("Say whom the visit is for."))
    patient = crm.find_patient(patient_id, seen_by=by)
    if patient is None:
        raise _wrong("patient_id", _("There is no such patient."))
    if not patient.is_active:
        raise _wrong("patient_id", _("This patient's record is closed."))
    if reach_of(by, "scheduling.book") is Reach.CARE and crm.is_only_lent(patient.id, to=by):
        # A booking takes the patient into care: who was lent a record cannot keep it that way.
        raise NotAllowed(_("This record is only lent to you. Ask the desk, or whoever treats them, to book."))
    return patient


def _period(wish: Wish, service: Service) -> Period:
    ends_at = wish.ends_at or wish.starts_at + timedelta(minutes=service.duration)
    if ends_at <= wish.starts_at:
        raise _wrong("end_time", _("A visit ends after it starts."))
    if ends_at - wish.starts_at > timedelta(hours=12):
        raise _wrong("end_time", _("A visit lasts twelve hours at most."))
    return Period(wish.starts_at, ends_at)


def _check_time(period: Period, *, by: Any, at: datetime) -> None:
    earliest = at if _is_patient(by) else at - DESK_MAY_RECORD
    if period.start < earliest:
        raise _wrong("start_time", _("That time has passed."))
    if period.start > at + LATEST_START:
        raise _wrong("start_time", _("That is more than two years away."))


def _practitioner(practitioner_id: UUID | None, search: Search, *, by: Any) -> Practitioner:
    """Return who performs it: the one asked for, or the first who is free."""
    performing = Practitioner.objects.current().filter(services=search.service)
    if practitioner_id is not None:
        practitioner = performing.filter(pk=practitioner_id).first()
        if practitioner is None:
            raise _wrong("practitioner_id", _("Nobody of that name performs this service here."))
    else:
        free = search.at_that_time()
        if not free:
            raise nobody_is_free(search)
        practitioner = performing.get(pk=_own_first(free, performing, by).practitioner_id)
    if reach_of(by, "scheduling.book") is Reach.CARE and practitioner.user_id != by.pk:
        raise NotAllowed(_("You can book into your own calendar only."))
    return practitioner


def _own_first(free: list[Slot], performing: Any, by: Any) -> Slot:
    own = set(performing.filter(user_id=by.pk).values_list("pk", flat=True))
    return next((slot for slot in free if slot.practitioner_id in own), free[0])


def _check_is_offered(search: Search, practitioner: Practitioner, *, by: Any) -> None:
    """Patients book what is offered. The desk may squeeze somebody in outside the hours."""
    if not _is_patient(by):
        return
    if not search.service.bookable_online:
        raise _wrong("service_id", _("Please ring us to book this."))
    if not search.at_that_time(practitioner.pk):
        raise SlotTaken(
            _("That time is not free. Nothing has been booked."),
            clash="practitioner",
            alternatives=search.afterwards(practitioner.pk),
        )


def _room(room_id: UUID | None, service: Service) -> Room | None:
    if room_id is None:
        return None
    room: Room | None = suitable_rooms(service).filter(pk=room_id).first()
    if room is None:
        raise _wrong("room_id", _("This service is not held in that room."))
    return room


def _location(room: Room | None) -> Location:
    if room is not None:
        return room.location
    location = Location.objects.order_by("pk").first()
    if location is None:
        raise _wrong("room_id", _("The practice has no location yet. Add one in the settings."))
    return location


def _places(
    service: Service,
    period: Period,
    practitioner: Practitioner,
    room: Room | None,
    *,
    ignoring: UUID | None = None,
    prefer: bool = False,
) -> list[Place]:
    """Return the places to try, best first: those that look free, or the wished one so that the clash is told."""
    if room is None and not service.needs_room:
        return [Place(practitioner, None)]
    rooms = [room] if room is not None and not prefer else list(suitable_rooms(service))
    if prefer and room is not None:
        rooms.sort(key=lambda candidate: candidate.pk != room.pk)
    taken = _taken_places(rooms, _occupied(service, period), ignoring)
    free = [
        Place(practitioner, candidate, place)
        for candidate in rooms
        for place in range(1, candidate.capacity + 1)
        if (candidate.pk, place) not in taken
    ]
    if not rooms:
        raise _wrong("room_id", _("No room suits this service. Add one in the settings."))
    return free or [Place(practitioner, rooms[0])]


def _taken_places(rooms: list[Room], occupied: Period, ignoring: UUID | None) -> set[tuple[UUID, int]]:
    taken = Appointment.objects.holding_time().filter(room__in=rooms, occupies__overlap=as_range(occupied))
    if ignoring is not None:
        taken = taken.exclude(pk=ignoring)
    return {(room_id, place) for room_id, place in taken.values_list("room_id", "room_place") if room_id}


def _take_into_care(appointment: Appointment, *, by: Any, at: datetime) -> None:
    """Whoever is booked to see a patient reaches that patient's record."""
    if appointment.practitioner.user_id is not None:
        crm.take_into_care(
            patient_id=appointment.patient_id,
            user_id=appointment.practitioner.user_id,
            reason="a visit was booked with them",
            by=by,
            at=at,
        )


def _occupied(service: Service, period: Period) -> Period:
    return period.widened(
        before=timedelta(minutes=service.buffer_before), after=timedelta(minutes=service.buffer_after)
    )


def _asker(by: Any) -> Asker:
    return Asker.patient() if _is_patient(by) else Asker.desk()


def _is_patient(by: Any) -> bool:
    return reach_of(by, "scheduling.book") is Reach.SELF


def _booked(appointment: Appointment) -> dict[str, tuple[Any, Any]]:
    names = ["patient_id", "service_id", *MOVABLE, "status", "source", "remark"]
    return audit.created(appointment, names)


def _wrong(field: str, sentence: str) -> CannotBook:
    return CannotBook(sentence, fields={field: [sentence]})
