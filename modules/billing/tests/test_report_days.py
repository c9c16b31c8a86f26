"""Of which days a report is, how late a bill is, and how figures are drawn."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.billing.domain.reports import Age, Bar, Days, Preset, age_of, bars, days_of, due_from, times

ON = date(2031, 3, 3)


@pytest.mark.parametrize(
    ("preset", "on", "since", "until"),
    [
        (Preset.TODAY, ON, ON, ON),
        (Preset.THIS_MONTH, ON, date(2031, 3, 1), date(2031, 3, 31)),
        (Preset.LAST_MONTH, ON, date(2031, 2, 1), date(2031, 2, 28)),
        (Preset.LAST_MONTH, date(2032, 1, 31), date(2031, 12, 1), date(2031, 12, 31)),
        (Preset.LAST_MONTH, date(2032, 3, 31), date(2032, 2, 1), date(2032, 2, 29)),
        (Preset.THIS_QUARTER, ON, date(2031, 1, 1), date(2031, 3, 31)),
        (Preset.LAST_QUARTER, ON, date(2030, 10, 1), date(2030, 12, 31)),
        (Preset.THIS_YEAR, ON, date(2031, 1, 1), date(2031, 12, 31)),
        (Preset.LAST_YEAR, ON, date(2030, 1, 1), date(2030, 12, 31)),
    ],
)
def test_a_preset_is_the_whole_of_what_it_says(preset: Preset, on: date, since: date, until: date) -> None:
    assert days_of(preset, on=on) == Days(since, until)


@pytest.mark.parametrize(
    ("late", "age"),
    [
        (-5, Age.CURRENT),
        (0, Age.CURRENT),
        (1, Age.UP_TO_30),
        (30, Age.UP_TO_30),
        (31, Age.UP_TO_60),
        (60, Age.UP_TO_60),
        (61, Age.UP_TO_90),
        (90, Age.UP_TO_90),
        (91, Age.OLDER),
        (4000, Age.OLDER),
    ],
)
def test_a_bill_is_late_from_the_day_after_it_was_due(late: int, age: Age) -> None:
    assert age_of(ON - timedelta(days=late), on=ON) is age


def test_the_oldest_has_no_first_day() -> None:
    assert due_from(Age.OLDER, on=ON) is None


@pytest.mark.parametrize(
    ("by", "firsts"),
    [
        ("day", [date(2031, 2, 27), date(2031, 2, 28), date(2031, 3, 1), date(2031, 3, 2), date(2031, 3, 3)]),
        ("week", [date(2031, 2, 24), date(2031, 3, 3)]),
        ("month", [date(2031, 2, 1), date(2031, 3, 1)]),
    ],
)
def test_times_without_anything_are_there_too(by: str, firsts: list[date]) -> None:
    assert times(Days(date(2031, 2, 27), ON), by=by) == firsts


def test_bars_stand_on_a_line_and_hang_below_it() -> None:
    assert bars([100, 0, -50], width=30, height=150) == [Bar(0, 0, 8, 100), Bar(10, 100, 8, 0), Bar(20, 100, 8, 50)]
    assert bars([], width=30, height=150) == []


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60))
def test_no_bar_leaves_its_box(values: list[int]) -> None:
    for bar in bars(values, width=1000, height=120):
        assert 0 <= bar.x < 1000
        assert 0 <= bar.y <= bar.y + bar.height <= 121
