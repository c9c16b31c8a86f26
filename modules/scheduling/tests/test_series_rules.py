"""Rules of series: which visits they make, and what they say after a change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from modules.scheduling.domain.series import (
    MOST_VISITS,
    cut_before,
    first_on,
    occasions_of,
    shifted,
    so_often,
    weekly_rule,
)

TUESDAY = date(2031, 3, 4)


def days_of(rule: str, first: date = TUESDAY) -> list[date]:
    return [occasion.day for occasion in occasions_of(rule, datetime.combine(first, time(9)))]


def test_twice_a_week_makes_visits_on_both_days() -> None:
    rule = weekly_rule({3, 1}, count=5)

    assert rule == "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=5"
    assert [day.day for day in days_of(rule)] == [4, 6, 11, 13, 18]


def test_every_other_week_until_a_day_counts_that_day_in() -> None:
    rule = weekly_rule({1}, every=2, until=TUESDAY + timedelta(days=28))

    assert [(day - TUESDAY).days for day in days_of(rule)] == [0, 14, 28]


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY", f"FREQ=DAILY;COUNT={MOST_VISITS + 1}", "FREQ=HOURLY;COUNT=2"])
def test_a_series_has_an_end_and_not_too_many_visits(rule: str) -> None:
    with pytest.raises(Invalid):
        days_of(rule)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_a_year_of_visits_keeps_its_time_on_the_wall(zone: str) -> None:
    starts = [
        each.starts_at(ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
        for each in occasions_of("FREQ=WEEKLY;COUNT=52", datetime.combine(TUESDAY, time(9)))
    ]

    assert {start.time() for start in starts} == {time(9)}
    assert len({start.utcoffset() for start in starts}) == 2


@given(
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    every=st.integers(1, 3),
    count=st.integers(2, 12),
    days=st.integers(-6, 6),
    keep=st.integers(1, 11),
)
def test_a_rule_says_the_same_as_its_visits_after_any_change(
    weekdays: set[int], every: int, count: int, days: int, keep: int
) -> None:
    first = first_on(TUESDAY, weekdays)
    rule = weekly_rule(weekdays, every=every, count=count)
    visits = days_of(rule, first)
    kept = min(keep, count - 1)

    assert days_of(cut_before(rule, visits[kept]), first) == visits[:kept]
    assert days_of(so_often(rule, kept), first) == visits[:kept]
    if every == 1 or days == 0:  # every other week counts from Monday: pushed over a week's end it may say other weeks
        there = first + timedelta(days=days)
        assert days_of(shifted(rule, days), there) == [day + timedelta(days=days) for day in visits]
