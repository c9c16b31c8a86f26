"""Work out the busy times of a calendar that somebody else wrote, at arm's length."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kernel import outbound
from kernel.modules import Words
from modules.scheduling.domain.busy import Busy, BusyTimes
from modules.scheduling.gateways import sync

ACCEPTED = "text/calendar, text/plain;q=0.5, */*;q=0.1"
CPU_SECONDS = 10
WAIT_SECONDS = 60  # on a machine that is busy with other things

SENTENCES: Mapping[str, Words] = {
    **outbound.SENTENCES,
    **sync.SENTENCES,
    "not-a-calendar": _("What is at this address is no calendar (iCalendar, .ics)."),
    "too-much": _("This calendar has too many entries to be read."),
    "left-out": _("Some of its entries could not be read. They do not keep you from being booked."),
    "no-address": _("Its address did not come along when this workspace was moved. Connect it again."),
}


class Unread(Exception):
    """The calendar makes no sense, or too much of it. `why` is a key of `SENTENCES`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def sentence_of(problem: str) -> str:
    """Return what stood in the way, as people say it. Nothing for nothing."""
    return str(SENTENCES.get(problem, "")) if problem else ""


def read_busy_times(content: bytes, *, start: datetime, end: datetime, zone: ZoneInfo) -> BusyTimes:
    """Return the busy times in a calendar, worked out in a process that has nothing to lose. Raises `Unread`."""
    (found,) = _worked_out([content], start=start, end=end, zone=zone)
    if isinstance(found, Unread):
        raise found
    return found


def read_busy_times_of_each(
    contents: Sequence[bytes], *, start: datetime, end: datetime, zone: ZoneInfo
) -> list[BusyTimes | None]:
    """Return the busy times in each of some calendars, None for one that makes no sense. Raises `Unread`."""
    if not contents:
        return []
    found = _worked_out(contents, start=start, end=end, zone=zone)
    return [None if isinstance(each, Unread) else each for each in found]


def _worked_out(
    contents: Sequence[bytes], *, start: datetime, end: datetime, zone: ZoneInfo
) -> list[BusyTimes | Unread]:
    wanted = {"start": start.isoformat(), "end": end.isoformat(), "zone": zone.key, "cpu_seconds": CPU_SECONDS}
    head = json.dumps(wanted | {"sizes": [len(content) for content in contents]}).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "modules.scheduling.domain.busy"],
            input=b"".join([head, b"\n", *contents]),
            capture_output=True,
            timeout=WAIT_SECONDS,
            cwd=settings.BASE_DIR,
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},  # and no secrets
        )
    except subprocess.TimeoutExpired:
        raise Unread("too-much") from None
    if done.returncode != 0:  # out of time, out of memory, or a file that the library cannot bear
        raise Unread("too-much" if done.returncode < 0 or b"MemoryError" in done.stderr else "not-a-calendar")
    return [_said(answer) for answer in json.loads(done.stdout)]


def _said(answer: dict[str, Any]) -> BusyTimes | Unread:
    if "problem" in answer:
        return Unread(answer["problem"])
    times = [Busy(datetime.fromisoformat(a), datetime.fromisoformat(b), entry) for a, b, entry in answer["times"]]
    return BusyTimes(times, answer["left_out"])
