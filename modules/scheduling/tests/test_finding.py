"""Free times from the tables: everything that is set is kept to, in as many queries for a month as for a day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.models import User
from kernel.periods import Period
from kernel.ranges import as_range
from modules.scheduling.models import (
    Block,
    DayHours,
    Equipment,
    EquipmentKind,
    ExternalBusy,
    ExternalCalendar,
    Location,
    Practitioner,
    Room,
    RoomType,
    Service,
    WorkingHours,
)
from modules.scheduling.selectors import (
    Asker,
    Slot,
    Wanted,
    fairest,
    find_slots,
    next_free,
    obstacles,
    performing,
    search_of_days,
    suitable_rooms,
)
from modules.scheduling.selectors.gathered import gather
from modules.scheduling.services.practice import staffing
from tenancy import TenantRef

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2031, 3, 10)
WEEK = timedelta(days=7)


@pytest.fixture
def location(in_clinic: TenantRef) -> Location:
    return Location.objects.get()


@pytest.fixture
def bo_only(follow_up: Service, bos_calendar: Practitioner) -> Wanted:
    return Wanted((follow_up,), practitioner_ids=frozenset({bos_calendar.pk}))


def clock(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON)


def starts(wanted: Wanted, now: datetime, *, day: date = MONDAY, asker: Asker | None = None) -> list[str]:
    found = find_slots(wanted=wanted, search=search_of_days(day, day, LONDON), at=now, asker=asker or Asker.desk())
    return [f"{slot.starts_at:%H:%M}" for slot in found]


def codes(wanted: Wanted, starts_at: datetime, now: datetime, asker: Asker | None = None) -> list[str]:
    return [each.code for each in obstacles(wanted=wanted, starts_at=starts_at, at=now, asker=asker or Asker.desk())]


def block(kind: str, location: Location, **columns: Any) -> Block:
    return Block.objects.create(
        **{"kind": kind, "location": location, "first_day": MONDAY, "last_day": MONDAY} | columns
    )


def test_a_month_of_ten_costs_as_many_queries_as_a_day_of_one(
    follow_up: Service, bos_calendar: Practitioner, location: Location, now: datetime, ana: User, book: Any
) -> None:
    Service.objects.filter(pk=follow_up.pk).update(daily_limit=20)
    follow_up.refresh_from_db()
    for n in range(9):
        staffing.add_practitioner(name=f"Colleague {n}", user_id=None, by=ana).services.set([follow_up])
    book(now + timedelta(days=1))
    block("BREAK", location, practitioner=bos_calendar, starts=time(12), ends=time(13), rule="FREQ=DAILY")

    def queries(wanted: Wanted, days: int) -> int:
        search = search_of_days(MONDAY, MONDAY + timedelta(days=days - 1), LONDON)
        with CaptureQueriesContext(connection) as seen:
            assert find_slots(wanted=wanted, search=search, at=now, asker=Asker.desk())
        return len(seen)

    one = queries(Wanted((follow_up,), practitioner_ids=frozenset({bos_calendar.pk})), 1)
    assert one == queries(Wanted((follow_up,)), 31)
    assert one <= 3


@pytest.mark.parametrize("named", ["none", "room", "type", "both"])
def test_one_statement_finds_the_people_and_rooms_that_booking_allows(
    follow_up: Service, location: Location, named: str
) -> None:
    further = Service.objects.exclude(pk=follow_up.pk).filter(places=None).order_by("name")[0]
    other = RoomType.objects.create(name="Gym")
    gym = Room.objects.create(name="Gym", location=location, capacity=3, room_type=other)
    Room.objects.create(name="Closed", location=location, room_type=other, ended_at=clock(9))
    services = (follow_up, further)
    Service.objects.filter(pk=follow_up.pk).update(needs_room=True)
    follow_up.refresh_from_db()
    if named in {"room", "both"}:
        follow_up.rooms.set([gym])
    if named in {"type", "both"}:
        follow_up.room_types.set([RoomType.objects.create(name="Pool") if named == "both" else other])
    found = gather(Wanted(services), Period(clock(9), clock(10)))
    assert [each.id for each in found.people] == [each.pk for each in performing(services)]
    assert [each.id for each in found.rooms] == [each.pk for each in suitable_rooms(*services)]
    assert (len(found.rooms) == 1) == (named != "none")


def test_hours_of_a_season_or_of_every_other_week_hold_only_then(
    bo_only: Wanted, bos_calendar: Practitioner, location: Location, now: datetime
) -> None:
    bos_calendar.hours.all().delete()
    WorkingHours.objects.create(
        practitioner=bos_calendar, location=location, weekday=0, starts=time(22), ends=time(1),
        valid_from=MONDAY, valid_until=MONDAY + 3 * WEEK, every_weeks=2,
    )  # fmt: skip
    by_week = [starts(bo_only, now, day=MONDAY + n * WEEK) for n in range(-1, 5)]

    night = ["22:00", "22:15", "22:30", "22:45", "23:00", "23:15", "23:30", "23:45"]
    assert by_week == [[], night, [], night, [], []]
    assert starts(bo_only, now, day=MONDAY + timedelta(days=1)) == ["00:00", "00:15"]


def test_a_day_with_hours_of_its_own_has_those_and_a_day_off_none(
    bo_only: Wanted, bos_calendar: Practitioner, location: Location, now: datetime
) -> None:
    DayHours.objects.create(practitioner=bos_calendar, location=location, day=MONDAY, starts=time(18), ends=time(19))
    DayHours.objects.create(practitioner=bos_calendar, location=location, day=MONDAY + WEEK)

    assert starts(bo_only, now) == ["18:00", "18:15"]
    assert starts(bo_only, now, day=MONDAY + WEEK) == []
    assert codes(bo_only, clock(10, day=MONDAY + WEEK), now) == ["hours"]


def test_whatever_blocks_a_time_is_not_offered_and_said(
    bo_only: Wanted, bos_calendar: Practitioner, location: Location, now: datetime
) -> None:
    """Leave of a week, a daily break, a closure, what is busy elsewhere; and none that was called off or skipped."""
    tuesday, thursday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)
    block("LEAVE", location, practitioner=bos_calendar, first_day=MONDAY - WEEK, last_day=MONDAY)
    rule = {"rule": "FREQ=DAILY", "skipped": [thursday], "starts": time(10), "ends": time(11)}
    block("BREAK", location, practitioner=bos_calendar, **rule)
    block("CLOSURE", location, first_day=tuesday, last_day=tuesday, starts=time(14), ends=time(18))
    block("CLOSURE", location, first_day=tuesday, last_day=tuesday, ended_at=now)
    elsewhere = ExternalCalendar.objects.create(practitioner=bos_calendar, label="At home")
    busy = Period(clock(9, day=tuesday), clock(9, 30, day=tuesday))
    ExternalBusy.objects.create(calendar=elsewhere, practitioner=bos_calendar, during=as_range(busy), uid_hash="x")

    assert starts(bo_only, now) == []
    assert codes(bo_only, clock(10), now) == ["leave", "break"]
    assert starts(bo_only, now, day=tuesday) == ["11:00", "11:15", "11:30", "11:45", "12:00", "12:15"]
    assert codes(bo_only, clock(9, day=tuesday), now) == ["elsewhere"]
    assert codes(bo_only, clock(15, day=tuesday), now) == ["closure"]
    assert codes(bo_only, clock(10, day=thursday), now) == []


def test_nobody_learns_whose_visit_stands_in_the_way(book: Any, bo_only: Wanted, now: datetime) -> None:
    book(clock(10))
    desk = obstacles(wanted=bo_only, starts_at=clock(10), at=now, asker=Asker.desk())

    assert [each.sentence for each in desk] == ["Bo is booked from 10:00 to 10:45."]


def test_a_visit_needs_a_room_of_the_right_type_and_a_free_device(
    bo_only: Wanted, follow_up: Service, location: Location, now: datetime, room_1: Room
) -> None:
    quiet, laser = RoomType.objects.create(name="Quiet"), EquipmentKind.objects.create(name="Laser")
    follow_up.room_types.add(quiet)
    follow_up.equipment_kinds.add(laser)
    assert codes(bo_only, clock(10), now) == ["room", "equipment"]

    Room.objects.filter(pk=room_1.pk).update(room_type=quiet)
    device = Equipment.objects.create(location=location, kind=laser, name="Laser 1")
    block("MAINTENANCE", location, room=room_1, starts=time(9), ends=time(11))
    block("MAINTENANCE", location, equipment=device, starts=time(12), ends=time(18))

    assert starts(bo_only, now) == ["11:00", "11:15"]
    assert codes(bo_only, clock(10), now) == ["maintenance"]
    [first, _] = find_slots(wanted=bo_only, search=search_of_days(MONDAY, MONDAY, LONDON), at=now, asker=Asker.desk())
    assert (first.room_id, first.equipment_ids, first.location_id) == (room_1.pk, (device.pk,), location.pk)


def test_people_online_are_bound_by_rules_that_the_desk_is_not(
    bo_only: Wanted, follow_up: Service, bos_calendar: Practitioner, now: datetime, book: Any
) -> None:
    for name, value in {"notice_minutes": 8 * 24 * 60, "horizon_days": 10, "audience": "KNOWN"}.items():
        setattr(follow_up, name, value)
    bos_calendar.hours.filter(starts=time(14)).update(offered="CONTACT")
    online, stranger = Asker.patient(known=True), Asker.patient(known=False)

    assert starts(bo_only, now, asker=online, day=MONDAY) == []
    assert codes(bo_only, clock(10), now, online) == ["notice"]
    assert codes(bo_only, clock(10), now, Asker.desk(any_time=True)) == []
    thursday = MONDAY + timedelta(days=3)
    assert starts(bo_only, now, asker=online, day=thursday)[-1] == "12:15"
    assert codes(bo_only, clock(14, day=thursday), now, online) == ["hours-not-online"]
    assert codes(bo_only, clock(10, day=thursday), now, stranger) == ["audience"]
    assert codes(bo_only, clock(10, day=MONDAY + WEEK), now, online) == ["horizon"]


def test_a_daily_limit_is_kept_for_everybody_and_a_moved_visit_does_not_count(
    bo_only: Wanted, bos_calendar: Practitioner, book: Any, now: datetime
) -> None:
    Practitioner.objects.filter(pk=bos_calendar.pk).update(daily_limit=1)
    booked = book(clock(10))

    assert codes(bo_only, clock(15), now) == ["daily-limit"]
    moving = Wanted(bo_only.services, practitioner_ids=bo_only.practitioner_ids, ignoring=booked.pk)
    assert codes(moving, clock(15), now) == []


def test_several_services_are_one_visit_by_somebody_who_performs_them_all(
    follow_up: Service, bos_calendar: Practitioner, beas_calendar: Practitioner, now: datetime
) -> None:
    massage = Service.objects.get(name="Sports massage")
    massage.practitioners.set([bos_calendar])
    both = Wanted((follow_up, massage), between=(time(9), time(9, 30)))
    [slot, _] = find_slots(wanted=both, search=search_of_days(MONDAY, MONDAY, LONDON), at=now, asker=Asker.desk())

    assert slot.practitioner_id == bos_calendar.pk
    assert slot.ends_at - slot.starts_at == timedelta(minutes=105)


def test_the_next_free_time_is_found_behind_a_long_leave(
    bo_only: Wanted, bos_calendar: Practitioner, location: Location, now: datetime
) -> None:
    block("LEAVE", location, practitioner=bos_calendar, first_day=now.date(), last_day=now.date() + timedelta(days=100))
    [slot] = next_free(wanted=bo_only, after=now, at=now, asker=Asker.desk())

    assert slot.starts_at.date() == date(2031, 6, 12)


def test_anybody_is_whoever_has_least_to_do(
    follow_up: Service, bos_calendar: Practitioner, beas_calendar: Practitioner, book: Any, now: datetime, ana: User
) -> None:
    Practitioner.objects.filter(user_id=ana.pk).update(ended_at=now)
    book(clock(10))
    search = Period(clock(15), clock(15, 1))
    found: list[Slot] = find_slots(wanted=Wanted((follow_up,)), search=search, at=now, asker=Asker.desk())

    assert len(found) > 1
    assert fairest(found, zone=LONDON).practitioner_id == beas_calendar.pk
