"""What takes time claims it, in the database itself; and what is set aside on purpose stays known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from identity.models import User
from kernel.errors import NotAllowed
from kernel.periods import Period
from kernel.ranges import as_range
from modules.crm.models import Patient
from modules.scheduling.domain.states import GIVES_ITS_TIME_BACK, Status
from modules.scheduling.models import (
    Appointment,
    Claim,
    Equipment,
    EquipmentKind,
    GroupSession,
    Kind,
    Location,
    Override,
    Practitioner,
    Room,
    Service,
)
from modules.scheduling.services import (
    CallOff,
    ChangedMeanwhile,
    Move,
    SlotTaken,
    StatusNotAllowed,
    Tell,
    cancel_appointment,
    move_appointment,
    set_status,
)
from modules.scheduling.tests.conftest import register
from notify.models import Message

TOMORROW = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)


def claims_of(appointment: Appointment) -> dict[str, Any]:
    return {claim.kind: (claim.resource_id, claim.place) for claim in appointment.claims.all()}


def test_a_visit_claims_its_practitioner_its_room_and_its_patient(book: Any, now: datetime) -> None:
    visit = book(now + TOMORROW)

    assert claims_of(visit) == {
        Kind.PRACTITIONER: (visit.practitioner_id, 1),
        Kind.ROOM: (visit.room_id, 1),
        Kind.PATIENT: (visit.patient_id, 1),
    }


@pytest.mark.parametrize("status", sorted(Status))
def test_each_state_has_the_claims_it_should(book: Any, now: datetime, status: Status) -> None:
    visit = book(now + TOMORROW)
    Appointment.objects.filter(pk=visit.pk).update(status=status)

    kinds = set(claims_of(visit))
    if status in GIVES_ITS_TIME_BACK:
        assert kinds == set()
    elif status is Status.OFFERED:  # whom it is offered may have something else at that time still
        assert kinds == {Kind.PRACTITIONER, Kind.ROOM}
    else:
        assert kinds == {Kind.PRACTITIONER, Kind.ROOM, Kind.PATIENT}


def test_nobody_writes_claims_by_hand(book: Any, now: datetime) -> None:
    visit = book(now + TOMORROW)

    with pytest.raises(DatabaseError), transaction.atomic():
        visit.claims.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Claim.objects.filter(appointment=visit).update(place=9)


def test_not_even_plain_sql_puts_two_visits_at_one_time(book: Any, now: datetime, rita: User) -> None:
    book(now + TOMORROW)
    other = book(now + 2 * TOMORROW, patient_id=register("Petra", by=rita, at=now).pk)
    there = as_range(Period(now + TOMORROW, now + TOMORROW + HALF_HOUR))

    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=other.pk).update(period=there, occupies=there)


def test_a_group_takes_its_practitioner_and_each_who_comes_a_place(
    now: datetime, patient: Patient, follow_up: Service, bos_calendar: Practitioner, room_1: Room, book: Any, rita: User
) -> None:
    period = as_range(Period(now + TOMORROW, now + TOMORROW + HALF_HOUR))
    where = {"location": room_1.location, "service": follow_up, "practitioner": bos_calendar}
    where |= {"period": period, "occupies": period}
    group = GroupSession.objects.create(**where, room=room_1, places=2)
    coming = Appointment.objects.create(
        **where, patient=patient, session=group, session_place=1, status=Status.SCHEDULED
    )

    assert {claim.kind for claim in group.claims.all()} == {Kind.PRACTITIONER, Kind.ROOM}
    assert set(claims_of(coming)) == {Kind.SESSION, Kind.PATIENT}
    with pytest.raises(SlotTaken) as refused:
        book(now + TOMORROW, patient_id=register("Petra", by=rita, at=now).pk)
    assert refused.value.clash == "practitioner"


def test_a_double_booking_on_purpose_is_kept_with_its_reason(book: Any, now: datetime, rita: User) -> None:
    book(now + TOMORROW)
    petra = register("Petra", by=rita, at=now)

    visit = book(now + TOMORROW, patient_id=petra.pk, override="acute pain")

    kept = Override.objects.get()
    assert (kept.appointment, kept.rules, kept.reason) == (visit, ["booked"], "acute pain")
    assert claims_of(visit)[Kind.PRACTITIONER] == (visit.practitioner_id, 2)
    quin = register("Quin", by=rita, at=now)
    with pytest.raises(SlotTaken):
        book(now + TOMORROW, patient_id=quin.pk)


def test_a_reason_given_for_nothing_is_no_override(book: Any, now: datetime) -> None:
    book(now + TOMORROW, override="to be safe")

    assert not Override.objects.exists()


def test_patients_set_no_rule_aside(book: Any, now: datetime, pia: User, rita: User) -> None:
    patient = register("Pia", by=rita, at=now)
    patient.client.user_id = pia.pk
    patient.client.save()

    with pytest.raises(NotAllowed):
        book(now + TOMORROW, by=pia, patient_id=patient.pk, override="please")


def test_the_slower_of_two_receptionists_hears_what_the_visit_is_now(book: Any, now: datetime, rita: User) -> None:
    visit = book(now + TOMORROW)
    seen = visit.version
    move_appointment(appointment=visit, to=Move(starts_at=now + 2 * TOMORROW, version=seen), by=rita, at=now)

    with pytest.raises(ChangedMeanwhile) as refused:
        move_appointment(appointment=visit, to=Move(starts_at=now + 3 * TOMORROW, version=seen), by=rita, at=now)

    assert refused.value.current.starts_at == now + 2 * TOMORROW
    assert refused.value.current.version == seen + 1


def test_a_visit_is_made_longer_and_goes_to_another_room(book: Any, now: datetime, rita: User) -> None:
    visit = book(now + TOMORROW)
    room_2 = Room.objects.get(name="Room 2")

    moved = move_appointment(
        appointment=visit, to=Move(ends_at=visit.ends_at + HALF_HOUR, room_id=room_2.pk), by=rita, at=now
    )

    assert (moved.starts_at, moved.ends_at - visit.ends_at, moved.room) == (visit.starts_at, HALF_HOUR, room_2)


def test_what_is_undone_in_time_nobody_hears_of(book: Any, now: datetime, rita: User) -> None:
    visit = book(now + TOMORROW, tell=Tell.NOT)
    cancel_appointment(appointment=visit, cancellation=CallOff(tell=Tell.SOON), by=rita, at=now)

    taken_back = set_status(appointment=visit, status=Status.SCHEDULED, by=rita, at=now)

    assert (taken_back.status, taken_back.sequence) == (Status.SCHEDULED, 2)
    due = {cause.split(":")[0]: due_at for cause, due_at in Message.objects.values_list("cause", "due_at")}
    assert due == {"scheduling.cancelled": now + timedelta(seconds=60)}  # and finds that it has no reason, then


def test_a_cancellation_keeps_on_whose_side_how_late_and_what_was_agreed(book: Any, now: datetime, rita: User) -> None:
    visit = book(now + timedelta(hours=1))
    agreed = CallOff(reason="ill", fee_minor=2500)

    cancelled = cancel_appointment(appointment=visit, cancellation=agreed, by=rita, at=now)

    facts = cancelled.cancellations.get()
    assert (facts.side, facts.is_late, facts.fee_minor, facts.by_name) == ("PRACTICE", True, 2500, str(rita))
    with pytest.raises(StatusNotAllowed):
        set_status(appointment=visit, status=Status.SCHEDULED, by=rita, at=visit.starts_at)


def test_several_services_make_one_visit_as_long_as_all_of_them(book: Any, now: datetime) -> None:
    first, second = Service.objects.filter(practitioners__name="Bo").order_by("name")[:2]
    Service.objects.filter(pk=second.pk).update(buffer_after=20)

    visit = book(now + TOMORROW, service_id=first.pk, further_service_ids=(second.pk,))

    assert visit.ends_at - visit.starts_at == timedelta(minutes=first.duration + second.duration)
    assert visit.occupies.upper - visit.ends_at == timedelta(minutes=20)
    assert [row.service for row in visit.further_services.all()] == [second]


def test_a_device_is_used_by_as_many_at_a_time_as_there_are(
    book: Any, now: datetime, follow_up: Service, rita: User, beas_calendar: Practitioner, ana: User
) -> None:
    shockwave = EquipmentKind.objects.create(name="Shockwave")
    follow_up.equipment_kinds.add(shockwave)
    devices = Equipment.objects.create(kind=shockwave, name="Shockwave", location=Location.objects.get(), capacity=2)
    petra, quin = (register(name, by=rita, at=now) for name in ("Petra", "Quin"))
    anas_calendar = Practitioner.objects.get(user_id=ana.pk)
    first = book(now + TOMORROW)
    book(now + TOMORROW, practitioner_id=beas_calendar.pk, patient_id=petra.pk)

    with pytest.raises(SlotTaken) as refused:
        book(now + TOMORROW, practitioner_id=anas_calendar.pk, patient_id=quin.pk)
    assert refused.value.clash == "equipment"

    move_appointment(appointment=first, to=Move(starts_at=now + 2 * TOMORROW), by=rita, at=now)
    third = book(now + TOMORROW, practitioner_id=anas_calendar.pk, patient_id=quin.pk)
    assert claims_of(third)[Kind.EQUIPMENT] == (devices.pk, 1)
    assert claims_of(first)[Kind.EQUIPMENT] == (devices.pk, 1)
