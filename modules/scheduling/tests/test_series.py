"""Series: every visit is looked at before, and saved all or none."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import NotAllowed
from modules.crm.models import Patient
from modules.scheduling.domain.states import Status
from modules.scheduling.messages import compose_series
from modules.scheduling.models import Appointment, Location, Override, Practitioner, Series, Service
from modules.scheduling.services import (
    CallOff,
    Chosen,
    CourseWish,
    Move,
    PlannedVisit,
    Scope,
    SeriesChange,
    SeriesTaken,
    SeriesWish,
    book_course,
    book_series,
    cancel_series,
    change_series,
    move_appointment,
    plan_change,
    plan_course,
    plan_series,
)
from modules.scheduling.tests.conftest import register
from notify.models import Message

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def wish(follow_up: Service, patient: Patient, bos_calendar: Practitioner, now: datetime) -> Any:
    """`wish(rule, **more)`: Paul's follow-ups with Bo, from the first weekday on that there is, at ten."""

    def wish_for(rule: str = "FREQ=WEEKLY;COUNT=4", **more: Any) -> SeriesWish:
        day = now.date() + DAY
        day += timedelta(days=(7 - day.weekday()) % 7)  # a Monday
        usual = {"patient_id": patient.pk, "service_ids": (follow_up.pk,), "practitioner_ids": (bos_calendar.pk,)}
        return SeriesWish(**({"rule": rule, "first_day": day, "starts": time(10)} | usual | more))

    return wish_for


def everything(visits: list[PlannedVisit]) -> list[Chosen]:
    return [Chosen(number=visit.number) for visit in visits]


@pytest.fixture
def series(wish: Any, rita: User, now: datetime) -> Series:
    wished = wish()
    chosen = everything(plan_series(wish=wished, by=rita, at=now))
    return book_series(wish=wished, chosen=chosen, by=rita, at=now)


def visits_of(series: Series) -> list[Appointment]:
    return list(series.appointments.select_related("location").order_by("planned_day"))


def local_times(series: Series) -> set[time]:
    return {visit.starts_at.astimezone(visit.location.zone).time() for visit in visits_of(series)}


def test_a_plan_tells_of_each_visit_what_is_in_its_way_and_what_is_free_instead(
    wish: Any, book: Any, rita: User, now: datetime
) -> None:
    wished = wish()
    free = plan_series(wish=wished, by=rita, at=now)
    book(free[1].starts_at, patient_id=register("Petra", by=rita, at=now).pk)

    plan = plan_series(wish=wished, by=rita, at=now)

    assert [visit.slot is not None for visit in plan] == [True, False, True, True]
    (sentence,) = plan[1].in_the_way
    assert "Bo is booked from 10:00 to 10:45" in sentence
    assert "Petra" not in sentence
    days = {slot.starts_at.date() - plan[1].starts_at.date() for slot in plan[1].instead}
    assert timedelta(0) in days
    assert DAY in days
    assert Appointment.objects.count() == 1


def test_a_patients_own_visits_elsewhere_are_in_the_way_too(
    wish: Any, book: Any, rita: User, now: datetime, beas_calendar: Practitioner
) -> None:
    wished = wish()
    first = plan_series(wish=wished, by=rita, at=now)[0]
    book(first.starts_at, practitioner_id=beas_calendar.pk)

    plan = plan_series(wish=wished, by=rita, at=now)

    assert plan[0].in_the_way == ["The patient has another visit at that time."]
    assert all(slot.starts_at != first.starts_at for slot in plan[0].instead)


def test_a_series_books_all_of_its_visits_and_sends_one_message(series: Series, now: datetime) -> None:
    visits = visits_of(series)

    assert [(visit.session_number, visit.session_total) for visit in visits] == [(n, 4) for n in (1, 2, 3, 4)]
    assert {visit.status for visit in visits} == {Status.SCHEDULED}
    assert local_times(series) == {time(10)}
    causes = sorted(cause.split(":")[0] for cause in Message.objects.values_list("cause", flat=True))
    assert causes == ["scheduling.reminder"] * 4 + ["scheduling.series_booked"]
    assert Message.objects.get(cause__startswith="scheduling.series").due_at == now + timedelta(seconds=60)
    assert AuditEntry.objects.filter(action="scheduling.series.booked", object_id=str(series.pk)).count() == 1


def test_the_one_message_brings_all_visits_as_a_calendar_file(series: Series) -> None:
    message = compose_series(series_id=str(series.pk), version=1, what="booked")

    assert message is not None
    file = message.attachments[0].content.decode()
    assert file.count("BEGIN:VEVENT") == 4
    assert {f"UID:{visit.pk}@" in file.replace("\r\n ", "") for visit in visits_of(series)} == {True}
    assert compose_series(series_id=str(series.pk), version=0, what="booked") is None


def test_what_was_chosen_is_booked_whole_or_not_at_all(wish: Any, book: Any, rita: User, now: datetime) -> None:
    wished = wish()
    plan = plan_series(wish=wished, by=rita, at=now)
    book(plan[2].starts_at, patient_id=register("Petra", by=rita, at=now).pk)

    with pytest.raises(SeriesTaken) as refused:
        book_series(wish=wished, chosen=everything(plan), by=rita, at=now)

    assert refused.value.taken == [3]
    assert [visit.slot is not None for visit in refused.value.visits] == [True, True, False, True]
    assert (Series.objects.count(), Appointment.objects.count()) == (0, 1)

    elsewhere = plan_series(wish=wished, by=rita, at=now)[2].instead[0]
    chosen = [Chosen(number=1), Chosen(number=3, starts_at=elsewhere.starts_at), Chosen(number=4)]
    booked = visits_of(book_series(wish=wished, chosen=chosen, by=rita, at=now))
    assert [visit.is_off_its_series for visit in booked] == [False, True, False]
    assert [visit.session_total for visit in booked] == [3, 3, 3]


def test_a_visit_is_booked_all_the_same_for_a_reason_that_is_kept(
    wish: Any, book: Any, rita: User, now: datetime
) -> None:
    wished = wish()
    plan = plan_series(wish=wished, by=rita, at=now)
    book(plan[0].starts_at, patient_id=register("Petra", by=rita, at=now).pk)

    chosen = [Chosen(number=1, override="acute"), Chosen(number=2)]
    booked = visits_of(book_series(wish=wished, chosen=chosen, by=rita, at=now))

    kept = Override.objects.get()
    assert (kept.appointment, kept.reason) == (booked[0], "acute")


def test_practitioners_book_series_into_their_own_calendar_only(
    wish: Any, bo: User, beas_calendar: Practitioner, now: datetime, book: Any, rita: User
) -> None:
    book(now + DAY)  # so that Paul is in Bo's care

    with pytest.raises(NotAllowed):
        plan_series(wish=wish(practitioner_ids=(beas_calendar.pk,)), by=bo, at=now)

    with_bo = plan_series(wish=wish(practitioner_ids=()), by=bo, at=now)
    assert {visit.slot.practitioner_id for visit in with_bo if visit.slot} == {wish().practitioner_ids[0]}


def test_of_several_practitioners_each_visit_is_with_one_who_can(
    wish: Any, book: Any, rita: User, now: datetime, bos_calendar: Practitioner, beas_calendar: Practitioner
) -> None:
    wished = wish(practitioner_ids=(bos_calendar.pk, beas_calendar.pk))
    plan = plan_series(wish=wished, by=rita, at=now)
    book(plan[1].starts_at, patient_id=register("Petra", by=rita, at=now).pk)

    visits = visits_of(book_series(wish=wished, chosen=everything(plan), by=rita, at=now))

    assert [visit.practitioner for visit in visits] == [bos_calendar, beas_calendar, bos_calendar, bos_calendar]


def change(series: Series, scope: Scope, visit: Appointment, *, by: User, at: datetime, **what: Any) -> Series:
    wanted = SeriesChange(scope=scope, visit_id=visit.pk, **what)
    plan = plan_change(series=series, change=wanted, by=by, at=at)
    return change_series(series=series, change=wanted, chosen=everything(plan), by=by, at=at)


def test_all_visits_move_on_the_wall_clock_and_those_moved_by_hand_stay(
    series: Series, rita: User, now: datetime
) -> None:
    by_hand = visits_of(series)[1]
    move_appointment(appointment=by_hand, to=Move(starts_at=by_hand.starts_at + DAY), by=rita, at=now)
    there = visits_of(series)[1].starts_at

    first = visits_of(series)[0]
    moved = change(series, Scope.ALL, first, by=rita, at=now, day=first.planned_day + WEEK, starts=time(11))

    visits = visits_of(moved)
    assert moved.pk == series.pk
    assert (moved.first_day, moved.starts) == (series.first_day + WEEK, time(11))
    assert visits[1].starts_at == there
    assert [visit.is_off_its_series for visit in visits] == [False, True, False, False]
    assert visits[0].starts_at.astimezone(visits[0].location.zone).time() == time(11)

    brought_back = change(moved, Scope.ALL, visits[0], by=rita, at=now, starts=time(11), keep_moved=False)
    assert not any(visit.is_off_its_series for visit in visits_of(brought_back))


def test_the_following_visits_go_on_as_a_series_of_their_own(
    series: Series, rita: User, now: datetime, beas_calendar: Practitioner
) -> None:
    third = visits_of(series)[2]

    rest = change(
        series, Scope.FOLLOWING, third, by=rita, at=now, day=third.planned_day + DAY, practitioner_id=beas_calendar.pk
    )

    series.refresh_from_db()
    assert (rest.continues, rest.first_day) == (series, third.planned_day + DAY)
    assert rest.rule == "FREQ=WEEKLY;COUNT=2"
    assert [visit.practitioner for visit in visits_of(rest)] == [beas_calendar, beas_calendar]
    assert [visit.session_number for visit in visits_of(rest)] == [3, 4]
    assert len(visits_of(series)) == 2
    assert "UNTIL" in series.rule


def test_one_visit_that_is_changed_leaves_the_others(series: Series, rita: User, now: datetime) -> None:
    second = visits_of(series)[1]

    change(series, Scope.ONE, second, by=rita, at=now, starts=time(15), length=60)

    visits = visits_of(series)
    assert [visit.is_off_its_series for visit in visits] == [False, True, False, False]
    assert visits[1].ends_at - visits[1].starts_at == timedelta(hours=1)


def test_a_change_that_does_not_fit_changes_nothing(series: Series, book: Any, rita: User, now: datetime) -> None:
    visits = visits_of(series)
    book(visits[3].starts_at + timedelta(hours=2), patient_id=register("Petra", by=rita, at=now).pk)
    wanted = SeriesChange(scope=Scope.ALL, visit_id=visits[0].pk, starts=time(12))
    plan = plan_change(series=series, change=wanted, by=rita, at=now)

    with pytest.raises(SeriesTaken):
        change_series(series=series, change=wanted, chosen=everything(plan), by=rita, at=now)

    assert [visit.slot is not None for visit in plan] == [True, True, True, False]
    assert local_times(series) == {time(10)}


def test_a_whole_series_becomes_another_service(series: Series, rita: User, now: datetime) -> None:
    massage = Service.objects.get(name="Sports massage")

    change(series, Scope.ALL, visits_of(series)[0], by=rita, at=now, service_ids=(massage.pk,))

    assert {visit.service for visit in visits_of(series)} == {massage}
    assert {visit.ends_at - visit.starts_at for visit in visits_of(series)} == {timedelta(minutes=massage.duration)}


def test_a_series_that_crosses_a_clock_change_is_moved_on_the_wall_clock(
    wish: Any, rita: User, now: datetime, follow_up: Service
) -> None:
    wished = wish("FREQ=WEEKLY;COUNT=30")
    chosen = everything(plan_series(wish=wished, by=rita, at=now))
    series = book_series(wish=wished, chosen=chosen, by=rita, at=now)

    moved = change(series, Scope.ALL, visits_of(series)[0], by=rita, at=now, starts=time(14, 30))

    offsets = {visit.starts_at.astimezone(visit.location.zone).utcoffset() for visit in visits_of(moved)}
    assert len(offsets) == 2
    assert local_times(moved) == {time(14, 30)}


def test_the_following_visits_are_called_off_with_one_message(series: Series, rita: User, now: datetime) -> None:
    visits = visits_of(series)

    cancel_series(
        series=series,
        scope=Scope.FOLLOWING,
        visit_id=visits[1].pk,
        cancellation=CallOff(reason="moves"),
        by=rita,
        at=now,
    )

    assert [visit.status for visit in visits_of(series)] == [Status.SCHEDULED] + 3 * [Status.CANCELLED]
    cause = Message.objects.get(cause__startswith="scheduling.series_cancelled")
    message = compose_series(**cause.about)
    assert message is not None
    assert message.attachments[0].content.decode().count("STATUS:CANCELLED") == 3


@pytest.fixture
def course(follow_up: Service, patient: Patient, bos_calendar: Practitioner, now: datetime) -> Any:
    def course_of(sessions: int, **more: Any) -> CourseWish:
        usual = {"patient_id": patient.pk, "service_ids": (follow_up.pk,), "practitioner_ids": (bos_calendar.pk,)}
        return CourseWish(**(usual | {"sessions": sessions, "first_day": now.date() + DAY} | more))

    return course_of


def test_a_course_is_placed_on_the_days_and_times_that_suit(course: Any, rita: User, now: datetime) -> None:
    wished = course(4, weekdays=frozenset({1, 3}), between=(time(9), time(11)), days_apart=2)

    plan = plan_course(wish=wished, by=rita, at=now)
    chosen = [Chosen(number=visit.number, starts_at=visit.starts_at) for visit in plan.visits]
    series = book_course(wish=wished, chosen=chosen, by=rita, at=now)

    days = [visit.starts_at.date() for visit in visits_of(series)]
    assert plan.unplaced == []
    assert {day.weekday() for day in days} == {1, 3}
    assert all(after - before >= 2 * DAY for before, after in pairwise(days))
    assert [visit.session_number for visit in visits_of(series)] == [1, 2, 3, 4]
    assert plan_course(wish=wished, by=rita, at=now).visits != plan.visits  # those times are taken now


def test_a_course_that_does_not_fit_says_of_each_visit_why(course: Any, rita: User, now: datetime) -> None:
    wished = course(5, weekdays=frozenset({1}), days=14)

    plan = plan_course(wish=wished, by=rita, at=now)

    assert [visit.number for visit in plan.visits] == [1, 2]
    assert [each.number for each in plan.unplaced] == [3, 4, 5]
    assert {each.code for each in plan.unplaced} <= {"wish-full", "no-days-left"}
    assert plan == plan_course(wish=wished, by=rita, at=now)


def test_a_plan_asks_as_little_for_a_year_as_for_a_month(
    wish: Any, rita: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for count in (4, 52):
        with django_assert_max_num_queries(30):
            plan_series(wish=wish(f"FREQ=WEEKLY;COUNT={count}"), by=rita, at=now)


def test_the_page_shows_every_visit_before_it_books_what_is_chosen(
    pages: Any, wish: Any, book: Any, rita: User, now: datetime, patient: Patient, follow_up: Service, soon: datetime
) -> None:
    book(soon + WEEK, patient_id=register("Petra", by=rita, at=now).pk, at=timezone.now())
    desk = pages(rita)
    first = soon.astimezone(Location.objects.get().zone)
    asked = {
        "patient": patient.pk, "service": follow_up.pk, "practitioners": wish().practitioner_ids, "every": "1",
        "first_day": first.date().isoformat(), "starts": f"{first:%H:%M}", "count": "3",
    }  # fmt: skip

    shown = desk.post("/series/new/", asked | {"step": "plan"})
    free = [choice["free"] for choice in shown.context["choices"]]
    assert (shown.status_code, [bool(value) for value in free]) == (200, [True, False, True])
    assert f"Bo is booked from {first:%H:%M}" in shown.content.decode()
    assert Series.objects.count() == 0

    chosen = {"step": "save", "seen": shown.context["seen"], "visit-1": free[0], "visit-2": "skip", "visit-3": free[2]}
    changed_since = desk.post("/series/new/", asked | chosen | {"starts": "16:00"})
    assert (changed_since.status_code, Series.objects.count()) == (422, 0)

    saved = desk.post("/series/new/", asked | chosen)
    series = Series.objects.get()
    assert saved["Location"] == f"/series/{series.pk}/"
    assert desk.get(f"/series/{series.pk}/").content.decode().count("Scheduled") == 2


def test_the_api_looks_at_a_series_books_it_and_changes_it(
    api: Any, wish: Any, rita: User, patient: Patient, follow_up: Service, soon: datetime
) -> None:
    desk = api(rita)
    asked = {
        "patient_id": str(patient.pk), "service_ids": [str(follow_up.pk)], "rule": "FREQ=WEEKLY;COUNT=3",
        "first_day": soon.date().isoformat(), "start": "10:00", "practitioner_ids": [str(wish().practitioner_ids[0])],
    }  # fmt: skip

    plan = desk.post("/api/scheduling/series/plan/", asked).json()
    visits = [{"number": visit["number"]} for visit in plan["visits"]]
    booked = desk.post("/api/scheduling/series/", asked | {"visits": visits})
    again = desk.post("/api/scheduling/series/", asked | {"visits": visits})

    assert [visit["is_free"] for visit in plan["visits"]] == [True, True, True]
    assert (booked.status_code, again.status_code) == (201, 409)
    assert again.json()["code"] == "series-taken"
    assert again.json()["taken"] == [1, 2, 3]

    series = booked.json()
    change = {"scope": "all", "visit_id": series["visits"][0]["id"], "start": "15:00", "visits": visits}
    moved = desk.patch(f"/api/scheduling/series/{series['id']}/", change | {"version": series["version"]})
    stale = desk.patch(f"/api/scheduling/series/{series['id']}/", change | {"version": series["version"]})
    assert {visit["start_time"][11:16] for visit in moved.json()["visits"]} == {"15:00"}
    assert (stale.status_code, stale.json()["code"]) == (409, "series-changed")
