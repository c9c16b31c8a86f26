"""Somebody is here, and is to be seen by somebody else: who is free then, and nobody who is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from identity.models import User
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Practitioner
from modules.scheduling.selectors import free_colleagues
from modules.scheduling.services import Move, NotMovable, SlotTaken, move_appointment, set_status
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use


def test_those_are_offered_who_are_free_and_whoever_waits_changes_hands(
    book: Any, beas_calendar: Practitioner, bos_calendar: Practitioner, rita: User, now: datetime
) -> None:
    visit = book(now)
    set_status(appointment=visit, status=Status.CHECKED_IN, by=rita, at=now)
    visit = Appointment.objects.for_display().get(pk=visit.pk)
    offered = free_colleagues(visit, at=now + timedelta(minutes=10))
    assert beas_calendar in offered
    assert bos_calendar not in offered

    given = move_appointment(
        appointment=visit,
        to=Move(practitioner_id=beas_calendar.pk, tell=Tell.NOT),
        by=rita,
        at=now + timedelta(minutes=10),
    )

    assert (given.practitioner, given.status, given.starts_at) == (beas_calendar, Status.CHECKED_IN, visit.starts_at)
    with pytest.raises(NotMovable):
        move_appointment(appointment=given, to=Move(starts_at=now + timedelta(hours=2)), by=rita, at=now)


def test_who_is_busy_then_is_not_offered_and_is_refused(
    book: Any, beas_calendar: Practitioner, rita: User, now: datetime
) -> None:
    visit = book(now)
    book(now, practitioner_id=beas_calendar.pk, patient_id=register("Quin", by=rita, at=now).pk)

    assert beas_calendar not in free_colleagues(visit, at=now)
    with pytest.raises(SlotTaken):
        move_appointment(appointment=visit, to=Move(practitioner_id=beas_calendar.pk), by=rita, at=now)


def test_the_desk_gives_a_visit_away_on_the_page_of_the_arrival(
    booked_soon: Appointment, pages: Any, rita: User, bo: User, bea: User, clinic: TenantRef
) -> None:
    with use(clinic):
        other = Practitioner.objects.get(user_id=bea.pk)
    address = f"/appointments/{booked_soon.pk}/"
    desk = pages(rita)
    assert str(other.pk) in desk.get(f"{address}check-in/").content.decode()
    assert str(other.pk) not in pages(bo).get(f"{address}check-in/").content.decode()
    stale = desk.post(f"{address}practitioner/", {"practitioner": str(other.pk), "version": "99"})
    given = desk.post(f"{address}practitioner/", {"practitioner": str(other.pk), "version": "1"})

    assert (stale.status_code, given.status_code) == (409, 302)
    assert pages(bo).get(address).status_code == 404
    with use(clinic):
        assert Appointment.objects.get(pk=booked_soon.pk).practitioner == other
