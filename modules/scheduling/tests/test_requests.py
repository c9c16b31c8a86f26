"""Visits that are asked for: held for a while, answered once, let go when nobody answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from identity.models import User
from kernel.errors import DomainError
from modules.crm.models import Patient
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, AppointmentChange, Claim, Practitioner, Service
from modules.scheduling.services import (
    Move,
    NotWaiting,
    SlotTaken,
    Visitor,
    Wish,
    accept_request,
    book_appointment,
    decline_request,
    set_status,
)
from modules.scheduling.services.visits import provisional
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called

DAY = timedelta(days=1)


@pytest.fixture
def asked(follow_up: Service, bos_calendar: Practitioner, rita: User, now: datetime) -> Any:
    """`asked()` is Paula's wish for a follow-up with Bo tomorrow at ten, to be confirmed by the practice."""
    Service.objects.filter(pk=follow_up.pk).update(needs_confirmation=True)
    paula = register("Paula", by=rita, at=now, email="paula@mail.example")

    def ask(starts_at: datetime = now + DAY, at: datetime = now) -> Appointment:
        wish = Wish(
            service_id=follow_up.pk,
            patient_id=paula.pk,
            starts_at=starts_at,
            practitioner_id=bos_calendar.pk,
            source="web",
        )
        return book_appointment(wish=wish, by=Visitor(), at=at)

    return ask


def test_what_is_asked_for_holds_its_time_and_is_no_visit_before_it_is_accepted(
    asked: Any, book: Any, rita: User, now: datetime
) -> None:
    request = asked()
    with pytest.raises(SlotTaken):
        book(now + DAY)

    accepted = accept_request(appointment=request, by=rita, at=now)
    again = accept_request(appointment=request, by=rita, at=now)

    assert (request.status, request.expires_at) == (Status.REQUESTED, now + DAY - timedelta(hours=1))
    assert (accepted.status, accepted.expires_at, again.version) == (Status.SCHEDULED, None, accepted.version)
    steps = AppointmentChange.objects.filter(appointment=request).order_by("at", "pk")
    assert [(step.status, step.by_name) for step in steps] == [
        (Status.REQUESTED, "Somebody online"),
        (Status.SCHEDULED, "Rita"),
    ]


def test_a_request_is_accepted_at_another_time_or_declined_with_a_reason(
    asked: Any, bo: User, rita: User, now: datetime
) -> None:
    moved = accept_request(appointment=asked(), to=Move(starts_at=now + 2 * DAY), by=bo, at=now)
    other = asked()
    declined = decline_request(appointment=other, reason="Bo is at a congress", by=rita, at=now)

    assert (moved.status, moved.starts_at) == (Status.SCHEDULED, now + 2 * DAY)
    assert (declined.status, declined.cancel_reason) == (Status.LAPSED, "Bo is at a congress")
    assert not Claim.objects.filter(appointment=other).exists()
    with pytest.raises(NotWaiting):
        accept_request(appointment=other, by=rita, at=now)


def test_what_nobody_answered_lapses_once_and_a_late_answer_is_refused(asked: Any, rita: User, now: datetime) -> None:
    request = asked(starts_at=now + 7 * DAY)
    late = now + timedelta(hours=48)

    assert provisional.expired(at=late - timedelta(seconds=1), statuses=[Status.REQUESTED]) == []
    assert provisional.expired(at=late, statuses=[Status.REQUESTED]) == [request.pk]
    with pytest.raises(NotWaiting):
        accept_request(appointment=request, by=rita, at=late)
    provisional.lapse_expired(appointment_id=request.pk, at=late)
    provisional.lapse_expired(appointment_id=request.pk, at=late)

    assert Appointment.objects.get(pk=request.pk).status == Status.LAPSED
    assert AppointmentChange.objects.filter(appointment=request).count() == 2
    assert not provisional.lapse(appointment=request, reason="again", by=None, at=late)


def test_the_state_is_not_set_past_the_answer(asked: Any, rita: User, pia: User, now: datetime) -> None:
    request = asked()

    answered = set_status(appointment=request, status=Status.SCHEDULED, by=rita, at=now)

    assert (answered.status, answered.expires_at) == (Status.SCHEDULED, None)
    with pytest.raises(DomainError):
        accept_request(appointment=request, by=pia, at=now)


def test_the_desk_answers_on_its_list_and_over_the_api(
    asked: Any, clinic: TenantRef, rita: User, bea: User, pages: Any, api: Any, soon: datetime
) -> None:
    at = soon - 3 * DAY
    first, second = asked(soon, at), asked(soon + 2 * DAY, at)
    Appointment.objects.update(expires_at=soon)
    desk = pages(rita)

    listed = desk.get("/requests/").content.decode()
    stranger = pages(bea).get("/requests/").content.decode()
    accepted = desk.post(f"/requests/{first.pk}/acceptance/")
    declined = api(rita).post(f"/api/scheduling/appointments/{second.pk}/refusal/", {"reason": "no room"})

    assert listed.count("Paula Test</a>") == 2
    assert "Paula" not in stranger
    assert accepted.status_code == 302
    assert (declined.status_code, declined.json()["status"]) == (200, "LAPSED")
    with use(clinic):
        assert Appointment.objects.get(pk=first.pk).status == Status.SCHEDULED


@pytest.mark.usefixtures("own_database")
def test_an_answer_and_the_clock_in_one_second_leave_one_of_the_two(now: datetime) -> None:
    """They wait for one row: whoever comes second finds it answered, or run out."""
    clinic = tenant_called("clinic")
    request, desk = _request_to_race_for(clinic, now)
    barrier, results = Barrier(2), []

    def run(act: Any) -> None:
        try:
            with use(clinic), transaction.atomic():
                barrier.wait(timeout=10)
                results.append(act())
        except NotWaiting:
            results.append("too late")
        finally:
            connection.close()

    at = request.expires_at - timedelta(microseconds=1)
    acts = [
        lambda: accept_request(appointment=request, by=desk, at=at),
        lambda: provisional.lapse(appointment=request, reason="ran out", by=None, at=request.expires_at),
    ]
    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    with use(clinic):
        status = Appointment.objects.get(pk=request.pk).status
        changes = AppointmentChange.objects.filter(appointment=request).count()
    assert (status, changes) in {(Status.SCHEDULED, 2), (Status.LAPSED, 2)}
    assert ("too late" in results) == (status == Status.LAPSED)
    assert (False in results) == (status == Status.SCHEDULED)


def _request_to_race_for(clinic: TenantRef, now: datetime) -> tuple[Appointment, User]:
    with use_platform():
        desk = User.objects.get(email="rita@clinic.example")
    with use(clinic):
        Service.objects.filter(name="Follow-up").update(needs_confirmation=True)
        patient: Patient = register("Paula", by=desk, at=now)
        wish = Wish(
            service_id=Service.objects.get(name="Follow-up").pk,
            patient_id=patient.pk,
            starts_at=now + DAY,
            source="web",
        )
        return book_appointment(wish=wish, by=Visitor(), at=now), desk
