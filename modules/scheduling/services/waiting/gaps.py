"""Offer a time by hand: who fits this gap, and where could this person go."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kernel.errors import Invalid
from kernel.periods import Period
from kernel.ranges import as_period
from modules.scheduling.models import Location, Offer, Practitioner, WaitingEntry
from modules.scheduling.selectors import Slot
from modules.scheduling.selectors.waiting import Fit, Gap, fit_at, where_could_go, who_fits
from modules.scheduling.services.placing.clashes import ALTERNATIVES, SlotTaken
from modules.scheduling.services.waiting.offering import Chance, make_offer

LONGEST_GAP = timedelta(hours=24)


class DoesNotSuit(SlotTaken):
    """The time is not free, or it is none of those that they could come at. `alternatives` would suit them."""

    code = "does-not-suit"


def offer_by_hand(*, entry: WaitingEntry, starts_at: datetime, practitioner_id: UUID, by: Any, at: datetime) -> Offer:
    """Offer somebody a time that the desk chose. Raises `DoesNotSuit` and what `make_offer` raises."""
    fit = _fit(entry, starts_at=starts_at, practitioner_id=practitioner_id, at=at)
    if fit is None:
        raise DoesNotSuit(
            _("That time is not free, or not one at which they can come."),
            clash="practitioner",
            elsewhere=partial(_times_for, entry, day=starts_at.date(), at=at),
        )
    return make_offer(chance=Chance(fit=fit), by=by, at=at)


def _times_for(entry: WaitingEntry, *, day: date, at: datetime) -> list[Slot]:
    openings = [fit.match.opening for fit in where_could_go(entry, at=at, first=day, most=ALTERNATIVES)]
    return [Slot(each.starts_at, each.ends_at, each.practitioner, None, each.location) for each in openings]


def read_gap(*, practitioner_id: UUID, starts_at: datetime, ends_at: datetime) -> Gap:
    """Return the gap asked about. Raises `Invalid`."""
    practitioner = Practitioner.objects.current().filter(pk=practitioner_id).first()
    if practitioner is None or not timedelta(0) < ends_at - starts_at <= LONGEST_GAP:
        sentence = _("Say whose time, from when until when.")
        raise Invalid(sentence, fields={"start_time": [sentence]})
    return Gap(practitioner=practitioner, location_id=_location_of(practitioner), period=Period(starts_at, ends_at))


def _fit(entry: WaitingEntry, *, starts_at: datetime, practitioner_id: UUID, at: datetime) -> Fit | None:
    if entry.session is not None:
        session = entry.session
        period = as_period(session.period)
        gap = Gap(practitioner=session.practitioner, location_id=session.location_id, period=period, session=session)
        return next((fit for fit in who_fits(gap, at=at) if fit.entry.pk == entry.pk), None)
    practitioner = Practitioner.objects.current().filter(pk=practitioner_id).first()
    return fit_at(entry, starts_at=starts_at, practitioner=practitioner, at=at) if practitioner else None


def _location_of(practitioner: Practitioner) -> UUID:
    hours = practitioner.hours.order_by("pk").first()
    return hours.location_id if hours else Location.objects.order_by("pk")[0].pk
