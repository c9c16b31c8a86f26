"""Why somebody on the waiting list matches, and what they wait for, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modules.scheduling.domain.waiting import Reason
from modules.scheduling.models import WaitingEntry, WaitingWindow

WHY: Mapping[str, Callable[[int], str]] = {
    "priority-urgent": lambda _value: _("Urgent"),
    "priority-soon": lambda _value: _("Soon"),
    "waited": lambda days: ngettext("Has waited %(n)d day", "Has waited %(n)d days", days) % {"n": days},
    "window": lambda _value: _("At one of the times they named"),
    "practitioner": lambda _value: _("With whom they asked for"),
    "sooner": lambda days: (
        ngettext("%(n)d day sooner than their visit", "%(n)d days sooner than their visit", days) % {"n": days}
    ),
    "fills-gap": lambda _value: _("Fills the gap to the minute"),
    "no-scrap": lambda _value: _("Leaves no rest that is too short to book"),
}


def reasons_in_words(reasons: Iterable[Reason | Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each reason, as it is computed or as it was kept with an offer."""
    known = (
        each if isinstance(each, Reason) else Reason(each["code"], each["points"], each["value"]) for each in reasons
    )
    return [WHY[each.code](each.value) for each in known if each.code in WHY]


def wishes_in_words(entry: WaitingEntry) -> list[str]:
    """Return when and with whom somebody can come."""
    names = [each.name for each in entry.practitioners.all()]
    windows = [_window(row) for row in entry.windows.all()]
    notice = entry.notice_minutes
    hours = (
        [ngettext("%(n)d hour of notice", "%(n)d hours of notice", notice // 60) % {"n": notice // 60}]
        if notice
        else []
    )
    return [*windows, *([_("with %(names)s") % {"names": _(" or ").join(names)}] if names else []), *hours]


def _window(row: WaitingWindow) -> str:
    days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in row.weekdays)
    starts, ends = (f"{each:%H:%M}" if each else "" for each in (row.starts, row.ends))
    if starts and ends:
        hours = f"{starts}–{ends}"
    elif starts:
        hours = _("from %(time)s") % {"time": starts}
    else:
        hours = _("until %(time)s") % {"time": ends} if ends else ""
    return " ".join(part for part in (days, hours) if part) or _("at any time")
