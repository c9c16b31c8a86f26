"""Visits that are moved, checked in and called off by many at the same moment, with real threads and commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import combinations
from typing import Any

import pytest

from audit.models import AuditEntry
from identity.models import User
from kernel.ranges import as_period
from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, AppointmentChange, Claim, Kind, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Api
from tests.together import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")

VISITS = 4
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def desk() -> User:
    with use_platform():
        return User.objects.get(email="rita@clinic.example")


@pytest.fixture
def visits(place: TenantRef, desk: User, soon: datetime) -> list[Appointment]:
    """A morning of Bo's, a visit every half hour."""
    at = soon - timedelta(days=7)
    with use(place):
        service, bo = Service.objects.get(name="Follow-up"), Practitioner.objects.get(name="Bo")
        return [
            book_appointment(
                wish=Wish(
                    service_id=service.pk,
                    patient_id=_person(number, desk, at).pk,
                    practitioner_id=bo.pk,
                    starts_at=soon + number * HALF_HOUR,
                    ends_at=soon + (number + 1) * HALF_HOUR,
                ),
                by=desk,
                at=at,
            )
            for number in range(VISITS)
        ]


def test_visits_that_are_moved_and_called_off_at_once_never_meet_and_no_change_is_lost(
    place: TenantRef, desk: User, soon: datetime, visits: list[Appointment]
) -> None:
    """Each is to go to one time that all want, to its neighbour's, to a colleague, and to be called off."""
    with use(place):
        bea = Practitioner.objects.get(name="Bea")
    wanted = soon + timedelta(hours=5)
    changes: list[tuple[Appointment, dict[str, Any]]] = []
    for number, visit in enumerate(visits):
        changes += [
            (visit, {"start_time": wanted.isoformat()}),
            (visit, {"start_time": (soon + ((number + 1) % VISITS) * HALF_HOUR).isoformat()}),
            (visit, {"start_time": soon.isoformat(), "practitioner_id": bea.pk}),
        ]
    changes += [(visit, {"status": "CANCELLED", "reason": "ill"}) for visit in visits[::3]]

    answers = all_at_once([_change(place, desk, visit, body) for visit, body in changes])

    assert {answer.status_code for answer in answers} <= {200, 409}
    done = Counter(visit.pk for (visit, _), answer in zip(changes, answers, strict=True) if answer.status_code == 200)
    with use(place):
        for visit in Appointment.objects.all():
            assert visit.version == 1 + done[visit.pk]
            assert AppointmentChange.objects.filter(appointment=visit).count() == 1 + done[visit.pk]
            assert _logged(visit) == 1 + done[visit.pk]
        standing = list(Appointment.objects.holding_time())
        claims = Claim.objects.filter(kind=Kind.PRACTITIONER)
        assert {(each.pk, each.practitioner_id) for each in standing} == set(
            claims.values_list("appointment_id", "resource_id")
        )
        for one, other in combinations(standing, 2):
            if one.practitioner_id == other.practitioner_id:
                assert not as_period(one.occupies).overlaps(as_period(other.occupies))


def test_who_checks_in_and_who_calls_off_at_once_do_not_overwrite_each_other(
    place: TenantRef, desk: User, visits: list[Appointment]
) -> None:
    """Both saw the same version: one of them hears what the visit is now."""
    bodies: list[dict[str, Any]] = [{"status": "CHECKED_IN"}, {"status": "CANCELLED"}]
    calls = [_change(place, desk, visit, body, seen=1) for visit in visits for body in bodies]

    answers = all_at_once(calls)

    for visit, pair in zip(visits, zip(answers[::2], answers[1::2], strict=True), strict=True):
        assert sorted(answer.status_code for answer in pair) == [200, 409]
        won, lost = sorted((answer for answer in pair), key=lambda answer: answer.status_code)
        assert lost.json()["code"] == "changed-meanwhile"
        assert lost.json()["current"]["status"] == won.json()["status"]
        with use(place):
            visit.refresh_from_db()
            assert visit.status == won.json()["status"]
            assert Claim.objects.filter(appointment=visit).exists() == (visit.status == Status.CHECKED_IN)


def _change(
    place: TenantRef, desk: User, visit: Appointment, body: dict[str, Any], *, seen: int | None = None
) -> Callable[[], Any]:
    door = Api(place, desk)
    if seen is not None:
        door.client.defaults["HTTP_IF_MATCH"] = f'"{seen}"'
    return partial(door.patch, f"/api/scheduling/appointments/{visit.pk}/", body)


def _logged(visit: Appointment) -> int:
    return AuditEntry.objects.filter(object_id=str(visit.pk), action__startswith="scheduling.appointment.").count()


def _person(number: int, desk: User, at: datetime) -> Patient:
    name = f"P{number}"
    return register_patient(
        patient=PatientDetails(first_name=name), contact=ContactDetails(first_name=name), by=desk, at=at
    )
