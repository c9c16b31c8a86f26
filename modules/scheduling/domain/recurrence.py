"""Rules of RFC 5545 for what comes again: read strictly, and expanded on the wall clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from dateutil.rrule import rrule, rrulestr

from kernel.errors import Invalid

MOST_TIMES = 4000
LONGEST_INTERVAL = 99
ALLOWED = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
}
WEEKDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
ALWAYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}


class RuleRefused(Invalid):
    """The rule is none of RFC 5545, or one that nobody needs for a calendar and that would take long to expand."""

    code = "rule-refused"


def check_rule(text: str, first: datetime) -> date | None:
    """Return the last day the rule reaches, or None if it goes on for ever. Raises `RuleRefused`."""
    parts = _parts(text)
    rule = _expandable(text, first)
    if rule.after(first, inc=True) != first:
        raise _refused("The rule does not hold on the first day. Begin on a day that it names.")
    if "COUNT" not in parts and "UNTIL" not in parts:
        return None
    moments = list(islice(rule, MOST_TIMES + 1))
    if len(moments) > MOST_TIMES:
        raise _refused(f"A rule that ends repeats {MOST_TIMES} times at most.")
    return moments[-1].date()


def starts_between(text: str, first: datetime, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield when the rule begins within [start, end), on the wall clock; all moments are naive."""
    month = start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < end:
        following = (month + timedelta(days=32)).replace(day=1)
        yield from (moment for moment in _month_of(text, first, month, following) if start <= moment < end)
        month = following


@lru_cache(maxsize=2048)
def _month_of(text: str, first: datetime, month: datetime, following: datetime) -> tuple[datetime, ...]:
    last = following - timedelta(microseconds=1)
    return tuple(_expandable(text, first).between(month, last, inc=True)) if last >= first else ()


@lru_cache(maxsize=512)
def _expandable(text: str, first: datetime) -> rrule:
    try:
        parsed: Any = rrulestr(text, dtstart=first)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        raise _refused("This is no rule of RFC 5545.") from None
    if not isinstance(parsed, rrule):
        raise _refused("Give one rule.")
    return parsed


def _parts(text: str) -> dict[str, str]:
    """Read a rule into its parts. Raises `RuleRefused` for one that is not of the few kinds a calendar needs."""
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise _refused("This is no rule of RFC 5545.")
        parts[name] = value
    allowed = ALLOWED.get(parts.get("FREQ", ""))
    if allowed is None:
        raise _refused("A rule repeats daily, weekly, monthly or yearly.")
    if unknown := set(parts) - allowed - ALWAYS:
        raise _refused(f"A rule of this kind has no {', '.join(sorted(unknown))}.")
    _check_numbers(parts)
    return parts


def _check_numbers(parts: dict[str, str]) -> None:
    limits = {"INTERVAL": (1, LONGEST_INTERVAL), "COUNT": (1, MOST_TIMES), "BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31)}
    limits["BYSETPOS"] = (-5, 5)
    for name, (least, most) in limits.items():
        for number in parts.get(name, str(most)).split(","):
            if not number.lstrip("+-").isdigit() or not least <= int(number) <= most or int(number) == 0:
                raise _refused(f"{name} is a number from {least} to {most}.")
    for day in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        if not WEEKDAY.fullmatch(day) or (len(day) > 2 and not _has_months(parts)):
            raise _refused("BYDAY is MO to SU; in a month, also 1MO to 5SU or -1MO for the last.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refused("A rule has a COUNT or an UNTIL, not both.")
    if parts["FREQ"] == "DAILY" and "BYDAY" in parts and parts.get("INTERVAL", "1") != "1":
        raise _refused("A daily rule that names weekdays has no INTERVAL.")
    if "BYSETPOS" in parts and "BYDAY" not in parts:
        raise _refused("BYSETPOS goes with BYDAY.")


def _has_months(parts: dict[str, str]) -> bool:
    return parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts


def _refused(sentence: str) -> RuleRefused:
    return RuleRefused(sentence, fields={"rule": [sentence]})
