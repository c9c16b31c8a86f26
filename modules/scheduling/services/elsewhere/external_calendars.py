"""Read when practitioners are busy elsewhere, so that nobody books them then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel import outbound
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.events import publish
from kernel.outbound import Fetched, NotFetched
from kernel.periods import Period
from kernel.ranges import as_range
from modules.scheduling.domain.busy import Busy, BusyTimes, entry_of
from modules.scheduling.events import CalendarReadingAsked
from modules.scheduling.gateways import elsewhere
from modules.scheduling.models import Appointment, ExternalBusy, ExternalCalendar, Location, Practitioner
from modules.scheduling.services.visits import telling

MOST_CALENDARS = 10
BEHIND, AHEAD = timedelta(days=1), timedelta(days=400)
READ_EVERY = timedelta(minutes=9)  # a little less than the job's own rhythm
READ_ANEW_EVERY = timedelta(hours=20)  # the stretch that is looked at moves on, even if the calendar does not change


class TooManyCalendars(Conflict):
    """Nobody keeps that many; each is fetched over and over."""

    code = "too-many-calendars"


class AddressNotGood(Invalid):
    """The address is none that would be read."""

    code = "calendar-address-not-good"


@transaction.atomic
def connect_calendar(*, practitioner: Practitioner, url: str, label: str, by: Any, at: datetime) -> ExternalCalendar:
    """Have a calendar's busy times read from now on. Raises `NotAllowed`, `AddressNotGood` or `TooManyCalendars`."""
    calendar = ExternalCalendar(practitioner=practitioner, label=label, url=_checked(url), created_at=at)
    if not by.has_perm("scheduling.connect_calendar", calendar):
        raise NotAllowed(_("You may connect your own calendars only."))
    check_room_for_one_more(practitioner)
    calendar.save(force_insert=True)
    connected = audit.created(calendar, ["label", "practitioner_id", "url"])
    audit.record(action="scheduling.externalcalendar.connected", of=calendar, by=by, changes=connected)
    publish(CalendarReadingAsked(calendar_id=calendar.pk))
    return calendar


def check_room_for_one_more(practitioner: Practitioner) -> None:
    """Lock the practitioner, so that two at once do not count the same. Raises `TooManyCalendars`."""
    Practitioner.objects.select_for_update().get(pk=practitioner.pk)
    if practitioner.external_calendars.current().count() >= MOST_CALENDARS:
        raise TooManyCalendars(_("At most %(most)d calendars are read for one person.") % {"most": MOST_CALENDARS})


@transaction.atomic
def disconnect_calendar(*, calendar: ExternalCalendar, by: Any, at: datetime) -> None:
    """Forget a calendar's address and its busy times; what they kept free can be booked at once."""
    calendar = ExternalCalendar.objects.select_for_update().get(pk=calendar.pk)
    if calendar.ended_at is not None:
        return
    calendar.busy.all().delete()
    calendar.ended_at, calendar.url, calendar.etag, calendar.last_modified = at, "", "", ""
    calendar.save()
    changes = {"ended_at": (None, at)}
    audit.record(action="scheduling.externalcalendar.disconnected", of=calendar, by=by, changes=changes)


@transaction.atomic
def ask_for_reading(*, calendar: ExternalCalendar, by: Any) -> None:
    """Have a calendar read at once, and not when it is its turn."""
    audit.record(action="scheduling.externalcalendar.asked", of=calendar, by=by)
    publish(CalendarReadingAsked(calendar_id=calendar.pk))


def calendars_to_read(*, at: datetime) -> list[UUID]:
    """Return the calendars whose turn it is."""
    rows = ExternalCalendar.objects.current().by_address().exclude(last_tried_at__gt=at - READ_EVERY)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def read_calendar(*, calendar_id: UUID, at: datetime) -> None:
    """Fetch a calendar and replace its busy times by those it has now. What fails leaves those that are known.

    Opens its own transaction at the end: while it waits for somebody else, it holds nothing.
    """
    calendar = (
        ExternalCalendar.objects.current().by_address().select_related("practitioner").filter(pk=calendar_id).first()
    )
    if calendar is None:
        return
    around = Period(at - BEHIND, at + AHEAD)
    try:
        fetched = _fetched(calendar, at=at)
        found = None if fetched.is_unchanged else _read(fetched, around)
    except (NotFetched, elsewhere.Unread) as error:
        _note_failure(calendar, why=error.why, at=at)
        return
    _keep(calendar, fetched, found, around, at=at)


def _checked(url: str) -> str:
    """Return an address as it is kept."""
    try:
        return outbound.checked_target(url.strip()).geturl()
    except NotFetched as error:
        raise AddressNotGood(str(error), fields={"url": [str(error)]}) from None


def _fetched(calendar: ExternalCalendar, *, at: datetime) -> Fetched:
    if not calendar.url:
        raise elsewhere.Unread("no-address")
    is_known = calendar.last_read_at is not None and at - calendar.last_read_at < READ_ANEW_EVERY
    etag, modified = (calendar.etag, calendar.last_modified) if is_known else ("", "")
    return outbound.fetch(calendar.url, accept=elsewhere.ACCEPTED, etag=etag, last_modified=modified)


def _read(fetched: Fetched, around: Period) -> BusyTimes:
    location = Location.objects.order_by("pk").first()
    if location is None:
        raise elsewhere.Unread("not-a-calendar")
    return elsewhere.read_busy_times(fetched.content, start=around.start, end=around.end, zone=location.zone)


@transaction.atomic
def _keep(
    calendar: ExternalCalendar, fetched: Fetched, found: BusyTimes | None, around: Period, *, at: datetime
) -> None:
    """Write down what was read, unless the calendar was disconnected meanwhile."""
    calendar = ExternalCalendar.objects.select_for_update().get(pk=calendar.pk)
    if calendar.ended_at is not None:
        return
    changed = ["last_tried_at", "last_ok_at"]
    calendar.last_tried_at = calendar.last_ok_at = at
    if found is not None:
        changed += ["last_read_at", "etag", "last_modified", "problem"]
        calendar.last_read_at, calendar.problem = at, "left-out" if found.left_out else ""
        calendar.etag, calendar.last_modified = fetched.etag[:200], fetched.last_modified[:60]
        ours = _visits_of(calendar.practitioner_id, around)
        calendar.busy.all().delete()
        ExternalBusy.objects.bulk_create(
            [_row(calendar, busy) for busy in found.times if busy.entry not in ours], batch_size=1000
        )
    elif calendar.problem != "left-out":
        changed.append("problem")
        calendar.problem = ""
    calendar.save(update_fields=changed)


def _row(calendar: ExternalCalendar, busy: Busy) -> ExternalBusy:
    during = as_range(Period(busy.start, busy.end))
    return ExternalBusy(calendar=calendar, practitioner_id=calendar.practitioner_id, during=during, uid_hash=busy.entry)


def _visits_of(practitioner_id: UUID, around: Period) -> set[str]:
    """Return the practitioner's visits here as they would come back from elsewhere: who put them there by a feed or
    an invitation is not busy twice.
    """
    visits = Appointment.objects.filter(practitioner_id=practitioner_id).within(around.start, around.end)
    return {entry_of(f"{pk}@{settings.PLATFORM_HOST}") for pk in visits.values_list("pk", flat=True)}


@transaction.atomic
def _note_failure(calendar: ExternalCalendar, *, why: str, at: datetime) -> None:
    calendar.last_tried_at, calendar.problem = at, why
    calendar.save(update_fields=["last_tried_at", "problem"])
    if calendar.is_stale(at) and calendar.practitioner.user_id is not None:
        telling.about_stale_calendar(calendar, at=at)
