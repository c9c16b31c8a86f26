"""Calendars elsewhere, whose busy times are read over and over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import NotAllowed
from kernel.outbound import Fetched, NotFetched
from modules.crm.models import Patient
from modules.scheduling import services
from modules.scheduling.models import Appointment, ExternalBusy, ExternalCalendar, Practitioner
from modules.scheduling.services.elsewhere import external_calendars
from modules.scheduling.tests.test_busy import calendar
from notify.models import Message
from tenancy import TenantRef

URL = "https://calendar.example/private-3f9c/basic.ics"


def event(uid: str, starts: datetime) -> str:
    return f"UID:{uid}\nDTSTART:{starts:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\nSUMMARY:Dentist"


class Elsewhere:
    """The other side: what it has at the address, or what it says instead."""

    def __init__(self) -> None:
        self.content: bytes | NotFetched = calendar()
        self.asked: list[dict[str, Any]] = []

    def fetch(self, url: str, **known: Any) -> Fetched:
        self.asked.append({"url": url} | known)
        if isinstance(self.content, NotFetched):
            raise self.content
        tag = f'"{hash(self.content)}"'
        is_known = known["etag"] == tag
        return Fetched(b"" if is_known else self.content, "text/calendar", tag, is_unchanged=is_known)


@pytest.fixture
def other_side(monkeypatch: Any) -> Elsewhere:
    there = Elsewhere()
    monkeypatch.setattr(external_calendars.outbound, "fetch", there.fetch)
    return there


@pytest.fixture
def connected(other_side: Elsewhere, bos_calendar: Practitioner, bo: User, now: datetime) -> ExternalCalendar:
    return external_calendars.connect_calendar(practitioner=bos_calendar, url=URL, label="Home", by=bo, at=now)


def busy_starts() -> list[datetime]:
    return sorted(row.during.lower for row in ExternalBusy.objects.all())


def read(connected: ExternalCalendar, at: datetime) -> ExternalCalendar:
    external_calendars.read_calendar(calendar_id=connected.pk, at=at)
    connected.refresh_from_db()
    return connected


def test_busy_times_are_replaced_by_those_of_now_and_no_title_is_kept(
    connected: ExternalCalendar, other_side: Elsewhere, bos_calendar: Practitioner, now: datetime
) -> None:
    other_side.content = calendar(event("a", now), event("b", now + timedelta(days=1)))
    assert read(connected, now).last_ok_at == now
    assert busy_starts() == [now, now + timedelta(days=1)]

    other_side.content = calendar(event("b", now + timedelta(days=2)))
    read(connected, now + timedelta(minutes=10))

    assert busy_starts() == [now + timedelta(days=2)]
    row = ExternalBusy.objects.values().get()
    assert row["practitioner_id"] == bos_calendar.pk
    assert "Dentist" not in str(row)


def test_what_has_not_changed_is_not_read_again_until_the_next_day(
    connected: ExternalCalendar, other_side: Elsewhere, now: datetime
) -> None:
    other_side.content = calendar(event("a", now))
    tags = []
    for hours in (0, 1, 21):
        read(connected, now + timedelta(hours=hours))
        tags.append(bool(other_side.asked[-1]["etag"]))

    assert tags == [False, True, False]
    assert connected.last_read_at == now + timedelta(hours=21)
    assert busy_starts() == [now]


def test_a_calendar_that_cannot_be_read_keeps_what_was_read_and_its_owner_is_told_once(
    connected: ExternalCalendar, other_side: Elsewhere, now: datetime
) -> None:
    other_side.content = calendar(event("a", now))
    read(connected, now)

    for content in (NotFetched("missing"), b"<html>Sign in</html>"):
        other_side.content = content
        for hours in (1, 7, 8):
            read(connected, now + timedelta(hours=hours))

    assert (connected.problem, connected.last_ok_at) == ("not-a-calendar", now)
    assert connected.is_stale(now + timedelta(hours=8))
    assert busy_starts() == [now]
    assert Message.objects.filter(cause__startswith="scheduling.calendar-stale").count() == 1


def test_visits_that_come_back_from_elsewhere_make_nobody_busy_twice(
    connected: ExternalCalendar,
    other_side: Elsewhere,
    booked: Appointment,
    now: datetime,
    settings: Any,
) -> None:
    ours, theirs = f"{booked.pk}@{settings.PLATFORM_HOST}", "x@elsewhere"
    other_side.content = calendar(event(ours, booked.starts_at), event(theirs, now + timedelta(days=3)))

    read(connected, now)

    assert busy_starts() == [now + timedelta(days=3)]


@pytest.fixture
def booked(bos_calendar: Practitioner, follow_up: Any, patient: Patient, rita: User, now: datetime) -> Appointment:
    wish = services.Wish(service_id=follow_up.pk, patient_id=patient.pk, practitioner_id=bos_calendar.pk, starts_at=now)
    return services.book_appointment(wish=wish, by=rita, at=now)


def test_disconnecting_forgets_the_address_and_the_busy_times_at_once(
    connected: ExternalCalendar, other_side: Elsewhere, bo: User, now: datetime
) -> None:
    other_side.content = calendar(event("a", now))
    read(connected, now)

    external_calendars.disconnect_calendar(calendar=connected, by=bo, at=now)
    asked = len(other_side.asked)
    read(connected, now + timedelta(hours=1))

    assert (busy_starts(), connected.url, len(other_side.asked)) == ([], "", asked)
    assert external_calendars.calendars_to_read(at=now + timedelta(days=1)) == []


def test_the_address_is_sealed_and_not_in_the_log(connected: ExternalCalendar, in_clinic: TenantRef) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT url FROM scheduling_externalcalendar")
        (stored,) = cursor.fetchone()
    entry = AuditEntry.objects.get(action="scheduling.externalcalendar.connected")

    assert "3f9c" not in stored
    assert "3f9c" not in str(entry.changes)
    assert ExternalCalendar.objects.get().url == URL


def test_nobody_connects_a_calendar_for_a_colleague_but_managers(
    other_side: Elsewhere, beas_calendar: Practitioner, bo: User, ana: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        external_calendars.connect_calendar(practitioner=beas_calendar, url=URL, label="x", by=bo, at=now)
    external_calendars.connect_calendar(practitioner=beas_calendar, url=URL, label="x", by=ana, at=now)


def test_each_calendar_is_read_in_its_turn_and_one_that_was_just_connected_at_once(
    connected: ExternalCalendar, other_side: Elsewhere, run_jobs: Any
) -> None:
    run_jobs(at=timezone.now() + timedelta(minutes=1))

    assert len(other_side.asked) == 1
    tried = ExternalCalendar.objects.get().last_tried_at
    assert tried is not None
    assert external_calendars.calendars_to_read(at=tried + timedelta(minutes=5)) == []
    assert external_calendars.calendars_to_read(at=tried + timedelta(minutes=10)) == [connected.pk]
