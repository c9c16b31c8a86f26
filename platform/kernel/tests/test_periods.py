"""Opening hours are wall-clock time; what is booked is time itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from kernel.periods import Period, days, local_period

LONDON = ZoneInfo("Europe/London")
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
periods = st.builds(
    lambda start, minutes: Period(start, start + timedelta(minutes=minutes)), moments, st.integers(1, 500)
)


def test_a_day_of_work_has_its_hours_in_winter_and_in_summer() -> None:
    winter = local_period(date(2026, 1, 12), time(9), time(17), LONDON)
    summer = local_period(date(2026, 7, 13), time(9), time(17), LONDON)

    assert winter.start == datetime(2026, 1, 12, 9, tzinfo=UTC)
    assert summer.start == datetime(2026, 7, 13, 8, tzinfo=UTC)
    assert winter.length == summer.length == timedelta(hours=8)


def test_the_night_the_clocks_change_is_an_hour_shorter_or_longer() -> None:
    spring = local_period(date(2026, 3, 29), time(0), time(6), LONDON)
    autumn = local_period(date(2026, 10, 25), time(0), time(6), LONDON)

    assert (spring.length, autumn.length) == (timedelta(hours=5), timedelta(hours=7))


def test_hours_past_midnight_end_the_next_day() -> None:
    late = local_period(date(2026, 1, 12), time(20), time(2), LONDON)

    assert late.length == timedelta(hours=6)


@given(periods, periods)
def test_overlap_is_mutual_and_neighbours_do_not(first: Period, second: Period) -> None:
    assert first.overlaps(second) == second.overlaps(first)
    assert not first.overlaps(Period(first.end, first.end + timedelta(minutes=1)))


def test_days_include_both_ends() -> None:
    assert list(days(date(2026, 2, 27), date(2026, 3, 1))) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
