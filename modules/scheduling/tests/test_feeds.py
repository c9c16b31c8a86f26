"""Secret addresses with somebody's visits, as a calendar app sees them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from access.departures import end_membership
from access.models import Member
from audit.models import AuditEntry
from identity.models import User
from kernel.errors import NotAllowed
from modules.crm.models import Patient
from modules.crm.services import claim_records
from modules.scheduling.domain.calendar_file import Entry, event_of, feed_file
from modules.scheduling.models import Appointment, CalendarFeed, Practitioner, Service, Shows
from modules.scheduling.pages import feed as feed_page
from modules.scheduling.services import CallOff, Move, Wish, book_appointment, cancel_appointment, move_appointment
from modules.scheduling.services.elsewhere import feeds
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, catalog, use, use_platform
from tenants.models import Tenant
from tests.jobs import run_due_jobs


@pytest.fixture
def paul(clinic: TenantRef, rita: User, pia: User) -> Patient:
    """A patient of Pia's account."""
    with use(clinic):
        paul = register("Paul", by=rita, at=timezone.now(), email="paul@mail.example")
        claim_records(user=pia, verified_emails=["paul@mail.example"], at=timezone.now())
        return paul


@pytest.fixture
def visit(clinic: TenantRef, paul: Patient, rita: User, soon: datetime) -> Appointment:
    return booked(clinic, paul, soon, by=rita)


def booked(tenant: TenantRef, patient: Patient, starts_at: datetime, *, by: User) -> Appointment:
    with use(tenant):
        bo, service = Practitioner.objects.get(name="Bo"), Service.objects.get(name="Follow-up")
        wish = Wish(service_id=service.pk, patient_id=patient.pk, practitioner_id=bo.pk, starts_at=starts_at)
        return book_appointment(wish=wish, by=by, at=timezone.now())


def address(tenant: TenantRef, whose: str, shows: Shows, *, by: User) -> str:
    """Make a feed and return its path."""
    with use(tenant):
        practitioner = Practitioner.objects.get(name=whose) if whose else None
        made = feeds.make_feed(practitioner=practitioner, label="Phone", shows=shows, by=by, at=timezone.now())
        return "/calendar" + made.url.partition("/calendar")[2]


def events(answer: Any) -> list[Any]:
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_practitioners_app_follows_a_visit_through_its_life(
    pages: Any, clinic: TenantRef, visit: Appointment, bo: User, rita: User, soon: datetime
) -> None:
    path, app = address(clinic, "Bo", Shows.INITIALS, by=bo), pages(None)
    (first,) = events(app.get(path))
    assert (first["SUMMARY"], first["STATUS"], first["SEQUENCE"]) == ("Visit, P. T.", "CONFIRMED", 0)
    assert (first.start, first.end) == (visit.starts_at, visit.ends_at)

    with use(clinic):
        move_appointment(appointment=visit, to=Move(starts_at=soon + timedelta(days=1)), by=rita, at=timezone.now())
    (moved,) = events(app.get(path))
    with use(clinic):
        cancel_appointment(appointment=visit, cancellation=CallOff(reason="ill"), by=rita, at=timezone.now())
    (gone,) = events(app.get(path))

    assert moved.start == soon + timedelta(days=1)
    assert gone["STATUS"] == "CANCELLED"
    assert first["UID"] == moved["UID"] == gone["UID"]
    assert first["SEQUENCE"] < moved["SEQUENCE"] < gone["SEQUENCE"]
    assert first["DTSTAMP"].dt <= moved["DTSTAMP"].dt <= gone["DTSTAMP"].dt


@pytest.mark.parametrize(
    ("whose", "shows", "summary", "told"),
    [
        ("Bo", Shows.VISIT, "Visit", False),
        ("Bo", Shows.INITIALS, "Visit, P. T.", True),
        ("Bo", Shows.EVERYTHING, "Paul Test: Follow-up", True),
        ("", Shows.VISIT, "Visit, Northside Physio", False),
        ("", Shows.EVERYTHING, "Follow-up, Northside Physio", True),
    ],
)
def test_a_feed_shows_what_was_chosen_and_the_log_says_of_whom(
    whose: str,
    shows: Shows,
    summary: str,
    told: bool,
    pages: Any,
    clinic: TenantRef,
    visit: Appointment,
    bo: User,
    pia: User,
) -> None:
    answer = pages(None).get(address(clinic, whose, shows, by=bo if whose else pia))

    (event,) = events(answer)
    with use(clinic):
        fetched = AuditEntry.objects.filter(action="scheduling.appointment.fetched").values_list("listed", flat=True)
        assert list(fetched) == ([[visit.patient_id]] if told else [])
    assert event["SUMMARY"] == summary
    assert told or b"Paul" not in answer.content


def test_an_app_that_has_everything_is_told_so(
    pages: Any, clinic: TenantRef, visit: Appointment, bo: User, rita: User
) -> None:
    path, app = address(clinic, "Bo", Shows.EVERYTHING, by=bo), pages(None)
    first = app.get(path)

    again = app.get(path, **{"if-none-match": f"W/{first['ETag']}"})
    with use(clinic):
        cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=timezone.now())
    after = app.get(path, **{"if-none-match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert (after.status_code, after["ETag"] == first["ETag"]) == (200, False)
    assert first["Cache-Control"].startswith("private")
    assert first["Referrer-Policy"] == "no-referrer"
    with use(clinic):
        assert CalendarFeed.objects.get().last_fetched_at is not None


def test_a_feed_ends_with_its_revocation_its_owners_work_and_its_module(
    pages: Any, clinic: TenantRef, visit: Appointment, bo: User, bea: User, ana: User
) -> None:
    app = pages(None)
    paths = {name: address(clinic, name, Shows.VISIT, by=ana) for name in ("Bo", "Bea", "Ana")}
    assert {app.get(path).status_code for path in paths.values()} == {200}

    with use(clinic):
        feeds.revoke_feed(feed=CalendarFeed.objects.get(practitioner__name="Bo"), by=ana, at=timezone.now())
        Member.objects.filter(user_id=bea.pk).update(ended_at=timezone.now())
    assert {name: app.get(path).status_code for name, path in paths.items()} == {"Bo": 404, "Bea": 404, "Ana": 200}

    with use_platform():
        Tenant.objects.filter(pk=clinic.id).update(modules=["crm"])
    catalog.forget()
    assert app.get(paths["Ana"]).status_code == 404


def test_the_video_room_of_an_agreed_visit_is_on_its_pages_and_in_the_feed(
    pages: Any, clinic: TenantRef, visit: Appointment, rita: User, pia: User
) -> None:
    room = "https://meet.example/bo"
    with use(clinic):
        Practitioner.objects.filter(pk=visit.practitioner_id).update(video_room=room)
        Service.objects.filter(pk=visit.service_id).update(by_video=True)

    (event,) = events(pages(None).get(address(clinic, "", Shows.EVERYTHING, by=pia)))
    assert event["CONFERENCE"] == room
    for browser, path in ((pages(pia), f"/my/visits/{visit.pk}/"), (pages(rita), f"/appointments/{visit.pk}/")):
        assert f'href="{room}"' in browser.get(path).content.decode()


def test_a_renewed_address_takes_the_place_of_the_one_before(pages: Any, clinic: TenantRef, bo: User) -> None:
    before = address(clinic, "Bo", Shows.VISIT, by=bo)
    with use(clinic):
        renewed = feeds.renew_feed(feed=CalendarFeed.objects.get(), by=bo)

    assert pages(None).get(before).status_code == 404
    assert pages(None).get("/calendar" + renewed.url.partition("/calendar")[2]).status_code == 200


def test_who_leaves_leaves_their_addresses_behind_for_good(clinic: TenantRef, bo: User, ana: User) -> None:
    address(clinic, "Bo", Shows.VISIT, by=bo)
    with use(clinic):
        leaver = Member.objects.get(user_id=bo.pk)
    end_membership(tenant=clinic, member=leaver, by=ana, at=timezone.now())
    run_due_jobs(at=timezone.now() + timedelta(minutes=1))

    with use(clinic):
        assert CalendarFeed.objects.get().ended_at is not None


def test_an_address_opens_nothing_at_another_practice(
    pages: Any, clinic: TenantRef, other: TenantRef, bo: User
) -> None:
    path = address(clinic, "Bo", Shows.VISIT, by=bo)

    assert pages(None, other).get(path).status_code == 404


def test_a_patients_feed_holds_the_visits_of_their_own_people_only(
    pages: Any, clinic: TenantRef, visit: Appointment, rita: User, pia: User, soon: datetime
) -> None:
    with use(clinic):
        petra = register("Petra", by=rita, at=timezone.now())
    booked(clinic, petra, soon + timedelta(days=2), by=rita)

    found = events(pages(None).get(address(clinic, "", Shows.EVERYTHING, by=pia)))

    assert [event["DESCRIPTION"] for event in found] == ["With Bo, for Paul Test."]


def test_only_ones_own_visits_can_be_put_into_an_app_but_by_managers(
    clinic: TenantRef, bo: User, bea: User, rita: User, ana: User
) -> None:
    for somebody in (bea, rita):
        with pytest.raises(NotAllowed):
            address(clinic, "Bo", Shows.VISIT, by=somebody)
    assert address(clinic, "Bo", Shows.VISIT, by=ana)


def test_the_secret_is_neither_kept_nor_logged(
    pages: Any, clinic: TenantRef, visit: Appointment, bo: User, caplog: Any
) -> None:
    path = address(clinic, "Bo", Shows.EVERYTHING, by=bo)
    secret = path.rpartition("/")[2].removesuffix(".ics")
    with caplog.at_level(logging.DEBUG):
        pages(None).get(path)
        pages(None).get(path[:-8] + "xxxx.ics")

    with use(clinic), connection.cursor() as cursor:
        for table in ("scheduling_calendarfeed", "audit_auditentry", "httpapi_keptanswer"):
            cursor.execute(f"SELECT string_agg(t::text, '') FROM {table} t")  # noqa: S608
            assert secret[:-4] not in (cursor.fetchone()[0] or "")
    assert secret[:-4] not in caplog.text


def test_too_many_questions_are_refused_for_a_while(pages: Any, clinic: TenantRef, bo: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(feed_page, "FETCHES", 2)
    monkeypatch.setattr(feed_page, "MISSES", 2)
    path, app = address(clinic, "Bo", Shows.VISIT, by=bo), pages(None)

    assert [app.get(path).status_code for _ in range(3)] == [200, 200, 429]
    assert [app.get(f"/calendar/feeds/guess-{n}.ics").status_code for n in range(3)] == [404, 404, 429]


def test_a_feed_asks_the_database_as_often_for_three_visits_as_for_one(
    pages: Any, clinic: TenantRef, visit: Appointment, paul: Patient, bo: User, rita: User, soon: datetime
) -> None:
    path, app = address(clinic, "Bo", Shows.EVERYTHING, by=bo), pages(None)
    app.get(path)

    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            app.get(path)
        counts.append(len(captured))
        for day in (1, 2):
            booked(clinic, paul, soon + timedelta(days=day + len(counts) * 7), by=rita)

    assert counts[0] == counts[1] <= 12


def test_an_entry_survives_odd_texts_and_is_folded(now: datetime) -> None:
    summary = "Zoë, O’Brien; “Knie”\\links\nLine two 🐕 " + "ü" * 80
    entry = Entry(
        uid="1@x", sequence=3, status="OFFERED", changed_at=now, starts_at=now, ends_at=now, summary=summary,
        location="Room 1, Street", url="https://a.example/", video_url="https://meet.example/ana?pwd=1,2;3",
    )  # fmt: skip

    content = feed_file("Ana’s; calendar", [entry])
    (event,) = Calendar.from_ical(content).walk("VEVENT")

    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert (event["SUMMARY"], event["LOCATION"], event["STATUS"]) == (summary, "Room 1, Street", "TENTATIVE")
    assert event["CONFERENCE"] == event["URL"] == "https://meet.example/ana?pwd=1,2;3"
    assert event_of(entry).to_ical() in content
