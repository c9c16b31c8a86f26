"""Rules of RFC 5545: those a calendar needs are expanded, others refused before they take long."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from modules.scheduling.domain.recurrence import RuleRefused, check_rule, starts_between

FIRST = datetime(2031, 3, 3, 12)  # noqa: DTZ001 - the wall clock, a Monday
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=DAILY", None),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", date(2031, 3, 10)),
        ("FREQ=MONTHLY;BYDAY=1MO;UNTIL=20310601T235959", date(2031, 5, 5)),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1;COUNT=2", date(2031, 4, 1)),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3;COUNT=2", date(2032, 3, 3)),
    ],
)
def test_a_rule_says_when_it_is_over(rule: str, last: date | None) -> None:
    assert check_rule(rule, FIRST) == last


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;BYHOUR=3",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=99999999",
        "FREQ=DAILY;UNTIL=99991231",
        "FREQ=DAILY;UNTIL=20310601T000000Z;COUNT=2",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYDAY=53MO;BYMONTH=2",
        "FREQ=WEEKLY;BYDAY=TU",  # not on its first day
        "DTSTART:20310303\nRRULE:FREQ=DAILY",
        "FREQ=DAILY;FREQ=WEEKLY",
        "",
    ],
)
def test_a_rule_that_no_calendar_needs_is_refused(rule: str) -> None:
    with pytest.raises(RuleRefused):
        check_rule(rule, FIRST)


def test_a_window_shows_what_begins_in_it_and_nothing_else() -> None:
    found = starts_between("FREQ=WEEKLY;INTERVAL=2", FIRST, FIRST + 14 * DAY, FIRST + 42 * DAY)

    assert [moment.date() for moment in found] == [date(2031, 3, 17), date(2031, 3, 31)]
