"""Promises about many at once, kept with real threads, real commits and a database of the test's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from access.models import Member
from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import Patient, PatientGrant
from modules.crm.services import AlreadyReads, ContactDetails, PatientDetails, register_patient, share_record
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services.waiting.entries import Wait, add_entry
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Api, Pages
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


def test_of_fifty_at_every_door_one_gets_the_practitioner(place: TenantRef, desk: User, soon: datetime) -> None:
    """By program and page, as a series, from the waiting list, and with whoever is free, which may be the same one."""
    people = patients(place, desk, 50, soon - timedelta(days=7))
    with use(place):
        service, bo = Service.objects.get(name="Follow-up"), Practitioner.objects.get(name="Bo")

    answers = all_at_once(
        [
            *_by_program(place, desk, people[:30], service, bo, soon),
            *_otherwise(place, desk, people[30:], service, bo, soon),
        ]
    )

    counted = Counter(answer.status_code for answer in answers)
    won = counted[201] + counted[302]
    assert won + counted[409] == 50, counted
    assert all(_other_times(answer) for answer in answers if answer.status_code == 409)
    with use(place):
        standing = Appointment.objects.holding_time().filter(period__startswith=soon)
        ids = {str(pk) for pk in standing.values_list("pk", flat=True)}
        begun = AuditEntry.objects.filter(action__in=BEGINNINGS, changes__starts_at__isnull=False, object_id__in=ids)
        assert standing.filter(practitioner=bo).count() == 1
        assert len(set(standing.values_list("practitioner", flat=True))) == len(ids) == won == begun.count()


BEGINNINGS = ("scheduling.appointment.booked", "scheduling.appointment.offered")

Knock = Callable[[], Any]


def _by_program(
    place: TenantRef, desk: User, people: list[Patient], service: Service, bo: Practitioner, at: datetime
) -> list[Knock]:
    """Of three, two ask for Bo and one for whoever is free."""

    def knock(number: int, who: Patient, door: Api) -> Any:
        wish = {"service_id": service.pk, "patient_id": who.pk, "start_time": at.isoformat()}
        return door.post("/api/scheduling/appointments/", wish | ({"practitioner_id": bo.pk} if number % 3 else {}))

    return [partial(knock, number, who, Api(place, desk)) for number, who in enumerate(people)]


def _otherwise(
    place: TenantRef, desk: User, people: list[Patient], service: Service, bo: Practitioner, at: datetime
) -> list[Knock]:
    """By the page, as a series of two weeks, and as an offer to the waiting list."""
    knocks: list[Knock] = []
    for number, who in enumerate(people):
        if number % 4 < 2:
            form = {"service": service.pk, "patient": who.pk, "slot": f"{at.isoformat()}|{bo.pk}|"}
            knocks.append(partial(Pages(place, desk).post, "/appointments/new/", form))
        elif number % 4 == 2:
            series = {"patient_id": who.pk, "service_ids": [service.pk], "rule": "FREQ=WEEKLY;COUNT=2"}
            local = at.astimezone(ZoneInfo("Europe/London"))
            series |= {"first_day": local.date().isoformat(), "start": f"{local:%H:%M}", "practitioner_ids": [bo.pk]}
            visits = [{"number": 1}, {"number": 2}]
            knocks.append(partial(Api(place, desk).post, "/api/scheduling/series/", series | {"visits": visits}))
        else:
            with use(place):
                wait = Wait(patient_id=who.pk, service_id=service.pk, first_day=timezone.now().date())
                entry = add_entry(wait=wait, by=desk, at=timezone.now())
            offer = {"start_time": at.isoformat(), "practitioner_id": bo.pk}
            knocks.append(partial(Api(place, desk).post, f"/api/scheduling/waiting-list/{entry.pk}/offers/", offer))
    return knocks


def _other_times(refused: Any) -> bool:
    """Test whether a refusal says what is still free; a series says it visit by visit, the page by its times."""
    if "json" not in refused["Content-Type"]:
        return 'name="slot"' in refused.content.decode()
    problem = refused.json()
    return bool(problem.get("alternatives") or problem.get("visits"))


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
