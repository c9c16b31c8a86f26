"""Series on the wall clock: which visits a rule makes, and the rule after a change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.errors import Invalid
from modules.scheduling.domain.recurrence import check_rule, starts_between

MOST_VISITS = 104  # twice a week for a year
LONGEST = timedelta(days=730)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = timedelta(days=1)


class SeriesRefused(Invalid):
    """The series makes no sense as it stands; `fields` says where."""

    code = "series-refused"


@dataclass(frozen=True, slots=True)
class Occasion:
    """One visit of a series as the rule has it: the how manieth, and when on the wall clock."""

    number: int
    day: date
    time: time

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """Return the moment. A time that the clocks skip is read as if they had not yet moved: just after the gap."""
        return datetime.combine(self.day, self.time, zone)


def occasions_of(rule: str, first: datetime) -> list[Occasion]:
    """Return every visit that a rule makes, in order. Raises `RuleRefused` or `SeriesRefused`."""
    last = check_rule(rule, first)
    if last is None:
        raise refused("Say how often it comes, or until when: a series has an end.")
    if datetime.combine(last, time.min) - first > LONGEST:
        raise refused("A series lasts two years at most.")
    starts = list(starts_between(rule, first, first, datetime.combine(last, time.min) + DAY))
    if len(starts) > MOST_VISITS:
        raise refused(f"A series has {MOST_VISITS} visits at most.")
    return [Occasion(number, start.date(), start.time()) for number, start in enumerate(starts, start=1)]


def weekly_rule(
    weekdays: Collection[int], *, every: int = 1, count: int | None = None, until: date | None = None
) -> str:
    """Return the rule "every n weeks on these weekdays", so often or until a day."""
    names = ",".join(WEEKDAYS[weekday] for weekday in sorted(weekdays))
    parts = ["FREQ=WEEKLY", *([f"INTERVAL={every}"] if every != 1 else []), f"BYDAY={names}"]
    return ";".join([*parts, *_ending(count, until)])


def first_on(day: date, weekdays: Collection[int]) -> date:
    """Return the first day from `day` on that is one of these weekdays."""
    return next(
        each for each in (day + ahead * DAY for ahead in range(7)) if not weekdays or each.weekday() in weekdays
    )


def shifted(rule: str, days: int) -> str:
    """Return the rule for visits that all come so many days later; empty where no rule says that any more."""
    if not days or not rule:
        return rule
    parts = dict(part.split("=") for part in rule.split(";"))
    if parts["FREQ"] not in {"WEEKLY", "DAILY"}:
        return ""
    if "BYDAY" in parts:
        moved = sorted((WEEKDAYS.index(name) + days) % 7 for name in parts["BYDAY"].split(","))
        parts["BYDAY"] = ",".join(WEEKDAYS[weekday] for weekday in moved)
    if "UNTIL" in parts:
        parts["UNTIL"] = f"{date.fromisoformat(parts['UNTIL'][:8]) + days * DAY:%Y%m%d}T235959"
    return _joined(parts.items())


def cut_before(rule: str, day: date) -> str:
    """Return the rule for what comes before a day."""
    return _joined([*_without_end(rule), ("UNTIL", f"{day - DAY:%Y%m%d}T235959")]) if rule else ""


def so_often(rule: str, count: int) -> str:
    """Return the rule for a number of visits."""
    return _joined([*_without_end(rule), ("COUNT", str(count))]) if rule else ""


def refused(sentence: str, *, at: str = "rule") -> SeriesRefused:
    return SeriesRefused(sentence, fields={at: [sentence]})


def _ending(count: int | None, until: date | None) -> Iterator[str]:
    if count is not None:
        yield f"COUNT={count}"
    elif until is not None:
        yield f"UNTIL={until:%Y%m%d}T235959"


def _without_end(rule: str) -> list[tuple[str, str]]:
    parts = [tuple(part.split("=")) for part in rule.split(";")]
    return [(name, value) for name, value in parts if name not in {"COUNT", "UNTIL"}]


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts)
