"""What is left of a package goes into the calendar in one go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.models import User
from kernel.money import Money
from modules.billing.models import PackagePurchase
from modules.billing.services import PackageDetails, add_package, sell_package
from modules.crm.models import Patient
from modules.scheduling.domain.series import SeriesRefused
from modules.scheduling.models import Appointment, Location, Practitioner, Service
from modules.scheduling.selectors import Asker, Wanted, find_slots, search_of_days
from modules.scheduling.services.series import package_courses
from modules.scheduling.services.series.package_courses import (
    PackageCourseWish,
    Scheduled,
    plan_package,
    schedule_package,
)
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use

DAY = timedelta(days=1)
Schedule = Callable[..., Scheduled]


def _sold(
    patient: Patient, service: Service, *, valid_days: int, by: User, at: datetime, sessions: int = 5
) -> PackagePurchase:
    contents = {service.pk: sessions}
    details = PackageDetails(name="Five", price=Money(25000, "GBP"), contents=contents, valid_days=valid_days)
    return sell_package(package=add_package(details=details, by=by), patient_id=patient.pk, by=by, at=at)


@pytest.fixture
def five(patient: Patient, follow_up: Service, rita: User, now: datetime) -> PackagePurchase:
    """Five follow-ups of Paul's, until the second of June."""
    return _sold(patient, follow_up, valid_days=91, by=rita, at=now)


@pytest.fixture
def wish(five: PackagePurchase, bos_calendar: Practitioner, now: datetime) -> Callable[..., PackageCourseWish]:
    """`wish(sessions=3)`: from tomorrow on, with Bo, unless told otherwise."""

    def wished(**more: Any) -> PackageCourseWish:
        usual = {"package_id": five.pk, "first_day": now.date() + DAY, "practitioner_ids": (bos_calendar.pk,)}
        return PackageCourseWish(**(usual | more))

    return wished


@pytest.fixture
def schedule(wish: Callable[..., PackageCourseWish], rita: User, now: datetime) -> Schedule:
    return lambda **more: schedule_package(wish=wish(**more), by=rita, at=now)


def visits_from(purchase: PackagePurchase) -> list[Appointment]:
    return list(Appointment.objects.filter(package_id=purchase.pk).select_related("location").order_by("period"))


def days_of(purchase: PackagePurchase) -> list[date]:
    return [visit.starts_at.astimezone(visit.location.zone).date() for visit in visits_from(purchase)]


def test_the_rest_of_a_package_is_booked_a_day_apart_until_its_last_day_and_the_others_say_why(
    api: Any, clinic: TenantRef, booked_soon: Appointment, rita: User, soon: datetime
) -> None:
    with use(clinic):
        five = _sold(booked_soon.patient, booked_soon.service, valid_days=3, by=rita, at=soon - timedelta(days=1))
    door, address = api(rita), f"/api/scheduling/packages/{five.pk}/"
    wish = {"first_day": str(soon.date()), "days_apart": 1, "notify_client": False}

    assert len(door.post(address + "plan/", wish).json()["visits"]) == 3
    answer = door.post(address + "schedule/", wish)

    assert answer.status_code == 201, answer.content
    visits = answer.json()["series"]["visits"]
    assert [(each["package_session"], each["package_total"]) for each in visits] == [(1, 5), (2, 5), (3, 5)]
    assert [each["start_time"][:10] for each in visits] == [str(soon.date() + timedelta(days=day)) for day in range(3)]
    assert [(each["number"], each["code"]) for each in answer.json()["unplaced"]] == [
        (4, "no-days-left"),
        (5, "no-days-left"),
    ]
    progress = door.get(address + "progress/").json()
    assert (progress["done"], progress["booked"], progress["left"]) == (0, 3, 2)
    assert [session["appointment"]["id"] for session in progress["sessions"][:3]] == [each["id"] for each in visits]


def test_packages_are_at_the_top_of_the_api_too_and_a_repeated_call_books_once(
    api: Any, clinic: TenantRef, booked_soon: Appointment, rita: User, soon: datetime
) -> None:
    with use(clinic):
        patient_id = booked_soon.patient_id
        five = _sold(booked_soon.patient, booked_soon.service, valid_days=60, by=rita, at=soon - DAY)
    door, wish = api(rita), {"first_day": str(soon.date()), "sessions": 2, "notify_client": False}

    (found,) = door.get(f"/api/packages/?patient_id={patient_id}").json()
    answers = [door.post(f"/api/packages/{five.pk}/schedule/", wish, key="again") for _ in range(2)]

    assert (found["id"], found["left"]) == (str(five.pk), 5)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert door.get(f"/api/packages/{five.pk}/progress/").json()["booked"] == 2


def test_sessions_keep_their_distance_from_what_was_booked_of_the_package_before(
    five: PackagePurchase, schedule: Schedule, book: Any, now: datetime
) -> None:
    book(now + 2 * DAY, package_id=five.pk)

    schedule(days_apart=2)

    assert [(day - now.date()).days for day in days_of(five)] == [2, 4, 7, 9, 11]
    assert sorted(visit.package_number for visit in visits_from(five)) == [1, 2, 3, 4, 5]


def test_less_than_a_day_apart_is_refused(schedule: Schedule) -> None:
    with pytest.raises(SeriesRefused, match="at least a day apart"):
        schedule(days_apart=0)


def test_when_the_clocks_change_the_sessions_stay_on_the_wall_clock(five: PackagePurchase, schedule: Schedule) -> None:
    schedule(first_day=date(2031, 3, 27), between=(time(9), time(10)))

    local = [visit.starts_at.astimezone(visit.location.zone) for visit in visits_from(five)]
    assert {start.utcoffset() for start in local} == {timedelta(0), timedelta(hours=1)}
    assert {start.hour for start in local} == {9}
    assert [start.day for start in local] == [27, 28, 31, 1, 2]


def test_nothing_is_placed_after_ninety_days_though_the_package_is_valid_longer(
    patient: Patient, follow_up: Service, bos_calendar: Practitioner, rita: User, now: datetime
) -> None:
    long = _sold(patient, follow_up, valid_days=365, by=rita, at=now)
    far_apart = PackageCourseWish(
        package_id=long.pk, first_day=now.date(), practitioner_ids=(bos_calendar.pk,), days_apart=28
    )

    done = schedule_package(wish=far_apart, by=rita, at=now)

    assert [(day - now.date()).days for day in days_of(long)] == [0, 28, 56, 84]
    assert [(each.number, each.code) for each in done.unplaced] == [(5, "no-days-left")]


def test_a_package_that_is_over_or_used_up_is_not_scheduled(schedule: Schedule, now: datetime) -> None:
    with pytest.raises(SeriesRefused, match="valid until"):
        schedule(first_day=now.date() + timedelta(days=92))
    schedule()

    with pytest.raises(SeriesRefused, match="Nothing is left"):
        schedule()


def test_each_session_may_be_with_other_people(
    five: PackagePurchase, schedule: Schedule, bos_calendar: Practitioner, beas_calendar: Practitioner
) -> None:
    schedule(
        practitioner_ids=(bos_calendar.pk, beas_calendar.pk),
        practitioners_of={2: (beas_calendar.pk,), 3: (bos_calendar.pk,)},
    )

    named = [visit.practitioner_id for visit in visits_from(five)]
    assert named[1:3] == [beas_calendar.pk, bos_calendar.pk]


def test_what_is_taken_meanwhile_is_placed_elsewhere(
    five: PackagePurchase, schedule: Schedule, book: Any, rita: User, now: datetime, monkeypatch: Any
) -> None:
    """Between the look at the calendar and the booking, somebody takes the first time."""
    plan_course, taken = package_courses.plan_course, []

    def plan_and_be_slow(**asked: Any) -> Any:
        plan = plan_course(**asked)
        if not taken:
            first = plan.visits[0].starts_at
            taken.append(book(first, patient_id=register("Petra", by=rita, at=now).pk))
        return plan

    monkeypatch.setattr(package_courses, "plan_course", plan_and_be_slow)

    done = schedule()

    assert done.unplaced == []
    assert len(visits_from(five)) == 5
    assert taken[0].starts_at not in {visit.starts_at for visit in visits_from(five)}


def test_a_preview_books_nothing(five: PackagePurchase, wish: Any, rita: User, now: datetime) -> None:
    plan = plan_package(wish=wish(), by=rita, at=now)

    assert len(plan.visits) == 5
    assert visits_from(five) == []


@given(
    first=st.integers(0, 80),
    weekdays=st.frozensets(st.integers(0, 6)),
    apart=st.integers(1, 30),
    before=st.lists(st.integers(0, 60), max_size=3, unique=True),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_two_are_on_a_day_none_is_after_the_last_and_each_was_free(
    five: PackagePurchase, wish: Any, book: Any, rita: User, now: datetime, first: int, weekdays: frozenset[int],
    apart: int, before: list[int],
) -> None:  # fmt: skip
    with transaction.atomic():
        for ahead in before:
            book(now + (ahead // 5 * 7 + ahead % 5) * DAY, package_id=five.pk)
        had = set(days_of(five))
        wished = wish(first_day=now.date() + first * DAY, weekdays=weekdays, days_apart=apart)
        plan = plan_package(wish=wished, by=rita, at=now)
        free = {start for visit in plan.visits for start in _free_on(visit.starts_at.date(), wished, at=now)}

        done = schedule_package(wish=wished, by=rita, at=now)

        days = days_of(five)
        assert len(set(days)) == len(days) == 5 - len(done.unplaced)
        assert max(days, default=now.date()) <= five.expires_on
        assert {visit.starts_at for visit in plan.visits} <= free
        assert all(day.weekday() in weekdays for day in set(days) - had if weekdays)
        assert all(abs((day - other).days) >= apart for day in set(days) - had for other in set(days) - {day})
        transaction.set_rollback(True)


def _free_on(day: date, wished: PackageCourseWish, *, at: datetime) -> set[datetime]:
    service = Service.objects.get(name="Follow-up")
    wanted = Wanted(services=(service,), practitioner_ids=frozenset(wished.practitioner_ids))
    search = search_of_days(day, day, Location.objects.get().zone)
    return {slot.starts_at for slot in find_slots(wanted=wanted, search=search, at=at, asker=Asker.desk())}
