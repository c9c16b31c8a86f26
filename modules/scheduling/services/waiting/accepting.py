"""Accept what was offered: book it, and let go of the visit that they had instead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row
from modules.scheduling.domain.states import MAY_MOVE, Status
from modules.scheduling.events import AppointmentBooked, OfferSettled
from modules.scheduling.models import (
    Appointment,
    EntryState,
    Kind,
    Offer,
    OfferState,
    WaitingEntry,
)
from modules.scheduling.services.placing.clashes import clash_of
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.booking import take_into_care
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.moving import Move, move_appointment
from modules.scheduling.services.visits.provisional import lapse
from modules.scheduling.services.waiting.entries import set_state
from modules.scheduling.services.waiting.offering import OfferIsOver, lock_offer, note_settled


class BusyThen(Conflict):
    """They have another visit at that time."""

    code = "busy-then"


@transaction.atomic
def accept_offer(*, offer: Offer, by: Any, at: datetime) -> Appointment:
    """Book what was offered; of two who accept at a time, both hear of the one visit.

    Raises `OfferIsOver` if it was answered otherwise, and `BusyThen` if they have something else then.
    """
    locked, entry = lock_offer(offer)
    if locked.booked_id is not None:
        return Appointment.objects.for_display().get(pk=locked.booked_id)
    if not locked.is_held or locked.expires_at <= at:
        raise OfferIsOver(_("This time is no longer free. You stay on the list, and hear of the next."), offer=locked)
    earlier = _visit_to_bring_forward(entry)
    visit = _bring_forward(earlier, locked, by=by, at=at) if earlier else _book(locked, by=by, at=at)
    locked.booked = visit
    note_settled(locked, state=OfferState.ACCEPTED, by=by, at=at)
    set_state(entry, to=EntryState.BOOKED, at=at)
    publish(OfferSettled(offer_id=locked.pk, freed_id=locked.freed_id))  # there may be room for one more
    return visit


def _visit_to_bring_forward(entry: WaitingEntry) -> Appointment | None:
    """Return the visit that they would have had, if they still would."""
    if entry.appointment is None or entry.appointment.status not in MAY_MOVE:
        return None
    return entry.appointment


def _book(offer: Offer, *, by: Any, at: datetime) -> Appointment:
    visit = lock_row(Appointment.objects.for_display(), offer.appointment_id)
    if visit.status != Status.OFFERED:
        raise OfferIsOver(_("This time is no longer free. You stay on the list, and hear of the next."), offer=offer)
    visit.status, visit.expires_at = Status.SCHEDULED, None
    visit.version += 1
    with clash_of() as clash:
        visit.save()
    if clash.kind is Kind.PATIENT:
        raise BusyThen(_("You have another visit at that time. Move or cancel that one first."))
    if clash.kind is not None:
        raise OfferIsOver(_("This time is no longer free. You stay on the list, and hear of the next."), offer=offer)
    take_into_care(visit, by=by, at=at)
    note_change(visit, by=by, at=at)
    changes = {"status": (Status.OFFERED, visit.status)}
    audit.record(action="scheduling.appointment.booked", of=visit, by=by, changes=changes)
    publish(AppointmentBooked(appointment_id=visit.pk, starts_at=visit.starts_at))
    telling.about_booking(visit, at=at)
    return visit


def _bring_forward(visit: Appointment, offer: Offer, *, by: Any, at: datetime) -> Appointment:
    """Move their visit to the time that was kept for it: what is paid or written there stays with it.

    The kept time is given back and taken in one transaction; nobody sees it free in between.
    """
    kept = offer.appointment
    lapse(appointment=kept, reason=_("taken by the visit that was to be earlier"), by=by, at=at)
    there = Move(
        starts_at=offer.starts_at, ends_at=offer.ends_at, practitioner_id=kept.practitioner_id, room_id=kept.room_id
    )
    # Their notice is for whoever changes a visit of their own accord; here the practice asked them to.
    mover = by if reach_of(by, "scheduling.book") is Reach.ALL else None
    return move_appointment(appointment=visit, to=there, by=mover, at=at)
