"""Who on the waiting list could take a time, and which times somebody on it could have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from kernel.periods import Period, as_utc
from kernel.ranges import as_period, as_range
from modules.scheduling.domain.hours import Offered
from modules.scheduling.domain.waiting import Match, Opening, Priority, Waiter, Window, best_first, match
from modules.scheduling.models import (
    Claim,
    EntryState,
    GroupSession,
    Kind,
    Offer,
    Practitioner,
    Service,
    WaitingEntry,
)
from modules.scheduling.selectors.availability import parts_of
from modules.scheduling.selectors.slots import find_slots
from modules.scheduling.selectors.wanted import LONGEST_SEARCH, Asker, Slot, Wanted

MOST_ENTRIES = 300  # that are looked at for one time: the most urgent, then the oldest
AROUND = timedelta(hours=12)
DAYS_TRIED = 21
MOST_OF_A_DAY = 6  # times with one person


@dataclass(frozen=True, slots=True)
class Fit:
    """An entry, and the time that it could have."""

    entry: WaitingEntry
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time that somebody could have: whose, where, and whether it is a group's."""

    practitioner: Practitioner
    location_id: UUID
    period: Period
    session: GroupSession | None = None


@dataclass(slots=True)
class _Elsewhere:
    """When people are taken otherwise: by a visit (of that id) or by an offer that they think about."""

    visits: dict[UUID, list[tuple[Period, UUID | None]]] = field(default_factory=lambda: defaultdict(list))

    def hinders(self, entry: WaitingEntry, opening: Opening) -> bool:
        wanted = Period(opening.starts_at, opening.ends_at)
        return any(
            period.overlaps(wanted) and (visit is None or visit != entry.appointment_id)
            for period, visit in self.visits.get(entry.patient_id, ())
        )


def who_fits(gap: Gap, *, at: datetime, by_itself: bool = False) -> list[Fit]:
    """Return who could take this time, the best match first. `by_itself`: without what only staff may book."""
    entries = _entries_for(gap, by_itself=by_itself)
    if gap.session is not None:
        return _fits(_in_group(gap.session, entries), entries, gap.period, at=at)
    groups: dict[tuple[Service, ...], list[WaitingEntry]] = defaultdict(list)
    for entry in entries:
        groups[services_of_entry(entry)].append(entry)
    free = _free_stretches(gap.practitioner.pk, gap.period)
    found: list[tuple[WaitingEntry, Opening]] = []
    for services, waiting in groups.items():
        wanted = Wanted(services, practitioner_ids=frozenset({gap.practitioner.pk}), location_id=gap.location_id)
        slots = find_slots(wanted=wanted, search=gap.period, at=at, asker=Asker.desk(any_time=True))
        found += [(entry, _opening(slot, wanted, free)) for slot in slots for entry in waiting]
    return _fits(found, entries, gap.period, at=at)


def where_could_go(entry: WaitingEntry, *, at: datetime, first: date | None = None, most: int = 30) -> list[Fit]:
    """Return the next free times that would suit somebody on the list, in order of time: a few of each day."""
    if entry.session is not None:
        return []
    services, wished = services_of_entry(entry), list(entry.practitioners.all())
    wanted = Wanted(
        services,
        practitioner_ids=frozenset(each.pk for each in wished) if wished else None,
        location_id=entry.location_id,
    )
    search = _search_for(entry, at=at, first=first)
    if search is None:
        return []
    slots = find_slots(wanted=wanted, search=search, at=at, asker=Asker.desk())
    elsewhere, waiter = _elsewhere([entry], search), waiter_of(entry)
    fits: list[Fit] = []
    shown: Counter[tuple[date, UUID]] = Counter()
    for slot in slots:
        opening = Opening(
            slot.starts_at, slot.ends_at, slot.practitioner_id, slot.location_id, slot.starts_at, slot.ends_at
        )
        suits, day = match(waiter, opening, at=at), (slot.starts_at.date(), slot.practitioner_id)
        if suits is not None and shown[day] < MOST_OF_A_DAY and not elsewhere.hinders(entry, opening):
            shown[day] += 1
            fits.append(Fit(entry, suits))
        if len(fits) == most:
            break
    return fits


def fit_at(entry: WaitingEntry, *, starts_at: datetime, practitioner: Practitioner, at: datetime) -> Fit | None:
    """Return how this very time would suit somebody; None if it is not free, or they could not come."""
    wanted = Wanted(services_of_entry(entry), practitioner_ids=frozenset({practitioner.pk}))
    just_then = Period(as_utc(starts_at), as_utc(starts_at) + timedelta(minutes=1))
    slots = find_slots(wanted=wanted, search=just_then, at=at, asker=Asker.desk(any_time=True))
    free = _free_stretches(practitioner.pk, just_then)
    found = [(entry, _opening(slot, wanted, free)) for slot in slots if as_utc(slot.starts_at) == just_then.start]
    fits = _fits(found, [entry], just_then, at=at)
    return fits[0] if fits else None


def waiter_of(entry: WaitingEntry) -> Waiter:
    """Return what the choice needs to know of an entry."""
    return Waiter(
        id=entry.pk,
        since=entry.created_at,
        first_day=entry.first_day,
        last_day=entry.last_day,
        priority=Priority(entry.priority),
        windows=tuple(Window(frozenset(row.weekdays), row.starts, row.ends) for row in entry.windows.all()),
        practitioners=frozenset(each.pk for each in entry.practitioners.all()),
        location=entry.location_id,
        notice=timedelta(minutes=entry.notice_minutes),
        has_visit_at=entry.appointment.starts_at if entry.appointment and entry.appointment.is_not_begun else None,
    )


def services_of_entry(entry: WaitingEntry) -> tuple[Service, ...]:
    further = sorted(entry.further_services.all(), key=lambda row: row.position)
    return entry.service, *(row.service for row in further)


def _entries_for(gap: Gap, *, by_itself: bool) -> list[WaitingEntry]:
    rows = WaitingEntry.objects.filter(state=EntryState.WAITING, patient__ended_at=None, session=gap.session)
    if gap.session is None:
        rows = rows.filter(service__ended_at=None, service__practitioners=gap.practitioner)
    if by_itself:
        rows = rows.exclude(service__offered=Offered.STAFF).exclude(further_services__service__offered=Offered.STAFF)
    day = gap.period.start.date()
    rows = rows.exclude(first_day__gt=day + timedelta(days=1)).exclude(last_day__lt=day - timedelta(days=1))
    return list(rows.for_display().in_order()[:MOST_ENTRIES])


def _in_group(session: GroupSession, entries: Iterable[WaitingEntry]) -> list[tuple[WaitingEntry, Opening]]:
    starts_at, ends_at = (moment.astimezone(session.location.zone) for moment in as_period(session.period))
    opening = Opening(starts_at, ends_at, session.practitioner_id, session.location_id, starts_at, ends_at)
    return [(entry, opening) for entry in entries]


def _fits(
    found: Iterable[tuple[WaitingEntry, Opening]], entries: Sequence[WaitingEntry], around: Period, *, at: datetime
) -> list[Fit]:
    by_id, waiters = {entry.pk: entry for entry in entries}, {entry.pk: waiter_of(entry) for entry in entries}
    elsewhere = _elsewhere(entries, around.widened(before=AROUND, after=AROUND))
    matches = (
        match(waiters[entry.pk], opening, at=at) for entry, opening in found if not elsewhere.hinders(entry, opening)
    )
    return [Fit(by_id[each.waiter.id], each) for each in best_first(each for each in matches if each is not None)]


def _elsewhere(entries: Iterable[WaitingEntry], search: Period) -> _Elsewhere:
    patients, known = {entry.patient_id for entry in entries}, _Elsewhere()
    claims = Claim.objects.filter(kind=Kind.PATIENT, resource_id__in=patients, during__overlap=as_range(search))
    for patient, during, visit in claims.values_list("resource_id", "during", "appointment_id"):
        known.visits[patient].append((as_period(during), visit))
    offers = Offer.objects.held().filter(patient_id__in=patients, period__overlap=as_range(search))
    for patient, period in offers.values_list("patient_id", "period"):
        known.visits[patient].append((as_period(period), None))
    return known


def _free_stretches(practitioner: UUID, period: Period) -> list[Period]:
    parts = parts_of(practitioner_ids=[practitioner], search=period.widened(before=AROUND, after=AROUND))
    return parts[practitioner].free if practitioner in parts else []


def _opening(slot: Slot, wanted: Wanted, free: Iterable[Period]) -> Opening:
    """Return a slot with the free stretch around it, less what is kept free before and after such a visit."""
    before, after = (timedelta(minutes=each) for each in (wanted.shape.before, wanted.shape.after))
    around = next(
        (each for each in free if each.start <= slot.starts_at < each.end), Period(slot.starts_at, slot.ends_at)
    )
    starts, ends = min(around.start + before, slot.starts_at), max(around.end - after, slot.ends_at)
    return Opening(slot.starts_at, slot.ends_at, slot.practitioner_id, slot.location_id, starts, ends)


def _search_for(entry: WaitingEntry, *, at: datetime, first: date | None) -> Period | None:
    """Return the days in which to look, a few weeks at a time."""
    earliest = max(entry.first_day, first or entry.first_day, at.date())
    latest = min(earliest + timedelta(days=DAYS_TRIED), entry.last_day or date.max)
    if latest < earliest:
        return None
    start = max(datetime.combine(earliest, time.min, at.tzinfo) - AROUND, at)
    return Period(start, min(datetime.combine(latest, time.max, at.tzinfo) + AROUND, start + LONGEST_SEARCH))
