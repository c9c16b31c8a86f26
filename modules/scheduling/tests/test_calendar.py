"""The calendar's page and its door for what is dragged: what it draws, and where it lets a visit be put."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from identity.models import User
from kernel.periods import Period
from kernel.ranges import as_range
from modules.crm.models import Patient
from modules.scheduling.messages import compose_moved
from modules.scheduling.models import (
    Appointment,
    Block,
    ExternalBusy,
    ExternalCalendar,
    GroupSession,
    Location,
    Practitioner,
    Room,
    Service,
)
from modules.scheduling.tests.conftest import register
from notify.models import Message
from tenancy import TenantRef

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def visit(clinic: TenantRef, in_clinic: TenantRef, book: Any, soon: datetime) -> Appointment:
    """Paul's visit with Bo, at eleven of a day to come."""
    return book(at_eleven(soon), at=timezone.now())


def at_eleven(soon: datetime) -> datetime:
    return datetime.combine(soon.astimezone(LONDON).date(), time(11), LONDON)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def drop(browser: Any, visit: Appointment, to: datetime, **fields: Any) -> Any:
    place = {"start_day": to.date().isoformat(), "start": f"{to:%H:%M}", "version": visit.version} | fields
    return browser.post(f"/appointments/{visit.pk}/place/", place)


def test_what_is_dropped_is_moved_and_named_where_it_is_now(
    visit: Appointment, pages: Any, rita: User, beas_calendar: Practitioner, soon: datetime
) -> None:
    to = at_eleven(soon) + timedelta(days=1, hours=1)

    answer = drop(pages(rita), visit, to, practitioner=str(beas_calendar.pk))

    moved = Appointment.objects.get()
    assert (answer.status_code, answer.json()["version"], answer.json()["clock"]) == (200, moved.version, "12:00")
    assert "Bea. A mail will say so." in answer.json()["text"]
    assert (moved.starts_at, moved.practitioner) == (to, beas_calendar)


def test_a_visit_that_is_drawn_out_keeps_its_start_and_its_room(visit: Appointment, pages: Any, rita: User) -> None:
    starts_at = visit.starts_at.astimezone(LONDON)
    until = {"end_day": starts_at.date().isoformat(), "end": "12:30"}

    assert drop(pages(rita), visit, starts_at, **until).status_code == 200

    longer = Appointment.objects.get()
    assert (longer.starts_at, longer.ends_at - longer.starts_at) == (visit.starts_at, timedelta(minutes=90))
    assert longer.room == visit.room


def test_a_visit_is_carried_to_another_room(visit: Appointment, pages: Any, rita: User) -> None:
    other = Room.objects.current().exclude(pk=visit.room_id).order_by("name")[0]

    drop(pages(rita), visit, visit.starts_at.astimezone(LONDON), room=str(other.pk))

    assert Appointment.objects.get().room == other


def test_who_drops_a_visit_that_was_moved_meanwhile_is_told_where_it_is(
    visit: Appointment, pages: Any, rita: User, ana: User, soon: datetime
) -> None:
    drop(pages(ana), visit, at_eleven(soon) + timedelta(hours=3))

    answer = drop(pages(rita), visit, at_eleven(soon) + timedelta(hours=4))

    assert (answer.status_code, answer.json()["code"]) == (409, "changed-meanwhile")
    assert "at 14:00" in answer.json()["told"]


def test_of_a_move_that_is_undone_at_once_no_mail_is_left(
    visit: Appointment, pages: Any, rita: User, soon: datetime
) -> None:
    desk = pages(rita)
    drop(desk, visit, at_eleven(soon) + timedelta(hours=3))

    visit.refresh_from_db()
    answer = drop(desk, visit, at_eleven(soon), undo="1")

    assert answer.json()["text"].endswith("No mail is sent.")
    sent = Message.objects.filter(composer="modules.scheduling.messages.compose_moved")
    assert [compose_moved(**each.about) for each in sent] == [None]


def test_what_is_dropped_on_somebody_else_stays_until_a_free_time_or_a_reason_is_chosen(
    visit: Appointment, book: Any, pages: Any, rita: User, soon: datetime, now: datetime
) -> None:
    petra = register("Petra", by=rita, at=now)
    book(at_eleven(soon) + timedelta(hours=4), patient_id=petra.pk, at=timezone.now())

    desk, to = pages(rita), at_eleven(soon) + timedelta(hours=4)
    refused = drop(desk, visit, to).json()

    assert (refused["code"], refused["may_override"]) == ("slot-taken", True)
    assert Appointment.objects.get(pk=visit.pk).starts_at == at_eleven(soon)
    assert drop(desk, visit, to, **refused["offers"][0]["fields"]).status_code == 200
    visit.refresh_from_db()
    assert drop(desk, visit, to, override="They share a car.").status_code == 200
    visit.refresh_from_db()
    assert (visit.starts_at, visit.overrides.get().reason) == (to, "They share a car.")


@pytest.mark.parametrize("fields", [{"start": "25:00"}, {"start": ""}, {"start_day": "soon"}, {"practitioner": "x"}])
def test_what_is_no_place_in_the_calendar_is_refused(
    fields: dict[str, str], visit: Appointment, pages: Any, rita: User
) -> None:
    answer = drop(pages(rita), visit, visit.starts_at, **fields)

    assert (answer.status_code, answer.json()["code"]) == (422, "not-a-time")


def test_a_colleagues_visit_is_not_there_to_be_dragged(
    visit: Appointment, pages: Any, bea: User, soon: datetime
) -> None:
    assert drop(pages(bea), visit, at_eleven(soon)).status_code == 404


@pytest.mark.parametrize("by", ["practitioner", "room", "service"])
def test_each_kind_of_column_draws_the_visit_once_a_day(by: str, visit: Appointment, pages: Any, rita: User) -> None:
    page = text_of(pages(rita).get("/calendar/", {"view": "week", "by": by, "day": visit.starts_at.date()}))

    assert page.count(f'href="/appointments/{visit.pk}/" data-v') == 1


def test_a_visit_over_midnight_is_drawn_on_both_days_and_only_the_first_can_be_dragged(
    visit: Appointment, pages: Any, rita: User
) -> None:
    late = visit.starts_at.astimezone(LONDON).replace(hour=23, minute=30)
    during = as_range(Period(late, late + timedelta(hours=1)))
    Appointment.objects.update(period=during, occupies=during)

    page = text_of(pages(rita).get("/calendar/", {"view": "week", "day": late.date()}))

    first, second = (part.split("</a>")[0] for part in page.split(f'href="/appointments/{visit.pk}/"')[1:3])
    assert ("data-fixed" in first, "data-fixed" in second) == (False, True)
    assert f"{late:%a} 23:30" in second


def test_a_group_is_one_card_and_whoever_takes_part_is_not_drawn_beside_it(
    visit: Appointment, pages: Any, api: Any, rita: User, bea: User
) -> None:
    columns = ("location", "service", "practitioner", "room", "period", "occupies")
    held = {name: getattr(visit, name) for name in columns}
    Appointment.objects.update(status="CANCELLED")
    group = GroupSession.objects.create(**held, title="Back school", places=8)
    Appointment.objects.create(**held, patient=visit.patient, status="SCHEDULED", session=group, session_place=1)
    day = visit.starts_at.date()

    page = text_of(pages(rita).get("/calendar/", {"view": "week", "by": "room", "day": day}))
    answers = [api(who).get(f"/api/scheduling/calendar/?from={day}&to={day}").json() for who in (rita, bea)]

    assert (page.count("<b>Back school</b><em>1 of 8</em>"), "Paul" in page) == (1, False)
    assert [[each["taken"] for each in answer["sessions"]] for answer in answers] == [[1], []]
    assert answers[0]["visits"] == []
    assert "11:00 Back school" in text_of(pages(rita).get("/calendar/", {"view": "month", "day": day}))


def test_visits_at_the_same_time_stand_side_by_side(
    visit: Appointment, book: Any, pages: Any, rita: User, beas_calendar: Practitioner, now: datetime, soon: datetime
) -> None:
    petra = register("Petra", by=rita, at=now)
    book(at_eleven(soon), patient_id=petra.pk, practitioner_id=beas_calendar.pk, at=timezone.now())

    page = text_of(pages(rita).get("/calendar/", {"view": "day", "by": "service", "day": soon.date()}))

    assert ("lane-1 of-2" in page, "lane-2 of-2" in page) == (True, True)


def test_only_the_calendars_that_are_ticked_are_drawn(
    visit: Appointment, pages: Any, rita: User, beas_calendar: Practitioner, bos_calendar: Practitioner
) -> None:
    desk, query = pages(rita), {"view": "week", "day": visit.starts_at.date()}

    assert str(visit.pk) not in text_of(desk.get("/calendar/", query | {"show": beas_calendar.pk}))
    assert str(visit.pk) in text_of(desk.get("/calendar/", query | {"show": bos_calendar.pk}))


def test_blocks_and_calendars_elsewhere_are_drawn_with_their_titles_and_nothing_more(
    in_clinic: TenantRef, pages: Any, rita: User, bos_calendar: Practitioner, soon: datetime
) -> None:
    day, location = soon.date(), Location.objects.get()
    leave = {"first_day": day, "last_day": day, "starts": time(14), "ends": time(15), "note": "a secret"}
    Block.objects.create(kind="LEAVE", practitioner=bos_calendar, location=location, **leave)
    elsewhere = ExternalCalendar.objects.create(practitioner=bos_calendar, label="Private")
    busy = as_range(Period(at_eleven(soon), at_eleven(soon) + timedelta(hours=1)))
    ExternalBusy.objects.create(calendar=elsewhere, practitioner=bos_calendar, during=busy, uid_hash="x")

    page = text_of(pages(rita).get("/calendar/", {"view": "day", "day": day}))

    assert (">Leave</i>" in page, ">Busy elsewhere</i>" in page, "a secret" in page) == (True, True, False)


def test_a_month_counts_its_days_and_names_the_first_visits(visit: Appointment, pages: Any, rita: User) -> None:
    page = text_of(pages(rita).get("/calendar/", {"view": "month", "day": visit.starts_at.date()}))

    assert ("1 visit<" in page, "11:00 Test" in page) == (True, True)


def test_a_time_drawn_in_the_calendar_is_chosen_in_the_booking_form(
    in_clinic: TenantRef,
    pages: Any,
    rita: User,
    patient: Patient,
    bos_calendar: Practitioner,
    follow_up: Service,
    soon: datetime,
) -> None:
    desk, day, who = pages(rita), soon.date().isoformat(), str(bos_calendar.pk)
    query = {"start_day": day, "start": "11:05", "end_day": day, "end": "12:00", "practitioner": who, "with": who}
    form = text_of(desk.get("/appointments/new/", query))
    _, _, rest = form.partition('name="slot" value="')

    desk.post("/appointments/new/", {"service": follow_up.pk, "patient": patient.pk, "slot": rest.partition('"')[0]})

    booked, starts_at = Appointment.objects.get(), at_eleven(soon) + timedelta(minutes=5)
    assert (booked.starts_at, booked.ends_at) == (starts_at, starts_at + timedelta(minutes=55))


def test_the_calendar_comes_in_one_answer_with_what_its_visits_refer_to(
    visit: Appointment, api: Any, rita: User, bea: User, bos_calendar: Practitioner
) -> None:
    day = visit.starts_at.date()
    address = f"/api/scheduling/calendar/?from={day}&to={day}&by=practitioner"

    answer = api(rita).get(address).json()

    assert [(each["id"], each["patient_name"]) for each in answer["visits"]] == [(str(visit.pk), "Paul Test")]
    assert str(bos_calendar.pk) in answer["columns"]
    assert api(bea).get(address).json()["visits"] == []
    assert api(rita).get(f"/api/scheduling/calendar/?from={day}&to=2099-01-01").status_code == 422
