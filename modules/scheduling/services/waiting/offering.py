"""Keep a time for somebody on the waiting list, and what becomes of it: accepted, declined, or not answered in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from audit import recording as audit
from identity.secrets import digest
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row
from kernel.periods import Period, as_utc
from kernel.ranges import as_range
from modules.scheduling.domain.states import Status
from modules.scheduling.domain.waiting import offer_ends
from modules.scheduling.events import OfferMade, OfferSettled
from modules.scheduling.models import (
    Appointment,
    AppointmentService,
    Claim,
    EntryState,
    FreedTime,
    GroupSession,
    Kind,
    Offer,
    OfferState,
    Practitioner,
    SessionStatus,
    WaitingEntry,
    WaitingRules,
)
from modules.scheduling.selectors import Asker
from modules.scheduling.selectors.waiting import Fit, services_of_entry
from modules.scheduling.services.placing.clashes import Place, Search, SlotTaken, clash_of, write_at_first_free
from modules.scheduling.services.placing.places import look, places_to_try, put_down_equipment, rules_set_aside
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.provisional import lapse
from modules.scheduling.services.visits.wishes import Services
from modules.scheduling.services.waiting.entries import EntryIsOver, lock_entry, set_state
from tenancy import current_tenant

SHORTEST = timedelta(minutes=10)  # to read a mail and answer it


class TooLateToOffer(Conflict):
    """There is no time left to think about it."""

    code = "too-late-to-offer"


class HasAnOffer(Conflict):
    """They think about another time already."""

    code = "has-an-offer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """A fit that is to be offered: by itself for a time that came `freed`, or by the desk."""

    fit: Fit
    freed: FreedTime | None = None


def rules_of(location_id: UUID) -> WaitingRules:
    """Return how freed times of a location are offered; unless somebody set it, as usual."""
    known = WaitingRules.objects.filter(location_id=location_id).first()
    return known or WaitingRules(location_id=location_id)


@transaction.atomic
def make_offer(*, chance: Chance, by: Any, at: datetime) -> Offer:
    """Keep the time for somebody and write to them.

    Raises `SlotTaken`, `TooLateToOffer`, `HasAnOffer` or `EntryIsOver`.
    """
    entry = _waiting(chance.fit.entry.pk)
    opening = chance.fit.match.opening
    period = Period(as_utc(opening.starts_at), as_utc(opening.ends_at))
    expires_at = _expiry(entry, period, location_id=opening.location, by=by, at=at)
    appointment = _hold(entry, chance, period, expires_at=expires_at, at=at)
    note_change(appointment, by=by, at=at)
    held = audit.created(appointment, ["patient_id", "service_id", "practitioner_id", "starts_at", "expires_at"])
    audit.record(action="scheduling.appointment.offered", of=appointment, by=by, changes=held)
    offer = _write(entry, appointment, chance, expires_at=expires_at, by=by, at=at)
    set_state(entry, to=EntryState.OFFERED, at=at)
    made = audit.created(offer, ["entry_id", "appointment_id", "expires_at", "score"])
    audit.record(action="scheduling.offer.made", of=offer, by=by, changes=made)
    publish(OfferMade(offer_id=offer.pk, expires_at=expires_at))
    telling.about_offer(offer, at=at)
    return offer


def secret_of(offer_id: UUID) -> str:
    """Return the secret in the offer's address. It is never kept: the mail is given it when it is written."""
    return salted_hmac("scheduling.offer", f"{current_tenant().schema_name}:{offer_id}", algorithm="sha256").hexdigest()


def find_offer(*, secret: str) -> Offer | None:
    return Offer.objects.for_display().filter(digest=digest(secret)).first()


@transaction.atomic
def decline_offer(*, offer: Offer, by: Any, at: datetime, leave: bool = False) -> Offer:
    """Give the time back; the next on the list hears of it. With `leave`, they no longer wait at all.

    Declining twice is no error; what was accepted stays accepted (`OfferIsOver`).
    """
    locked, entry = lock_offer(offer)
    if locked.state == OfferState.ACCEPTED:
        raise OfferIsOver(_("This time has been accepted already. To cancel it, use the visit."), offer=locked)
    if locked.is_held:
        _settle(locked, entry, OfferState.DECLINED, by=by, at=at)
    if leave and entry.is_live:
        set_state(entry, to=EntryState.WITHDRAWN, at=at)
        audit.record(action="scheduling.waitingentry.withdrawn", of=entry, by=by, changes={"state": ("", entry.state)})
    return locked


@transaction.atomic
def expire_offer(*, offer_id: UUID, at: datetime) -> bool:
    """Give the time back if nobody answered in time. Doing it twice, or too early, does nothing."""
    found = Offer.objects.filter(pk=offer_id).first()
    if found is None:
        return False
    locked, entry = lock_offer(found)
    if not locked.is_held or locked.expires_at > at:
        return False
    _settle(locked, entry, OfferState.EXPIRED, by=None, at=at)
    telling.about_offer_gone(locked, at=at)
    return True


@transaction.atomic
def withdraw_offer(*, offer: Offer, by: Any, at: datetime) -> Offer:
    """Take an offer back that nobody has answered. Raises `OfferIsOver` for one that was accepted."""
    locked, entry = lock_offer(offer)
    if locked.state == OfferState.ACCEPTED:
        raise OfferIsOver(_("This time has been accepted already."), offer=locked)
    if locked.is_held:
        _settle(locked, entry, OfferState.WITHDRAWN, by=by, at=at)
        telling.about_offer_gone(locked, at=at)
    return locked


@transaction.atomic
def withdraw_entry(*, entry: WaitingEntry, by: Any, at: datetime) -> WaitingEntry:
    """Take somebody off the list, and give back what was offered to them. Twice is no error."""
    for offer in Offer.objects.held().filter(entry=entry):
        decline_offer(offer=offer, by=by, at=at)
    locked = lock_entry(entry.pk)
    if locked.is_live:
        was = locked.state
        set_state(locked, to=EntryState.WITHDRAWN, at=at)
        changes = {"state": (was, locked.state)}
        audit.record(action="scheduling.waitingentry.withdrawn", of=locked, by=by, changes=changes)
    return locked


@transaction.atomic
def end_waiting_for(*, session_id: UUID, at: datetime) -> None:
    """Take back the places of a group that will not be, and take those who wait for one off the list."""
    for entry in WaitingEntry.objects.live().filter(session_id=session_id).order_by("pk"):
        for offer in Offer.objects.held().filter(entry=entry):
            withdraw_offer(offer=offer, by=None, at=at)
        withdraw_entry(entry=entry, by=None, at=at)


class OfferIsOver(Conflict):
    """It was answered, taken back, or not answered in time. `state` says which."""

    code = "offer-over"

    def __init__(self, detail: str, *, offer: Offer) -> None:
        super().__init__(detail)
        self.offer = offer

    def extra(self) -> dict[str, object]:
        return {"state": self.offer.state}


def lock_offer(offer: Offer) -> tuple[Offer, WaitingEntry]:
    """Lock an offer, then its entry: always in this order."""
    locked = lock_row(Offer.objects.for_display(), offer.pk)
    return locked, lock_entry(locked.entry_id)


def _settle(offer: Offer, entry: WaitingEntry, state: OfferState, *, by: Any, at: datetime) -> None:
    """Note what became of an offer that was not accepted, give its time back, and let them wait on."""
    lapse(appointment=offer.appointment, reason=str(state.label), by=by, at=at)
    note_settled(offer, state=state, by=by, at=at)
    set_state(entry, to=EntryState.WAITING, at=at)
    publish(OfferSettled(offer_id=offer.pk, freed_id=offer.freed_id))


def note_settled(offer: Offer, *, state: OfferState, by: Any, at: datetime) -> None:
    was, offer.state = offer.state, state
    offer.settled_at, offer.settled_by_id = at, getattr(by, "pk", None)
    offer.settled_by_name = str(by) if by is not None else ""
    offer.save(update_fields=["state", "booked", "settled_at", "settled_by_id", "settled_by_name"])
    action = f"scheduling.offer.{state.lower()}"
    audit.record(action=action, of=offer, by=by, changes={"state": (was, state), "booked_id": (None, offer.booked_id)})


def _waiting(entry_id: UUID) -> WaitingEntry:
    """Return an entry that may be offered something, locked. Who left or whose record is closed is not written to."""
    entry = lock_entry(entry_id)
    if entry.state == EntryState.OFFERED:
        raise HasAnOffer(_("They think about another time already."))
    if not entry.is_live or entry.patient.ended_at is not None:
        raise EntryIsOver(_("This is no longer on the waiting list."))
    return entry


def _expiry(entry: WaitingEntry, period: Period, *, location_id: UUID, by: Any, at: datetime) -> datetime:
    lifetime = timedelta(minutes=rules_of(location_id).offer_minutes)
    notice = timedelta(minutes=entry.notice_minutes)
    expires_at = offer_ends(starts_at=period.start, sent_at=at, lifetime=lifetime, notice=notice)
    if expires_at < at + SHORTEST:
        raise TooLateToOffer(_("There is too little time left to offer this. Ring them, and book it."))
    return expires_at


def _hold(entry: WaitingEntry, chance: Chance, period: Period, *, expires_at: datetime, at: datetime) -> Appointment:
    """Write the visit that keeps the time: with everything it needs, but for the patient's own time."""
    first, *further = services_of_entry(entry)
    services, opening = Services(first, tuple(further)), chance.fit.match.opening
    kept = {
        "patient_id": entry.patient_id,
        "service": first,
        "period": as_range(period),
        "status": Status.OFFERED,
        "source": "waiting",
        "remark": entry.remark,
        "expires_at": expires_at,
    }
    if entry.session is not None:
        return _hold_in_group(kept, entry.session)
    search = Search(services.all, period, room_id=None, at=at, asker=Asker.desk())
    moment = look(search, practitioner_id=opening.practitioner)
    practitioner = Practitioner.objects.get(pk=opening.practitioner)
    rules_set_aside(moment, practitioner=practitioner, search=search, override="")
    places = places_to_try(moment, practitioners=[practitioner])
    places.sort(key=lambda place: place.location_id != opening.location)
    kept["occupies"] = as_range(services.occupied(period))
    appointment = write_at_first_free(_maker(kept), places=places, search=search)
    AppointmentService.objects.bulk_create(
        AppointmentService(appointment=appointment, service=service, position=position)
        for position, service in enumerate(services.further, start=1)
    )
    return appointment


def _hold_in_group(kept: dict[str, Any], session: GroupSession) -> Appointment:
    """Keep a place of a group. Raises `SlotTaken`."""
    with clash_of() as clash:
        appointment = Appointment.objects.create(
            **kept,
            occupies=kept["period"],
            location=session.location,
            practitioner=session.practitioner,
            room=session.room,
            session=session,
            session_place=_free_place_in(session),
        )
    if clash.kind is not None:
        raise _full()
    return appointment


def _free_place_in(session: GroupSession) -> int:
    """Return the lowest place of a group that nobody has. Raises `SlotTaken`."""
    taken = set(Claim.objects.filter(kind=Kind.SESSION, resource_id=session.pk).values_list("place", flat=True))
    free = next((number for number in range(1, session.places + 1) if number not in taken), None)
    if free is None or session.status != SessionStatus.SCHEDULED:
        raise _full()
    return free


def _full() -> SlotTaken:
    return SlotTaken(_("The group is full."), clash="session")


def _maker(kept: dict[str, Any]) -> Callable[[Place], Appointment]:
    def make(place: Place) -> Appointment:
        appointment = Appointment.objects.create(
            **kept,
            location_id=place.location_id,
            practitioner=place.practitioner,
            practitioner_place=place.practitioner_place,
            room_id=place.room[0] if place.room else None,
            room_place=place.room[1] if place.room else 1,
        )
        put_down_equipment(appointment, place=place)
        return appointment

    return make


def _write(
    entry: WaitingEntry, appointment: Appointment, chance: Chance, *, expires_at: datetime, by: Any, at: datetime
) -> Offer:
    offer = Offer(
        entry=entry,
        patient_id=entry.patient_id,
        appointment=appointment,
        freed=chance.freed,
        period=appointment.period,
        score=chance.fit.match.score,
        reasons=[reason._asdict() for reason in chance.fit.match.reasons],
        sent_at=at,
        expires_at=expires_at,
        by_id=getattr(by, "pk", None),
        by_name=str(by) if by is not None else "",
    )
    offer.digest = digest(secret_of(offer.pk))
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
    except IntegrityError as error:
        if "offer_one" in str(error):
            raise HasAnOffer(_("They think about another time already.")) from None
        raise
    return offer
