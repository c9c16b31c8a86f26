"""The calendar's rows: no visit is lost or drawn over another, also when clocks change and past midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.periods import Period, days
from modules.scheduling.domain.lanes import Lane, lanes
from modules.scheduling.domain.wall_clock import (
    Axis,
    NoSuchTime,
    Rows,
    axis_of,
    days_of,
    exists,
    moment_at,
    whole_day,
)

LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = date(2031, 3, 30), date(2031, 10, 26)  # 23 and 25 hours
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana", "UTC"]


def axis(*shown: date, opens: int = 0, closes: int = 24, zone: ZoneInfo = LONDON) -> Axis:
    return axis_of(shown, zone, opens=opens, closes=closes)


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def test_a_day_that_clocks_set_back_has_its_hour_twice_and_the_days_beside_it_are_closed_in_the_second() -> None:
    day_before = AUTUMN - timedelta(days=1)
    drawn = axis(day_before, AUTUMN)

    assert [str(hour) for hour in drawn.hours[:4]] == ["00:00", "01:00", "01:00", "02:00"]
    first, second = (drawn.rows_of(Period(utc(AUTUMN, hour), utc(AUTUMN, hour, 30)), AUTUMN) for hour in (0, 1))
    assert (first, second) == (Rows(12, 18), Rows(24, 30))  # 01:00 summer time, and 01:00 again
    assert (drawn.missing(day_before), drawn.missing(AUTUMN)) == ([Rows(24, 36)], [])


def test_the_hour_that_clocks_skip_is_closed_and_what_comes_after_it_stands_at_its_wall_clock_time() -> None:
    drawn = axis(SPRING)

    assert drawn.missing(SPRING) == [Rows(12, 24)]
    assert drawn.rows_of(Period(utc(SPRING, 0, 30), utc(SPRING, 1, 30)), SPRING) == Rows(6, 30)  # 00:30 to 02:30
    with pytest.raises(NoSuchTime):
        moment_at(SPRING, time(1, 30), LONDON)
    assert moment_at(AUTUMN, time(1, 30), LONDON, again=True) == utc(AUTUMN, 1, 30)


def test_opening_hours_that_no_change_touches_have_the_usual_rows() -> None:
    drawn = axis(SPRING, opens=8, closes=18)

    assert (drawn.rows, drawn.missing(SPRING)) == (120, [])
    assert drawn.rows_of(Period(utc(SPRING, 8), utc(SPRING, 8, 45)), SPRING) == Rows(12, 21)


def test_a_visit_over_midnight_is_drawn_on_both_days() -> None:
    night = Period(datetime(2031, 3, 4, 23, 30, tzinfo=LONDON), datetime(2031, 3, 5, 0, 15, tzinfo=LONDON))
    drawn = axis(*days_of(night, LONDON))

    assert [drawn.rows_of(night, day) for day in days_of(night, LONDON)] == [Rows(282, 288), Rows(0, 3)]
    until_midnight = Period(night.start, datetime(2031, 3, 5, tzinfo=LONDON))
    assert list(days_of(until_midnight, LONDON)) == [date(2031, 3, 4)]


def test_lanes_are_as_many_as_meet_at_once_and_end_with_the_crowd() -> None:
    spans = [Rows(0, 6), Rows(3, 9), Rows(6, 12), Rows(12, 18)]

    assert lanes(spans) == [Lane(1, 2), Lane(2, 2), Lane(1, 2), Lane(1, 1)]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12))
def test_no_two_in_a_lane_ever_meet(drawn: list[tuple[int, int]]) -> None:
    spans = [Rows(first, first + height) for first, height in drawn]
    placed = list(zip(spans, lanes(spans), strict=True))

    for one, (span, lane) in enumerate(placed):
        assert 1 <= lane.number <= lane.of
        for other, other_lane in placed[one + 1 :]:
            if span.first < other.last and other.first < span.last:
                assert lane.number != other_lane.number
                assert lane.of == other_lane.of


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    day=st.dates(date(2026, 1, 1), date(2031, 12, 31)),
    lengths=st.lists(st.integers(1, 60).map(lambda each: each * 5), min_size=1, max_size=12),
)
def test_visits_that_do_not_meet_in_time_are_drawn_in_order_and_never_over_each_other(
    zone: ZoneInfo, day: date, lengths: list[int]
) -> None:
    """Back to back from midnight on, through whatever the clocks do: each is drawn on every day it lies on."""
    start, visits = whole_day(day, zone).start, []
    for length in lengths:
        visits.append(Period(start, start + timedelta(minutes=length)))
        start = visits[-1].end
    shown = list(days(day, day + timedelta(days=3)))
    drawn = axis(*shown, zone=zone)

    for each in shown:
        rows = [found for visit in visits if (found := drawn.rows_of(visit, each))]
        assert sum(each in days_of(visit, zone) for visit in visits) == len(rows)
        assert all(before.last <= after.first for before, after in pairwise(rows))
        assert all(0 <= span.first < span.last <= drawn.rows for span in rows)


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    day=st.dates(date(2026, 1, 1), date(2031, 12, 31)),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0, minute=at.minute // 5 * 5)),
    again=st.booleans(),
)
def test_a_row_that_is_dropped_on_is_the_row_that_is_drawn(zone: ZoneInfo, day: date, at: time, again: bool) -> None:
    if exists(day, at, zone, again=again):
        moment = moment_at(day, at, zone, again=again)
        local = moment.astimezone(zone)

        assert (local.date(), local.time().replace(fold=0), local.fold) == (day, at, int(again))
