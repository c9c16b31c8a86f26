"""Put visits into a calendar elsewhere: what is to be there is compared with what is known to be there."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from audit import recording as audit
from modules.scheduling.domain.calendar_file import CANCELLED, Entry, entry_file, standing_of
from modules.scheduling.gateways.sync import Clash, Rejected, SyncFailed
from modules.scheduling.models import Appointment, CalendarFeed, CalendarSync, Location, PushedVisit
from modules.scheduling.services.elsewhere.feed_entries import columns_of, entry_of, reader_of, visits_in
from modules.scheduling.services.elsewhere.sync_steps import Step

BEHIND = timedelta(days=14)  # what is over for longer is taken out: a calendar of one's own is no archive of patients
AT_MOST = 100
MOST_REJECTED = 5  # then it is not the entry, it is the calendar
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=9), timedelta(hours=12)
HIGHEST_RAISE = 30_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that is to be there."""

    appointment_id: UUID
    patient_id: UUID | None  # None: nothing of the patient is told
    entry: Entry

    @property
    def digest(self) -> str:
        """Tell what the entry says, whenever it was said."""
        said = replace(self.entry, changed_at=self.entry.starts_at, status=standing_of(self.entry.status))
        return hashlib.sha256(repr(astuple(said)).encode()).hexdigest()


def push(step: Step) -> bool:
    """Take out what is not to be there, put there what is missing or says something else.

    Return whether there is more of it than is done at once. Raises `SyncFailed` for what stands in the way of all.
    """
    wanted = _wanted(step)
    known = {row.appointment_id: row for row in step.sync.pushed.all()}
    due = {pk: row for pk, row in known.items() if row.next_try_at is None or row.next_try_at <= step.at}
    extra = [row for pk, row in due.items() if pk not in wanted]
    missing = [
        each
        for pk, each in wanted.items()
        if (pk not in known or pk in due) and (pk not in known or known[pk].digest != each.digest)
    ]
    missing.sort(key=lambda each: (each.entry.ends_at < step.at, abs(each.entry.starts_at - step.at)))
    rejected = sum(not _remove(step, row) for row in extra[:AT_MOST])
    for each in missing[:AT_MOST]:
        rejected += not _put(step, each, known.get(each.appointment_id))
        if rejected >= MOST_REJECTED:
            raise Rejected
    return max(len(extra), len(missing)) > AT_MOST


def take_out(step: Step) -> bool:
    """Take out everything that was put there, and return whether there is more. Counts what the server keeps."""
    rows = list(step.sync.pushed.order_by("pk")[: AT_MOST + 1])
    for row in rows[:AT_MOST]:
        if not _remove(step, row):
            _leave_behind(step, row)
    return len(rows) > AT_MOST


def _wanted(step: Step) -> dict[UUID, Wanted]:
    """Return the visits that are to be there, as far as whoever they are shown to may see them."""
    sync = step.sync
    feed = CalendarFeed(practitioner=sync.calendar.practitioner, shows=sync.shows, made_by_id=sync.made_by_id)
    reader = reader_of(feed)
    if not sync.pushes or reader is None:
        return {}
    visits = visits_in(feed, reader=reader, at=step.at, behind=BEHIND).exclude(status__in=CANCELLED)
    places = {place.pk: place for place in Location.objects.all()}
    return {
        visit["pk"]: Wanted(
            visit["pk"], visit.get("patient_id"), entry_of(feed, visit=visit, place=places[visit["location_id"]])
        )
        for visit in visits.values(*columns_of(feed))
    }


def _put(step: Step, wanted: Wanted, row: PushedVisit | None) -> bool:
    """Put a visit there, and return whether it was accepted. That it may be there is known before it is."""
    row = row or _begun(step, wanted)
    step.prolong()
    try:
        etag = _put_over(step, wanted, row)
    except (Rejected, Clash) as error:
        _note_refusal(step, row, error)
        return False
    _note_put(step, wanted, row, etag=etag)
    return True


def _put_over(step: Step, wanted: Wanted, row: PushedVisit) -> str:
    """Put a visit where it was left; where somebody changed it, over what is there, with a higher SEQUENCE."""
    entry_id, etag = str(wanted.appointment_id), row.etag or (None if row.digest else "")
    try:
        return step.server.put(step.url, entry_id, _content(wanted, row), etag=etag)
    except Clash:
        there = step.server.standing(step.url, entry_id)
    if there is not None and there.sequence > wanted.entry.sequence + row.raised_by:
        row.raised_by = min(there.sequence + 1 - wanted.entry.sequence, HIGHEST_RAISE)
    step.prolong()
    return step.server.put(step.url, entry_id, _content(wanted, row), etag=(there.etag or None) if there else "")


def _content(wanted: Wanted, row: PushedVisit) -> bytes:
    return entry_file(replace(wanted.entry, sequence=wanted.entry.sequence + row.raised_by))


def _remove(step: Step, row: PushedVisit) -> bool:
    """Take an entry out, changed or not, and return whether the server did."""
    entry_id = str(row.appointment_id)
    step.prolong()
    try:
        try:
            step.server.remove(step.url, entry_id, etag=row.etag)
        except Clash:
            there = step.server.standing(step.url, entry_id)
            step.prolong()
            step.server.remove(step.url, entry_id, etag=there.etag if there else "")
    except (Rejected, Clash) as error:
        _note_refusal(step, row, error)
        return False
    with transaction.atomic():
        step.prolong()
        row.delete()
    return True


@transaction.atomic
def _begun(step: Step, wanted: Wanted) -> PushedVisit:
    step.prolong()
    return PushedVisit.objects.create(sync=step.sync, appointment_id=wanted.appointment_id)


@transaction.atomic
def _note_put(step: Step, wanted: Wanted, row: PushedVisit, *, etag: str) -> None:
    step.prolong()
    row.etag, row.digest, row.attempts, row.next_try_at = etag, wanted.digest, 0, None
    row.save(update_fields=["etag", "digest", "raised_by", "attempts", "next_try_at"])
    if wanted.patient_id is not None:
        feed = CalendarFeed(practitioner=step.sync.calendar.practitioner, made_by_id=step.sync.made_by_id)
        audit.listed(what=Appointment, subjects=[wanted.patient_id], by=reader_of(feed), how="fetched")


@transaction.atomic
def _note_refusal(step: Step, row: PushedVisit, error: SyncFailed) -> None:
    """Try one entry again later, and later still. Raises what stands in the way of all of them."""
    if error.why == "calendar-gone":
        raise error
    step.prolong()
    row.next_try_at = step.at + min(FIRST_WAIT * 2 ** min(row.attempts, 10), LONGEST_WAIT)
    row.attempts = min(row.attempts + 1, 1000)
    row.save(update_fields=["attempts", "next_try_at"])


@transaction.atomic
def _leave_behind(step: Step, row: PushedVisit) -> None:
    step.prolong()
    CalendarSync.objects.filter(pk=step.sync.pk).update(left_behind=F("left_behind") + 1)
    row.delete()
