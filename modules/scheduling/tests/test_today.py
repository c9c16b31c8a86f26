"""The board of the day: what it shows, what it costs, and what its buttons do."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.models import User
from kernel.periods import Period
from kernel.ranges import as_range
from modules.crm.models import Patient
from modules.crm.tests.flags import warned
from modules.scheduling.boards import Filter, today_board
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, GroupSession, Location, Practitioner, Room, Service
from modules.scheduling.selectors import search_of_days, version_of_day
from modules.scheduling.services import set_status
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use

HTMX = {"HX-Request": "true"}
MINUTES = timedelta(minutes=1)


@pytest.fixture
def board(in_clinic: TenantRef, rita: User, now: datetime) -> Any:
    """`board(at)` is the day as Rita sees it then."""
    zone = Location.objects.get().zone

    def read(at: datetime = now, *, user: User = rita, **wanted: Any) -> Any:
        return today_board(day=now.astimezone(zone).date(), zone=zone, wanted=Filter(**wanted), user=user, at=at)

    return read


def lanes(board: Any) -> dict[str, list[str]]:
    return {lane.key: [card.patient for card in [*lane.cards, *lane.folded]] for lane in board.lanes}


def test_everybody_of_the_day_is_in_the_lane_of_their_state(board: Any, book: Any, rita: User, now: datetime) -> None:
    fates = [(), ("CHECKED_IN",), ("CHECKED_IN", "IN_PROGRESS"), ("NO_SHOW",)]
    for number, (hours, steps) in enumerate(zip((0, 1, 2, 4), fates, strict=True)):
        person = register(f"P{number}", by=rita, at=now)
        visit = book(now + timedelta(hours=hours), patient_id=person.pk)
        for step in steps:
            set_status(appointment=visit, status=step, by=rita, at=now)

    found = board()

    assert lanes(found) == {"due": ["P0 Test"], "waiting": ["P1 Test"], "in_session": ["P2 Test"], "done": ["P3 Test"]}
    counted = ("booked", "due", "checked_in", "in_progress", "no_show")
    assert [found.counts[each] for each in counted] == [4, 1, 1, 1, 1]


def test_who_is_late_waits_long_or_is_over_time_is_told_in_minutes(
    board: Any, book: Any, rita: User, now: datetime
) -> None:
    visit = book(now)
    late = board(now + 7 * MINUTES).lanes[0].cards[0]
    set_status(appointment=visit, status=Status.CHECKED_IN, by=rita, at=now + 7 * MINUTES)
    waiting = board(now + 18 * MINUTES)
    set_status(appointment=visit, status=Status.IN_PROGRESS, by=rita, at=now + 18 * MINUTES)
    over = board(visit.ends_at + 4 * MINUTES).lanes[2].cards[0]

    assert (late.late, late.may_be_given_up, late.is_next) == (7, True, True)
    assert (waiting.lanes[1].cards[0].waits, waiting.counts["long_wait"]) == (11, 1)
    assert over.over == 4


def test_a_flag_stands_on_the_card_as_it_was_written(
    board: Any, book: Any, patient: Patient, ana: User, now: datetime
) -> None:
    warned(patient, "Allergy: zinc oxide tape", by=ana, at=now)
    book(now)

    assert [flag.text for flag in board().lanes[0].cards[0].flags] == ["Allergy: zinc oxide tape"]


def test_a_strip_and_the_gaps_cover_what_the_visits_leave(
    board: Any, book: Any, bos_calendar: Practitioner, now: datetime
) -> None:
    visit = book(now)

    found = board(now)
    strip = next(each for each in found.strips if each.practitioner == bos_calendar)
    gaps = [gap for gap in found.gaps if gap.practitioner == bos_calendar]

    assert [part.kind for part in strip.stretches if part.kind != "off"] == ["booked"]
    assert strip.next.pk == visit.pk
    assert gaps[0].starts_at == Appointment.objects.get().occupies.upper
    assert all(0 <= part.x <= part.x + part.width <= 1000 for each in found.strips for part in each.stretches)


def test_what_is_not_certain_yet_stands_apart(board: Any, book: Any, now: datetime) -> None:
    Appointment.objects.filter(pk=book(now).pk).update(status=Status.REQUESTED, expires_at=now + timedelta(hours=2))

    found = board()

    assert [card.label for card in found.provisional] == ["Asked for"]
    assert (found.counts["booked"], lanes(found)["due"]) == (0, [])


def test_a_group_is_there_once_with_its_people(
    board: Any, patient: Patient, follow_up: Service, bos_calendar: Practitioner, room_1: Room, now: datetime
) -> None:
    period = as_range(Period(now, now + timedelta(hours=1)))
    where = {"location": room_1.location, "service": follow_up, "practitioner": bos_calendar, "room": room_1}
    times = {"period": period, "occupies": period}
    session = GroupSession.objects.create(title="Back school", places=8, **where, **times)
    Appointment.objects.create(
        patient=patient, session=session, session_place=1, status=Status.CHECKED_IN, **where, **times
    )

    found = board()

    assert [(str(group.session), group.here, len(group.people)) for group in found.groups] == [("Back school", 1, 1)]
    assert lanes(found)["waiting"] == []


def test_a_practitioner_sees_their_own_day_and_the_desk_may_ask_for_one(
    board: Any, book: Any, bea: User, bo: User, beas_calendar: Practitioner, now: datetime
) -> None:
    book(now)

    assert (lanes(board(user=bea))["due"], lanes(board(user=bo))["due"]) == ([], ["Paul Test"])
    assert [strip.practitioner for strip in board(user=bea).strips] == [beas_calendar]
    assert lanes(board(practitioner_id=beas_calendar.pk))["due"] == []


def test_the_version_of_a_day_changes_with_every_visit_that_comes_goes_or_is_changed(
    book: Any, rita: User, now: datetime
) -> None:
    search = search_of_days(now.date(), now.date(), Location.objects.get().zone)
    versions = [version_of_day(search)]
    visit = book(now)
    versions.append(version_of_day(search))
    set_status(appointment=visit, status=Status.CHECKED_IN, by=rita, at=now)
    versions.append(version_of_day(search))
    Appointment.objects.filter(pk=visit.pk).update(
        period=as_range(Period(now + timedelta(days=3), now + timedelta(days=3, minutes=30))),
        occupies=as_range(Period(now + timedelta(days=3), now + timedelta(days=3, minutes=30))),
    )
    versions.append(version_of_day(search))

    assert versions[3] == versions[0]
    assert len(set(versions)) == 3


@pytest.fixture
def today(clinic: TenantRef, book: Any, now: datetime) -> Any:
    """The morning of a day with one visit."""
    book(now)
    with time_machine.travel(now - 30 * MINUTES, tick=False):
        yield


def test_a_board_that_is_the_same_is_not_sent_again(
    today: None, pages: Any, rita: User, clinic: TenantRef, now: datetime
) -> None:
    desk = pages(rita)
    first = desk.get("/today/", **HTMX)
    with CaptureQueriesContext(connection) as asked:
        again = desk.get("/today/", **HTMX, **{"If-None-Match": first["ETag"]})
    queries = [query["sql"] for query in asked]
    with use(clinic):
        set_status(appointment=Appointment.objects.get(), status=Status.CHECKED_IN, by=rita, at=now)
    changed = desk.get("/today/", **HTMX, **{"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert sum("hashtextextended" in query for query in queries) == 1
    assert not any("crm_patient" in query for query in queries)
    assert (changed.status_code, b"waiting 0 min" in changed.content) == (200, True)


def test_a_step_from_the_board_is_told_with_a_way_back(today: None, pages: Any, rita: User, clinic: TenantRef) -> None:
    desk = pages(rita)
    with use(clinic):
        visit = Appointment.objects.get()

    done = desk.post(f"/appointments/{visit.pk}/status/?v={visit.version}", {"status": "CHECKED_IN"}, **HTMX)
    told = json.loads(done["HX-Trigger"])["toast"]
    undone = desk.post(told["undo"], **HTMX)

    assert (done.status_code, told["text"]) == (204, "Paul Test checked in")
    assert json.loads(undone["HX-Trigger"])["toast"] == {"text": "Paul Test is due again"}
    with use(clinic):
        assert Appointment.objects.get().status == Status.SCHEDULED


def test_whoever_comes_second_hears_what_the_visit_is_now(
    today: None, pages: Any, rita: User, ana: User, clinic: TenantRef
) -> None:
    with use(clinic):
        visit = Appointment.objects.get()
    address = f"/appointments/{visit.pk}/status/?v={visit.version}"
    pages(rita).post(address, {"status": "CHECKED_IN"}, **HTMX)

    late = pages(ana).post(address, {"status": "NO_SHOW"}, **HTMX)

    assert late.status_code == 409
    assert "it is “Checked in” at 10:00 with Bo now" in json.loads(late["HX-Trigger"])["toast"]["text"]


def test_without_scripts_a_button_comes_back_to_the_same_filters(
    today: None, pages: Any, rita: User, clinic: TenantRef, bos_calendar: Practitioner
) -> None:
    with use(clinic):
        visit = Appointment.objects.get()
    query = f"practitioner={bos_calendar.pk}"
    form = {"status": "CHECKED_IN", "back": "today", "query": query}

    answer = pages(rita).post(f"/appointments/{visit.pk}/status/?v={visit.version}", form)

    assert urlsplit(answer["Location"]).path == "/today/"
    assert urlsplit(answer["Location"]).query == query


def test_only_who_sees_several_days_chooses_among_them(today: None, pages: Any, rita: User, bo: User) -> None:
    assert 'name="practitioner"' in pages(rita).get("/today/").content.decode()
    assert 'name="practitioner"' not in pages(bo).get("/today/").content.decode()


def test_another_day_is_there_to_read(today: None, pages: Any, rita: User) -> None:
    text = pages(rita).get("/today/", {"day": "2031-03-04"}).content.decode()

    assert "Tuesday 4 March" in text
    assert 'name="status"' not in text
    assert "today-" not in text.partition("</head>")[0]


def test_a_day_of_two_hundred_asks_as_often_as_one_of_one_and_is_sent_small(
    today: None, pages: Any, rita: User, clinic: TenantRef, now: datetime
) -> None:
    desk = pages(rita)
    desk.get("/today/")
    with CaptureQueriesContext(connection) as of_one:
        desk.get("/today/")
    for_one = len(of_one)
    with use(clinic):
        first = Appointment.objects.get()
        fill_day(first, 199)

    with CaptureQueriesContext(connection) as of_many:
        page = desk.get("/today/")

    assert page.content.count(b'id="card-') == 200
    assert len(of_many) == for_one
    assert len(gzip.compress(page.content)) < 20_000


def fill_day(like: Appointment, number: int) -> None:
    """Make more visits on the day of one, of other people and other practitioners."""
    names = [(f"Given{n:03}", f"Family{n:03}") for n in range(number)]
    people = Patient.objects.bulk_create(
        Patient(client=like.patient.client, first_name=given, last_name=family) for given, family in names
    )
    staff = Practitioner.objects.bulk_create(Practitioner(name=f"Colleague {n}") for n in range(10))
    Appointment.objects.bulk_create(
        Appointment(
            location=like.location,
            patient=person,
            service=like.service,
            practitioner=staff[n % 10],
            status=like.status,
            period=as_range(Period(begin, begin + 20 * MINUTES)),
            occupies=as_range(Period(begin, begin + 20 * MINUTES)),
        )
        for n, person in enumerate(people)
        for begin in [like.starts_at + (n // 10) * 20 * MINUTES]
    )
