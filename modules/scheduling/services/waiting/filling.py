"""Offer times that came free to the waiting list: one person after the other, until somebody takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import recording as audit
from kernel.errors import Conflict
from kernel.periods import Period
from kernel.quiet import next_hour_to_write
from kernel.ranges import as_period, as_range
from modules.scheduling.domain.states import GIVES_ITS_TIME_BACK
from modules.scheduling.models import (
    Appointment,
    EntryState,
    FreedState,
    FreedTime,
    Offer,
    OfferState,
    WaitingEntry,
)
from modules.scheduling.selectors.waiting import Gap, who_fits
from modules.scheduling.services.visits.telling import UNDO
from modules.scheduling.services.waiting.entries import lock_entry, set_state
from modules.scheduling.services.waiting.offering import Chance, make_offer, rules_of

MOST_OFFERS = 8  # of one freed time: after so many nobody wants it
DEEPEST = 5  # times that changed hands one after the other, each freeing the next
AFTER_UNDO = UNDO + timedelta(seconds=5)
AT_ONCE = 200  # that one round of the clock looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Where a visit was."""

    practitioner_id: UUID
    location_id: UUID
    period: Period
    session_id: UUID | None = None


def note_time_of(appointment_id: UUID, *, cause: str, at: datetime) -> FreedTime | None:
    """Note that the time of a cancelled or lapsed visit is free. None: it was taken back, or is past, or an offer."""
    visit = Appointment.objects.filter(pk=appointment_id, status__in=GIVES_ITS_TIME_BACK, offer=None).first()
    if visit is None:
        return None
    left = Left(
        practitioner_id=visit.practitioner_id,
        location_id=visit.location_id,
        period=as_period(visit.period),
        session_id=visit.session_id,
    )
    return note_freed(left=left, cause=f"{cause}:{visit.pk}:{visit.sequence}", at=at)


def note_time_left_by(appointment_id: UUID, *, left: Left, moved_to: datetime, at: datetime) -> FreedTime | None:
    """Note that a visit was moved away; where an offer had asked for it, how many changes of hands that makes."""
    accepted = Offer.objects.filter(booked_id=appointment_id, state=OfferState.ACCEPTED).select_related("freed")
    last = accepted.order_by("-settled_at").first()
    was_offered = last is not None and last.starts_at == moved_to
    depth = (last.freed.depth if last.freed else 0) + 1 if last is not None and was_offered else 0
    cause = f"moved:{appointment_id}:{left.period.start:%Y%m%d%H%M}:{moved_to:%Y%m%d%H%M}"
    return note_freed(left=left, cause=cause, depth=depth, at=at)


@transaction.atomic
def note_freed(*, left: Left, cause: str, at: datetime, depth: int = 0) -> FreedTime | None:
    """Keep that a time came free, once for each cause, to be offered when it can no longer be undone."""
    if left.period.start <= at or not WaitingEntry.objects.filter(state=EntryState.WAITING).exists():
        return None
    freed = FreedTime(
        cause=cause,
        practitioner_id=left.practitioner_id,
        location_id=left.location_id,
        session_id=left.session_id,
        period=as_range(left.period),
        depth=depth,
        due_at=at + AFTER_UNDO,
    )
    FreedTime.objects.bulk_create([freed], ignore_conflicts=True)
    return FreedTime.objects.get(cause=cause)


@transaction.atomic
def fill(*, freed_id: UUID, at: datetime) -> Offer | None:
    """Offer a freed time to whoever matches best and has not been offered it, if nobody thinks about it now.

    Safe to call again and at the same time: the time is locked, and what is kept is claimed.
    """
    freed = FreedTime.objects.select_for_update().filter(pk=freed_id, state=FreedState.OPEN).first()
    if freed is None or freed.due_at > at or freed.offers.held().exists():
        return None
    wait_until = _when_to_write(freed, at=at)
    if wait_until is not None and wait_until > at:
        FreedTime.objects.filter(pk=freed.pk).update(due_at=wait_until)
        return None
    offer = _offer_to_the_best(freed, at=at) if wait_until is not None else None
    if offer is None:
        was_taken = freed.offers.filter(state=OfferState.ACCEPTED).exists()
        FreedTime.objects.filter(pk=freed.pk).update(state=FreedState.FILLED if was_taken else FreedState.CLOSED)
    return offer


def due_offers(*, at: datetime) -> list[UUID]:
    """Return the offers that nobody answered in time."""
    rows = Offer.objects.held().filter(expires_at__lte=at).order_by("expires_at", "pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


def due_times(*, at: datetime) -> list[UUID]:
    """Return the freed times that nobody thinks about and that can be offered now."""
    rows = FreedTime.objects.filter(state=FreedState.OPEN, due_at__lte=at)
    rows = rows.exclude(offers__state=OfferState.HELD).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def end_entries(*, at: datetime) -> int:
    """Take those off the list whose days have passed."""
    over = WaitingEntry.objects.filter(state=EntryState.WAITING, last_day__lt=at.date()).order_by("pk")
    ids = list(over.values_list("pk", flat=True)[:AT_ONCE])
    for entry in (lock_entry(pk) for pk in ids):
        if entry.state == EntryState.WAITING:
            set_state(entry, to=EntryState.EXPIRED, at=at)
            changes = {"state": (EntryState.WAITING, entry.state)}
            audit.record(action="scheduling.waitingentry.expired", of=entry, by=None, changes=changes)
    return len(ids)


def _when_to_write(freed: FreedTime, *, at: datetime) -> datetime | None:
    """Return when the next may be written to; None if nobody is to be: it is too late, or enough have been asked."""
    rules = rules_of(freed.location_id)
    if not rules.fills_itself or freed.depth > DEEPEST or freed.offers.count() >= MOST_OFFERS:
        return None
    local = at.astimezone(freed.location.zone)
    moment = next_hour_to_write(local, quiet_from=rules.quiet_from, quiet_until=rules.quiet_until)
    return moment if moment < freed.starts_at else None


def _offer_to_the_best(freed: FreedTime, *, at: datetime) -> Offer | None:
    asked = set(freed.offers.values_list("entry_id", flat=True))
    gap = Gap(
        practitioner=freed.practitioner,
        location_id=freed.location_id,
        period=as_period(freed.period),
        session=freed.session,
    )
    for fit in who_fits(gap, at=at, by_itself=True):
        if fit.entry.pk in asked:
            continue
        try:
            return _try(fit, freed, at=at)
        except Conflict:  # somebody was faster, or they were offered something else meanwhile: ask the next
            continue
    return None


def _try(fit: Any, freed: FreedTime, *, at: datetime) -> Offer:
    with transaction.atomic():
        return make_offer(chance=Chance(fit=fit, freed=freed), by=None, at=at)
