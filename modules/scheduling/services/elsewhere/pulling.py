"""Read from a calendar elsewhere when its owner is busy: what changed since the last time, and no title."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from kernel.periods import Period
from kernel.ranges import as_range
from modules.scheduling.domain.busy import BusyTimes, entry_of
from modules.scheduling.gateways import elsewhere
from modules.scheduling.gateways.sync import Changes
from modules.scheduling.models import (
    Appointment,
    CalendarSync,
    ExternalBusy,
    ExternalCalendar,
    Location,
    PushedVisit,
    SyncedEntry,
)
from modules.scheduling.services.elsewhere.sync_steps import Step

BEHIND, AHEAD = timedelta(days=1), timedelta(days=400)
MOST_TIMES = 20_000
READ_EVERY = timedelta(minutes=9)  # a little less than the job's own rhythm
READ_ANEW_EVERY = timedelta(hours=20)  # the stretch that is looked at moves on, even if the calendar does not change


@dataclass(frozen=True, slots=True)
class Read:
    """What came: `times` of each entry that changed; `lost` are entries of ours that somebody took out there."""

    changes: Changes
    times: list[BusyTimes | None]
    around: Period
    lost: Collection[UUID]


def is_due(step: Step) -> bool:
    pulled_at = step.sync.pulled_at
    return pulled_at is None or step.at - pulled_at > READ_EVERY


def pull(step: Step) -> bool:
    """Read what changed, and replace the busy times that come of it. Return whether entries of ours are to be put anew.

    Raises `SyncFailed` or `Unread`, and leaves what is known.
    """
    sync, around = step.sync, Period(step.at - BEHIND, step.at + AHEAD)
    is_known = sync.calendar.last_read_at is not None and step.at - sync.calendar.last_read_at < READ_ANEW_EVERY
    known = dict(sync.calendar.entries.values_list("name", "etag")) if is_known else {}
    ours = {step.server.name_of(step.url, str(visit)): pk for pk, visit in sync.pushed.values_list("pk", "appointment")}
    step.prolong()
    mark = sync.mark if is_known else ""
    changes = step.server.changes(step.url, mark=mark, known=known, skip=ours.keys(), during=around)
    lost = [ours[name] for name in changes.gone & ours.keys()]
    _keep(step, Read(changes, _times(changes, around), around, lost), is_anew=not is_known)
    return bool(lost)


def forget_what_was_read(*, calendar: ExternalCalendar) -> None:
    """Drop a calendar's busy times, so that they can be booked, and read it anew if it is read again."""
    calendar.busy.all().delete()
    calendar.entries.all().delete()
    calendar.last_read_at = None
    calendar.save(update_fields=["last_read_at"])


def _times(changes: Changes, around: Period) -> list[BusyTimes | None]:
    location = Location.objects.order_by("pk").first()
    if location is None:
        raise elsewhere.Unread("not-a-calendar")
    contents = [each.content for each in changes.changed]
    found = elsewhere.read_busy_times_of_each(contents, start=around.start, end=around.end, zone=location.zone)
    if sum(len(times.times) for times in found if times) > MOST_TIMES:
        raise elsewhere.Unread("too-much")
    return found


@transaction.atomic
def _keep(step: Step, read: Read, *, is_anew: bool) -> None:
    """Write down what was read, unless nobody wants it any more."""
    step.prolong()
    calendar = ExternalCalendar.objects.select_for_update().get(pk=step.sync.calendar_id)
    if calendar.ended_at is not None or not CalendarSync.objects.filter(pk=step.sync.pk, pulls=True).exists():
        return
    _forget(calendar, read.changes, is_anew=is_anew)
    SyncedEntry.objects.bulk_create(_entries(calendar, read), batch_size=1000)
    ExternalBusy.objects.bulk_create(_busy(calendar, read), batch_size=1000)
    # What its owner took out there is still to come: it is put there again.
    PushedVisit.objects.filter(pk__in=read.lost).update(digest="", etag="")
    step.sync.mark, step.sync.pulled_at = read.changes.mark, step.at
    step.sync.save(update_fields=["mark", "pulled_at"])
    if is_anew:
        calendar.last_read_at = step.at
        calendar.save(update_fields=["last_read_at"])


def _entries(calendar: ExternalCalendar, read: Read) -> list[SyncedEntry]:
    return [
        SyncedEntry(calendar=calendar, name=each.name, etag=each.etag, is_unread=times is None or times.left_out)
        for each, times in zip(read.changes.changed, read.times, strict=True)
    ]


def _busy(calendar: ExternalCalendar, read: Read) -> list[ExternalBusy]:
    ours = _visits_of(calendar.practitioner_id, read.around)
    return [
        ExternalBusy(
            calendar=calendar,
            practitioner_id=calendar.practitioner_id,
            during=as_range(Period(busy.start, busy.end)),
            uid_hash=entry.name,
        )
        for entry, times in zip(read.changes.changed, read.times, strict=True)
        for busy in (times.times if times else [])
        if busy.entry not in ours
    ]


def _forget(calendar: ExternalCalendar, changes: Changes, *, is_anew: bool) -> None:
    """Drop what is known of entries that are gone, or come anew."""
    stale = Q(name__in=[*changes.gone, *(each.name for each in changes.changed)])
    if changes.names is not None:
        stale |= ~Q(name__in=changes.names)
    rows = calendar.entries.all() if is_anew else calendar.entries.filter(stale)
    names = list(rows.values_list("name", flat=True))
    calendar.busy.filter(uid_hash__in=names).delete()
    rows.filter(name__in=names).delete()


def _visits_of(practitioner_id: UUID, around: Period) -> set[str]:
    """Return the practitioner's visits here as they would come back: put there by another way, they are busy once."""
    visits = Appointment.objects.filter(practitioner_id=practitioner_id).within(around.start, around.end)
    return {entry_of(f"{pk}@{settings.PLATFORM_HOST}") for pk in visits.values_list("pk", flat=True)}
