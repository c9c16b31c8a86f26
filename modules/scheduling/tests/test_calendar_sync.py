"""Calendars elsewhere that are kept in step: visits there, busy times here, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import NotAllowed
from modules.scheduling.gateways.sync import Account
from modules.scheduling.models import (
    Appointment,
    CalendarSync,
    ExternalBusy,
    ExternalCalendar,
    Practitioner,
    PushedVisit,
    Room,
)
from modules.scheduling.services.elsewhere import calendar_sync, connections
from modules.scheduling.services.elsewhere.connections import ServerNotReached, SignInRefused, SyncSettings
from modules.scheduling.services.placing.clashes import NotOffered
from modules.scheduling.services.visits.moving import Move, move_appointment
from modules.scheduling.services.visits.steps import set_status
from modules.scheduling.tests.calendar_servers import PASSWORD, USER, CalendarSite, calendar_site

BOTH = SyncSettings(key="1", pushes=True, pulls=True, shows="everything")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: Any) -> Iterator[CalendarSite]:
    with calendar_site(tmp_path_factory.mktemp("calendars")) as site:
        yield site


@pytest.fixture
def site(running: CalendarSite, settings: Any) -> Iterator[CalendarSite]:
    """A calendar of this test's own, at the real server."""
    settings.OUTBOUND_STAND_INS = frozenset({running.netloc})
    running.make_calendar()
    yield running
    running.before = None
    running.ask("DELETE", f"/{USER}/work/")


def account(site: CalendarSite, password: str = PASSWORD) -> Account:
    return Account(site.url, USER, password)


@pytest.fixture
def sync(site: CalendarSite, bos_calendar: Practitioner, bo: User, now: datetime) -> CalendarSync:
    made = connections.connect(practitioner=bos_calendar, label="Mine", account=account(site), by=bo, at=now)
    return connections.choose(sync=made, wanted=BOTH, by=bo)


def run(sync: CalendarSync, at: datetime, *, is_asked: bool = True) -> ExternalCalendar:
    while calendar_sync.sync_calendar(calendar_id=sync.calendar_id, at=at, is_asked=is_asked):
        pass
    return ExternalCalendar.objects.get(pk=sync.calendar_id)


def busy_starts() -> list[datetime]:
    return sorted(row.during.lower for row in ExternalBusy.objects.all())


def foreign(starts: datetime, *more: str) -> str:
    return "\n".join([f"DTSTART:{starts:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", "SUMMARY:Dentist", *more])


def away(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return [b""]


def test_a_visit_is_put_there_moves_under_the_same_uid_and_is_taken_out_when_cancelled(
    sync: CalendarSync, site: CalendarSite, book: Any, rita: User, now: datetime
) -> None:
    visit = book(now + 24 * HOUR)
    assert run(sync, now).last_ok_at == now
    first = site.entry(str(visit.pk))
    assert f"UID:{visit.pk}@" in first
    assert f"DTSTART:{now + 24 * HOUR:%Y%m%dT%H%M%SZ}" in first
    assert "SEQUENCE:0" in first
    assert "Paul Test: Follow-up" in first

    asked = len(site.asked)
    run(sync, now + HOUR)
    assert not [each for each in site.asked[asked:] if each.startswith("PUT")]

    move_appointment(appointment=visit, to=Move(starts_at=now + 26 * HOUR), by=rita, at=now)
    run(sync, now)
    moved = site.entry(str(visit.pk))
    assert f"UID:{visit.pk}@" in moved
    assert f"DTSTART:{now + 26 * HOUR:%Y%m%dT%H%M%SZ}" in moved
    assert "SEQUENCE:1" in moved

    visit.refresh_from_db()
    set_status(appointment=visit, status="CANCELLED", by=rita, at=now)
    run(sync, now)
    assert site.entry(str(visit.pk)) == ""
    assert not PushedVisit.objects.exists()
    assert busy_starts() == []
    assert AuditEntry.objects.filter(action="scheduling.appointment.fetched").count() == 2


def test_what_its_owner_is_busy_with_is_a_block_until_it_is_changed_or_gone(
    sync: CalendarSync, site: CalendarSite, book: Any, now: datetime
) -> None:
    site.write("dentist", foreign(now + 24 * HOUR))
    site.write("free", foreign(now + 48 * HOUR, "TRANSP:TRANSPARENT"))
    visit = book(now + 30 * HOUR)
    run(sync, now)
    assert busy_starts() == [now + 24 * HOUR]
    assert "Dentist" not in str(ExternalBusy.objects.values())
    with pytest.raises(NotOffered, match="busy elsewhere"):
        book(now + 24 * HOUR)

    site.write("dentist", foreign(now + 26 * HOUR))
    site.write("weekly", foreign(now + 27 * HOUR, "RRULE:FREQ=WEEKLY;COUNT=2"))
    run(sync, now + HOUR)
    assert busy_starts() == [now + 26 * HOUR, now + 27 * HOUR, now + timedelta(days=7, hours=27)]

    site.remove("dentist")
    run(sync, now + 2 * HOUR)
    assert busy_starts() == [now + 27 * HOUR, now + timedelta(days=7, hours=27)]
    run(sync, now + timedelta(days=3))  # and read as a whole, the next day
    assert busy_starts() == [now + timedelta(days=7, hours=27)]
    assert book(now + 26 * HOUR).pk != visit.pk


def test_what_somebody_did_there_to_a_visit_is_put_right(
    sync: CalendarSync, site: CalendarSite, book: Any, rita: User, now: datetime
) -> None:
    taken_out, changed = book(now + 24 * HOUR), book(now + 26 * HOUR)
    run(sync, now)
    site.remove(str(taken_out.pk))
    uid = f"UID:{changed.pk}@"
    body = site.entry(str(changed.pk)).replace("SEQUENCE:0", "SEQUENCE:7").replace("Follow-up", "Mine")
    assert uid in body
    site.ask("PUT", f"/{USER}/work/{changed.pk}.ics", body.encode())

    run(sync, now + HOUR)
    assert site.entry(str(taken_out.pk))
    assert busy_starts() == []
    move_appointment(appointment=changed, to=Move(starts_at=now + 28 * HOUR), by=rita, at=now)
    run(sync, now + 2 * HOUR)

    entry = site.entry(str(changed.pk))
    assert "SEQUENCE:8" in entry
    assert "Follow-up" in entry


def test_a_worker_that_is_killed_between_putting_and_writing_down_leaves_one_entry_and_nothing_unknown(
    sync: CalendarSync, site: CalendarSite, book: Any, bo: User, now: datetime, monkeypatch: Any
) -> None:
    visit = book(now + 24 * HOUR)

    class Killed(BaseException):
        pass

    def kill(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(calendar_sync.pushing, "_note_put", kill)
        with pytest.raises(Killed):
            run(sync, now)
    assert site.entry(str(visit.pk))
    assert PushedVisit.objects.get().digest == ""

    run(sync, now)
    assert PushedVisit.objects.get().digest != ""
    assert [each for each in site.entry(str(visit.pk)).split() if each.startswith("SEQUENCE")] == ["SEQUENCE:0"]

    connections.disconnect(sync=sync, by=bo, at=now)
    run(sync, now)
    assert site.entry(str(visit.pk)) == ""


def test_a_server_that_is_away_loses_nothing_and_is_asked_less_and_less_often(
    sync: CalendarSync, site: CalendarSite, book: Any, now: datetime
) -> None:
    site.write("dentist", foreign(now + 24 * HOUR))
    run(sync, now)
    visit = book(now + 30 * HOUR)
    site.before = away
    for minutes in (10, 20, 30):
        calendar = run(sync, now + timedelta(minutes=minutes), is_asked=False)
    assert (calendar.problem, calendar.last_ok_at) == ("broken", now)
    sync.refresh_from_db()
    assert sync.next_try_at == now + timedelta(minutes=34)
    assert calendar.is_stale(now + timedelta(hours=7))
    assert busy_starts() == [now + 24 * HOUR]
    assert calendar_sync.calendars_to_sync(at=now + timedelta(minutes=31)) == []

    site.before = None
    calendar = run(sync, now + timedelta(minutes=40), is_asked=False)
    assert calendar.problem == ""
    assert site.entry(str(visit.pk))


def test_a_password_that_is_no_longer_good_is_said_and_a_new_one_goes_on(
    sync: CalendarSync, site: CalendarSite, bos_calendar: Practitioner, book: Any, bo: User, now: datetime
) -> None:
    with pytest.raises(SignInRefused):
        connections.connect(practitioner=bos_calendar, label="x", account=account(site, "x"), by=bo, at=now)
    visit = book(now + 24 * HOUR)
    sync.password = "withdrawn"
    sync.save()
    assert run(sync, now).problem == "credentials"
    sync.refresh_from_db()
    assert sync.next_try_at == now + timedelta(hours=6)

    with pytest.raises(SignInRefused):
        connections.renew_password(sync=sync, password="guess", by=bo)
    connections.renew_password(sync=sync, password=PASSWORD, by=bo)
    assert run(sync, now, is_asked=False).problem == ""
    assert site.entry(str(visit.pk))


def test_disconnecting_frees_the_times_at_once_takes_out_the_visits_and_forgets_the_account(
    sync: CalendarSync, site: CalendarSite, book: Any, bo: User, now: datetime
) -> None:
    site.write("dentist", foreign(now + 24 * HOUR))
    visit = book(now + 30 * HOUR)
    run(sync, now)

    connections.disconnect(sync=sync, by=bo, at=now)
    assert busy_starts() == []
    run(sync, now)

    sync.refresh_from_db()
    assert (sync.password, sync.user_name, sync.address, sync.choices, sync.has_account) == ("", "", "", "", False)
    assert site.entry(str(visit.pk)) == ""
    assert "Dentist" in site.entry("dentist")
    assert list(CalendarSync.objects.just_ended(now)) == []


@pytest.mark.parametrize("why", ["refused", "away"])
def test_what_could_not_be_taken_out_is_counted_and_the_account_is_forgotten_all_the_same(
    why: str, sync: CalendarSync, site: CalendarSite, book: Any, bo: User, now: datetime
) -> None:
    book(now + 30 * HOUR)
    run(sync, now)
    connections.disconnect(sync=sync, by=bo, at=now)
    if why == "refused":
        CalendarSync.objects.get().save()
        sync.refresh_from_db()
        sync.password = "withdrawn"
        sync.save(update_fields=["password"])
        run(sync, now)
    else:
        site.before = away
        run(sync, now + HOUR)
        assert CalendarSync.objects.get().has_account
        run(sync, now + timedelta(days=4))

    (ended,) = CalendarSync.objects.just_ended(now + timedelta(days=5))
    assert (ended.left_behind, ended.has_account, ended.password) == (1, False, "")


def test_what_is_told_changes_with_the_choice_and_direction_and_nothing_is_told_once_nothing_may_be_seen(
    sync: CalendarSync, site: CalendarSite, book: Any, bo: User, bos_calendar: Practitioner, now: datetime
) -> None:
    visit = book(now + 24 * HOUR)
    run(sync, now)

    connections.choose(sync=sync, wanted=SyncSettings(pushes=True, pulls=False, shows="visit"), by=bo)
    run(sync, now)
    assert "SUMMARY:Visit\r\n" in site.entry(str(visit.pk))
    assert "Paul" not in site.entry(str(visit.pk))

    connections.disconnect_those_of(user_id=bo.pk, at=now)
    run(sync, now)
    assert site.entry(str(visit.pk)) == ""


def test_a_visit_that_came_there_by_another_way_makes_nobody_busy_twice(
    sync: CalendarSync, site: CalendarSite, book: Any, bo: User, now: datetime, settings: Any
) -> None:
    visit = book(now + 24 * HOUR)
    connections.choose(sync=sync, wanted=SyncSettings(pushes=False, pulls=True, shows="visit"), by=bo)
    site.write(f"{visit.pk}@{settings.PLATFORM_HOST}", foreign(visit.starts_at))
    site.write("dentist", foreign(now + 30 * HOUR))

    run(sync, now)

    assert busy_starts() == [now + 30 * HOUR]
    assert site.entry(str(visit.pk)) == ""


def test_one_entry_that_the_server_does_not_take_holds_up_no_other_and_is_tried_again(
    sync: CalendarSync, site: CalendarSite, book: Any, now: datetime
) -> None:
    bad, good = book(now + 24 * HOUR), book(now + 26 * HOUR)

    def refuse(environ: Any, start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] == "PUT" and str(bad.pk) in environ["PATH_INFO"]:
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        return None

    site.before = refuse
    assert run(sync, now).problem == "some-rejected"
    assert site.entry(str(good.pk))
    site.before = None
    assert run(sync, now + HOUR).problem == ""
    assert site.entry(str(bad.pk))


def test_the_account_is_sealed_and_in_no_log_and_nobody_connects_for_a_colleague(
    sync: CalendarSync, site: CalendarSite, beas_calendar: Practitioner, bo: User, ana: User, now: datetime
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, user_name, password, choices FROM scheduling_calendarsync")
        stored = str(cursor.fetchone())
    logged = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    for secret in (PASSWORD, "127.0.0.1", f"'{USER}'"):
        assert secret not in stored
        assert secret not in logged
    with pytest.raises(NotAllowed):
        connections.connect(practitioner=beas_calendar, label="x", account=account(site), by=bo, at=now)
    connections.connect(practitioner=beas_calendar, label="x", account=account(site), by=ana, at=now)


def test_where_no_calendar_server_is_the_connection_says_so(
    bos_calendar: Practitioner, site: CalendarSite, bo: User, now: datetime
) -> None:
    def page(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<html>Hello</html>"]

    site.before = page
    with pytest.raises(ServerNotReached, match="no calendar server"):
        connections.connect(practitioner=bos_calendar, label="x", account=account(site), by=bo, at=now)
    assert not ExternalCalendar.objects.exists()


def test_a_booking_is_there_promptly_by_its_event_and_by_the_clock_if_there_was_none(
    sync: CalendarSync, site: CalendarSite, book: Any, run_jobs: Any, soon: datetime
) -> None:
    first = book(soon, at=timezone.now())
    run_jobs(at=timezone.now() + timedelta(minutes=1))
    assert site.entry(str(first.pk))

    Appointment.objects.filter(pk=first.pk).update(sequence=3, room=Room.objects.get(name="Room 1"))
    assert sync.calendar_id in calendar_sync.calendars_to_sync(at=timezone.now())
    run(sync, timezone.now(), is_asked=False)
    assert "SEQUENCE:3" in site.entry(str(first.pk))
