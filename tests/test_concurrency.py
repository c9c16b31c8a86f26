"""Promises about many at once, kept with real threads, real commits and a database of the test's own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from access.models import Member
from identity.models import User
from modules.crm.models import Patient, PatientGrant
from modules.crm.services import AlreadyReads, ContactDetails, PatientDetails, register_patient, share_record
from modules.scheduling.models import Appointment, Practitioner, Service
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Api
from tests.together import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def desk() -> User:
    with use_platform():
        return User.objects.get(email="rita@clinic.example")


def patients(place: TenantRef, desk: User, count: int, at: datetime) -> list[Patient]:
    with use(place):
        return [
            register_patient(
                patient=PatientDetails(first_name=f"P{number}"),
                contact=ContactDetails(first_name=f"P{number}"),
                by=desk,
                at=at,
            )
            for number in range(count)
        ]


def test_of_fifty_who_want_one_slot_exactly_one_gets_it(place: TenantRef, desk: User, soon: datetime) -> None:
    people = patients(place, desk, 50, soon - timedelta(days=7))
    with use(place):
        service, bo = Service.objects.get(name="Follow-up"), Practitioner.objects.get(name="Bo")
    doors = [Api(place, desk) for _ in people]
    wish = {"service_id": service.pk, "practitioner_id": bo.pk, "start_time": soon.isoformat()}

    answers = all_at_once(
        [
            lambda door=door, who=who: door.post("/api/scheduling/appointments/", wish | {"patient_id": who.pk})
            for door, who in zip(doors, people, strict=True)
        ]
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"slot-taken"}
    assert all(answer.json()["alternatives"] for answer in answers if answer.status_code == 409)
    with use(place):
        assert Appointment.objects.count() == 1


def test_one_booking_sent_ten_times_at_once_is_made_once(place: TenantRef, desk: User, soon: datetime) -> None:
    (who,) = patients(place, desk, 1, soon - timedelta(days=7))
    with use(place):
        service = Service.objects.get(name="Follow-up")
    wish = {"service_id": service.pk, "patient_id": who.pk, "start_time": soon.isoformat()}
    doors = [Api(place, desk) for _ in range(10)]

    answers = all_at_once(
        [lambda door=door: door.post("/api/scheduling/appointments/", wish, key="once") for door in doors]
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    with use(place):
        assert Appointment.objects.count() == 1


def test_overlapping_bookings_from_all_sides_never_share_anybody(place: TenantRef, desk: User, soon: datetime) -> None:
    """Forty visits thrown at three calendars and three rooms within two hours: whatever fits, none may overlap."""
    people = patients(place, desk, 8, soon - timedelta(days=7))
    with use(place):
        service = Service.objects.get(name="Follow-up")
        calendars = list(Practitioner.objects.all())
    wishes = [
        {
            "service_id": service.pk,
            "patient_id": people[number % 8].pk,
            "practitioner_id": calendars[number % 3].pk,
            "start_time": (soon + timedelta(minutes=15 * (number % 9))).isoformat(),
        }
        for number in range(40)
    ]
    doors = [Api(place, desk) for _ in wishes]

    answers = all_at_once(
        [
            lambda door=door, wish=wish: door.post("/api/scheduling/appointments/", wish)
            for door, wish in zip(doors, wishes, strict=True)
        ]
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    with use(place):
        made = list(Appointment.objects.holding_time())
    for first in made:
        for second in made:
            if first.pk < second.pk and first.starts_at < second.ends_at and second.starts_at < first.ends_at:
                assert first.practitioner_id != second.practitioner_id
                assert first.patient_id != second.patient_id
                assert (first.room_id, first.room_place) != (second.room_id, second.room_place)


def test_two_who_let_the_same_colleague_in_do_it_once(place: TenantRef, desk: User) -> None:
    at = timezone.now()
    with use_platform():
        bea = User.objects.get(email="bea@clinic.example")
    (patient,) = patients(place, desk, 1, at)

    def let_in() -> str:
        with use(place):
            try:
                whom = {"patient": patient, "member_id": Member.objects.of_user(bea.pk).get().pk}
                share_record(**whom, reason="second view", until=None, by=desk, at=at)
            except AlreadyReads:
                return "already"
        return "done"

    assert sorted(all_at_once([let_in] * 4)) == ["already", "already", "already", "done"]
    with use(place):
        assert PatientGrant.history.filter(user_id=bea.pk).count() == 1
