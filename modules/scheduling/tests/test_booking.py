"""Putting visits into the calendar, and moving them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import Conflict, NotAllowed
from modules.crm.models import Patient
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Practitioner, Room, Service
from modules.scheduling.services import (
    CallOff,
    CannotBook,
    Move,
    NoticeTooShort,
    SlotTaken,
    cancel_appointment,
    move_appointment,
    set_status,
)
from modules.scheduling.tests.conftest import register
from notify.models import Message

HOUR = timedelta(hours=1)
TOMORROW = timedelta(days=1)


def test_a_booking_is_scheduled_and_audited(book: Any, now: datetime, rita: User) -> None:
    appointment = book(now + TOMORROW)

    entry = AuditEntry.objects.get(action="scheduling.appointment.booked")
    assert appointment.status == Status.SCHEDULED
    assert (entry.user_id, entry.object_id) == (rita.pk, str(appointment.pk))
    assert entry.changes["starts_at"] == [None, (now + TOMORROW).isoformat().replace("+00:00", "Z")]


def test_a_booking_finds_a_free_room_by_itself(book: Any, now: datetime) -> None:
    assert book(now + TOMORROW).room.name == "Room 1"


def test_the_same_time_with_the_same_practitioner_is_refused_with_other_times(
    book: Any, now: datetime, rita: User
) -> None:
    book(now + TOMORROW)
    second = register("Petra", by=rita, at=now)

    with pytest.raises(SlotTaken) as refused:
        book(now + TOMORROW + timedelta(minutes=30), patient_id=second.pk)

    assert Appointment.objects.count() == 1
    assert refused.value.clash == "practitioner"
    assert len(refused.value.alternatives) == 5
    assert str(refused.value) == "Bo is booked from 10:00 to 10:45. Nothing has been booked."


def test_back_to_back_visits_touch_but_do_not_overlap(book: Any, now: datetime) -> None:
    first = book(now + TOMORROW)
    book(first.ends_at)

    assert Appointment.objects.count() == 2


def test_a_room_is_never_shared_beyond_its_places(
    book: Any, now: datetime, rita: User, room_1: Room, beas_calendar: Practitioner
) -> None:
    second = register("Petra", by=rita, at=now)
    book(now + TOMORROW, room_id=room_1.pk)

    with pytest.raises(SlotTaken) as refused:
        book(now + TOMORROW, room_id=room_1.pk, practitioner_id=beas_calendar.pk, patient_id=second.pk)

    assert refused.value.clash == "room"


def test_a_gym_with_two_places_takes_two_visits_and_not_a_third(
    book: Any, now: datetime, rita: User, beas_calendar: Practitioner, ana: User
) -> None:
    gym = Room.objects.get(name="Gym")
    Room.objects.filter(pk=gym.pk).update(capacity=2)
    anas_calendar = Practitioner.objects.get(user_id=ana.pk)
    others = [register(name, by=rita, at=now) for name in ("Petra", "Quin")]
    book(now + TOMORROW, room_id=gym.pk)
    book(now + TOMORROW, room_id=gym.pk, practitioner_id=beas_calendar.pk, patient_id=others[0].pk)

    with pytest.raises(SlotTaken):
        book(now + TOMORROW, room_id=gym.pk, practitioner_id=anas_calendar.pk, patient_id=others[1].pk)

    assert sorted(Appointment.objects.values_list("room_place", flat=True)) == [1, 2]


def test_a_patient_is_never_in_two_places_at_once(book: Any, now: datetime, beas_calendar: Practitioner) -> None:
    book(now + TOMORROW)

    with pytest.raises(SlotTaken) as refused:
        book(now + TOMORROW, practitioner_id=beas_calendar.pk)

    assert refused.value.clash == "patient"


def test_a_buffer_keeps_the_next_visit_at_a_distance(book: Any, now: datetime, follow_up: Service, rita: User) -> None:
    Service.objects.filter(pk=follow_up.pk).update(buffer_after=10)
    first = book(now + TOMORROW)
    second = register("Petra", by=rita, at=now)

    with pytest.raises(SlotTaken):
        book(first.ends_at + timedelta(minutes=5), patient_id=second.pk)

    assert book(first.ends_at + timedelta(minutes=10), patient_id=second.pk).status == Status.SCHEDULED


def test_a_visit_that_ends_before_it_starts_is_refused(book: Any, now: datetime) -> None:
    """SCH-01"""
    with pytest.raises(CannotBook) as refused:
        book(now + TOMORROW, ends_at=now + TOMORROW - HOUR)

    assert refused.value.fields == {"end_time": ["A visit ends after it starts."]}


def test_a_patient_cannot_be_chosen_as_practitioner(book: Any, now: datetime, pia: User) -> None:
    """SCH-02"""
    with pytest.raises(CannotBook) as refused:
        book(now + TOMORROW, practitioner_id=pia.pk)

    assert list(refused.value.fields) == ["practitioner_id"]


def test_a_practitioner_books_into_their_own_calendar_only(
    book: Any, now: datetime, bo: User, beas_calendar: Practitioner, rita: User
) -> None:
    book(now + TOMORROW)  # so that Paul is in Bo's care

    with pytest.raises(NotAllowed):
        book(now + 2 * TOMORROW, by=bo, practitioner_id=beas_calendar.pk)

    assert book(now + 2 * TOMORROW, by=bo).status == Status.SCHEDULED


def test_a_practitioner_does_not_see_a_colleagues_appointments(book: Any, now: datetime, bo: User, bea: User) -> None:
    """SCH-03"""
    appointment = book(now + TOMORROW)

    assert list(Appointment.objects.visible_to(bo)) == [appointment]
    assert list(Appointment.objects.visible_to(bea)) == []
    assert not bea.has_perm("scheduling.view_appointment", appointment)


def test_a_booking_brings_the_patient_into_the_practitioners_care(
    book: Any, now: datetime, bo: User, bea: User
) -> None:
    appointment = book(now + TOMORROW)

    assert list(Patient.objects.visible_to(bo)) == [appointment.patient]
    assert list(Patient.objects.visible_to(bea)) == []


def test_the_past_cannot_be_booked(book: Any, now: datetime) -> None:
    with pytest.raises(CannotBook):
        book(now - 2 * TOMORROW)


def test_a_confirmation_goes_out_at_once_and_a_reminder_a_day_before(book: Any, now: datetime) -> None:
    appointment = book(now + 3 * TOMORROW)

    causes = dict(Message.objects.values_list("cause", "due_at"))
    assert causes == {
        f"scheduling.booked:{appointment.pk}:1": now,
        f"scheduling.reminder:{appointment.pk}:1": now + 2 * TOMORROW,
    }


def test_a_visit_within_the_day_needs_no_reminder(book: Any, now: datetime) -> None:
    book(now + 5 * HOUR)

    assert [cause.split(":")[0] for cause in Message.objects.values_list("cause", flat=True)] == ["scheduling.booked"]


def test_a_moved_visit_keeps_its_length_and_frees_its_old_time(book: Any, now: datetime, rita: User) -> None:
    appointment = book(now + TOMORROW)

    moved = move_appointment(appointment=appointment, to=Move(starts_at=now + 2 * TOMORROW), by=rita, at=now)

    assert (moved.starts_at, moved.ends_at) == (now + 2 * TOMORROW, now + 2 * TOMORROW + timedelta(minutes=45))
    assert moved.version == 2
    assert [change.status for change in moved.changes.order_by("id")] == ["SCHEDULED", "SCHEDULED"]
    assert book(now + TOMORROW).status == Status.SCHEDULED


def test_a_move_onto_a_taken_time_changes_nothing(book: Any, now: datetime, rita: User) -> None:
    taken = book(now + TOMORROW)
    other = book(now + 2 * TOMORROW, patient_id=register("Petra", by=rita, at=now).pk)

    with pytest.raises(SlotTaken):
        move_appointment(appointment=other, to=Move(starts_at=taken.starts_at), by=rita, at=now)

    other.refresh_from_db()
    assert (other.starts_at, other.version) == (now + 2 * TOMORROW, 1)


def test_a_visit_that_has_begun_is_not_moved(book: Any, now: datetime, rita: User) -> None:
    appointment = book(now + HOUR)
    set_status(appointment=appointment, status=Status.CHECKED_IN, by=rita, at=now)

    with pytest.raises(Conflict):
        move_appointment(appointment=appointment, to=Move(starts_at=now + TOMORROW), by=rita, at=now)


def test_patients_move_their_visit_to_offered_times_within_the_notice(
    book: Any, now: datetime, pia: User, rita: User
) -> None:
    patient = register("Pia", by=rita, at=now)
    patient.client.user_id = pia.pk
    patient.client.save()
    appointment = book(now + TOMORROW, patient_id=patient.pk)

    moved = move_appointment(appointment=appointment, to=Move(starts_at=now + TOMORROW + HOUR), by=pia, at=now)
    assert moved.starts_at == now + TOMORROW + HOUR

    with pytest.raises(SlotTaken):  # nobody works at three in the morning
        move_appointment(appointment=moved, to=Move(starts_at=now + TOMORROW + 17 * HOUR), by=pia, at=now)
    with pytest.raises(NoticeTooShort):
        move_appointment(appointment=moved, to=Move(starts_at=now + 2 * TOMORROW), by=pia, at=moved.starts_at - HOUR)


def test_a_cancelled_visit_gives_its_time_back(book: Any, now: datetime, rita: User) -> None:
    appointment = book(now + TOMORROW)

    cancelled = cancel_appointment(appointment=appointment, cancellation=CallOff(reason="ill"), by=rita, at=now)

    assert (cancelled.status, cancelled.cancel_reason) == (Status.CANCELLED, "ill")
    assert book(now + TOMORROW).status == Status.SCHEDULED


def test_a_missed_visit_is_taken_back_only_while_its_time_is_free(book: Any, now: datetime, rita: User) -> None:
    missed = set_status(appointment=book(now + HOUR), status=Status.NO_SHOW, by=rita, at=now)
    book(now + HOUR, patient_id=register("Petra", by=rita, at=now).pk)

    with pytest.raises(Conflict, match="given to somebody else"):
        set_status(appointment=missed, status=Status.SCHEDULED, by=rita, at=now)
