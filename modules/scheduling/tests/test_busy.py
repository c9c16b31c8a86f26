"""Busy times of calendars as others write them: Google, Outlook, Apple, and people who mean harm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from modules.scheduling.domain import busy
from modules.scheduling.domain.busy import NotACalendar, TooMuch, busy_times
from modules.scheduling.gateways import elsewhere

LONDON = ZoneInfo("Europe/London")
START, END = datetime(2031, 3, 1, tzinfo=UTC), datetime(2031, 5, 1, tzinfo=UTC)
WHEN = "DTSTART:20310303T090000Z\nDTEND:20310303T100000Z"


def calendar(*events: str, head: str = "") -> bytes:
    """Return a calendar file. `head` goes before the events."""
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    head = head.strip() + "\n" if head else ""
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x//EN\n{head}{body}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def read(content: bytes) -> list[str]:
    """Return the busy times as London's clocks show them."""
    times = busy_times(content, start=START, end=END, zone=LONDON).times
    return [f"{t.start.astimezone(LONDON):%d.%m. %H:%M}-{t.end.astimezone(LONDON):%d.%m. %H:%M}" for t in times]


GOOGLE = calendar(
    """
DTSTART;TZID=Europe/London:20310324T170000
DTEND;TZID=Europe/London:20310324T180000
RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20310420T225959Z;BYDAY=MO
EXDATE;TZID=Europe/London:20310407T170000
DTSTAMP:20310301T120000Z
UID:choir@google.com
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Choir
TRANSP:OPAQUE
""",
    """
DTSTART;TZID=Europe/London:20310401T190000
DTEND;TZID=Europe/London:20310401T200000
RECURRENCE-ID;TZID=Europe/London:20310331T170000
DTSTAMP:20310301T120000Z
UID:choir@google.com
SEQUENCE:1
SUMMARY:Choir\\, moved
""",
    "DTSTART;VALUE=DATE:20310310\nDTEND;VALUE=DATE:20310311\nUID:b@google.com\nSUMMARY:Birthday\nTRANSP:TRANSPARENT",
    head="CALSCALE:GREGORIAN\nMETHOD:PUBLISH\nX-WR-CALNAME:ana@example.com\nX-WR-TIMEZONE:Europe/London",
)
OUTLOOK = calendar(
    """
UID:040000008200E00074C5B7101A82E00800000000
RRULE:FREQ=DAILY;COUNT=2
DTSTART;TZID=W. Europe Standard Time:20310303T090000
DTEND;TZID=W. Europe Standard Time:20310303T093000
X-MICROSOFT-CDO-BUSYSTATUS:OOF
""",
    "UID:free\nDTSTART;TZID=W. Europe Standard Time:20310303T120000\n"
    "DTEND;TZID=W. Europe Standard Time:20310303T130000\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
    "UID:own\nDTSTART;TZID=Customized Time Zone:20310305T100000\nDTEND;TZID=Customized Time Zone:20310305T110000",
    head="""
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0200
TZOFFSETTO:+0200
END:STANDARD
END:VTIMEZONE""",
)
APPLE = calendar(
    "UID:1\nDTSTART;VALUE=DATE:20310330\nDTEND;VALUE=DATE:20310331\nSUMMARY:Away",
    "UID:2\nDTSTART:20310402T080000\nDURATION:PT45M\nRDATE:20310404T080000",
    "UID:3\nDTSTART:20310405T080000Z\nDTEND:20310405T090000Z\nSTATUS:CANCELLED",
    head="CALSCALE:GREGORIAN\nX-APPLE-CALENDAR-COLOR:#FF2968",
)
FREE_BUSY = b"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VFREEBUSY
UID:f
FREEBUSY;FBTYPE=BUSY:20310303T090000Z/PT1H
FREEBUSY;FBTYPE=FREE:20310304T090000Z/PT1H
END:VFREEBUSY
END:VCALENDAR"""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOGLE, ["24.03. 17:00-24.03. 18:00", "01.04. 19:00-01.04. 20:00", "14.04. 17:00-14.04. 18:00"]),
        (OUTLOOK, ["03.03. 08:00-03.03. 08:30", "04.03. 08:00-04.03. 08:30", "05.03. 08:00-05.03. 09:00"]),
        # The day on which the clocks go forward has 23 hours, and it is the location's day.
        (APPLE, ["30.03. 00:00-31.03. 00:00", "02.04. 08:00-02.04. 08:45", "04.04. 08:00-04.04. 08:45"]),
        (FREE_BUSY, ["03.03. 09:00-03.03. 10:00"]),
        (calendar(f"UID:x\n{WHEN}", f"UID:x\n{WHEN}"), ["03.03. 09:00-03.03. 10:00"]),
        (calendar("UID:none\nDTSTART:20310303T090000Z"), []),
        (calendar(), []),
    ],
    ids=["google", "outlook", "apple", "free-busy", "said twice", "no length", "empty"],
)
def test_a_calendar_keeps_its_busy_times_free_and_says_nothing_else(content: bytes, expected: list[str]) -> None:
    assert read(content) == expected


@pytest.mark.parametrize(
    "broken",
    [
        "UID:b\nDTSTART:2031XX\nDTEND:3",
        f"UID:b\n{WHEN}\nRRULE:FREQ=NEVERLY",
        f"UID:b\n{WHEN}\nRRULE:FREQ=DAILY;COUNT=x",
    ],
)
def test_an_entry_that_cannot_be_read_is_left_out_and_said_so(broken: str) -> None:
    good = "UID:g\nDTSTART:20310304T090000Z\nDTEND:20310304T100000Z"

    found = busy_times(calendar(broken, good), start=START, end=END, zone=LONDON)

    assert datetime(2031, 3, 4, 9, tzinfo=UTC) in [each.start for each in found.times]
    assert found.left_out


@pytest.mark.parametrize("content", [b"", b"<!doctype html><title>Sign in</title>", GOOGLE[:-40], b"\x00\xff"])
def test_what_is_no_calendar_or_only_half_of_one_is_refused(content: bytes) -> None:
    with pytest.raises(NotACalendar):
        busy_times(content, start=START, end=END, zone=LONDON)


def test_more_than_anybody_has_is_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(busy, "MOST_TIMES", 3)
    monkeypatch.setattr(busy, "MOST_ENTRIES", 3)

    for content in (calendar(f"UID:x\n{WHEN}\nRRULE:FREQ=DAILY"), calendar(*[f"UID:x\n{WHEN}"] * 4)):
        with pytest.raises(TooMuch):
            busy_times(content, start=START, end=END, zone=LONDON)


def test_a_file_made_to_take_for_ever_takes_only_its_own_process_along(monkeypatch: Any) -> None:
    monkeypatch.setattr(elsewhere, "CPU_SECONDS", 1)
    for_ever = calendar("UID:x\nDTSTART:20200303T090000Z\nDTEND:20200303T100000Z\nRRULE:FREQ=SECONDLY")

    with pytest.raises(elsewhere.Unread) as refusal:
        elsewhere.read_busy_times(for_ever, start=START, end=END, zone=LONDON)

    assert refusal.value.why == "too-much"
