"""What a booking is at first: a visit, a request, or a time that is reserved until its deposit is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from kernel.periods import Period
from modules.scheduling.domain.states import Status
from modules.scheduling.gateways.deposits import Terms, deposits, terms_of
from modules.scheduling.models import Appointment
from modules.scheduling.services.visits.wishes import Services, Wish, answer_until, is_patient, wrong

BY_MAIL = timedelta(days=1)  # to pay, for whoever learns of it from a mail


@dataclass(frozen=True, slots=True)
class Standing:
    """In which state a visit begins, until when that holds, and what is to be paid by then."""

    status: Status = Status.SCHEDULED
    expires_at: datetime | None = None
    terms: Terms | None = None


def standing_of(wish: Wish, *, services: Services, period: Period, by: Any, at: datetime) -> Standing:
    """Return what this wish begins as. What the practice confirms is asked for first, and reserved once it says yes.
    What a package pays for asks for no deposit.

    Raises `CannotBook` if the desk asks for a deposit where there is none to ask for.
    """
    if is_patient(by):
        if services.need_confirmation:
            return Standing(Status.REQUESTED, answer_until(period, at=at))
        terms = terms_of(services.all) if wish.package_id is None else None
        return reserved(terms, until=at + timedelta(minutes=terms.minutes), period=period) if terms else Standing()
    if not wish.deposit:
        return Standing()
    if wish.package_id is not None:
        raise wrong(_("A package pays for this visit: no deposit is asked for."), at="deposit")
    terms = terms_of(services.all)
    if terms is None:
        raise wrong(
            _("No deposit can be asked for this: there is no rule for it, or cards are not set up."), at="deposit"
        )
    if period.start <= at:
        raise wrong(_("A deposit is asked for before a visit."), at="deposit")
    return reserved(terms, until=at + BY_MAIL, period=period)


def reserved(terms: Terms, *, until: datetime, period: Period) -> Standing:
    """Return that a time is kept until then, and no longer than until it begins."""
    return Standing(Status.RESERVED, min(until, period.start), terms)


def ask_for_deposit(appointment: Appointment, *, terms: Terms, by: Any, at: datetime) -> None:
    """Have the deposit of a visit asked for that was just reserved."""
    port = deposits()
    if port is None or appointment.expires_at is None:
        raise RuntimeError("Terms come from the port, and what is reserved has an end.")
    port.ask(appointment_id=appointment.pk, terms=terms, until=appointment.expires_at, by=by, at=at)
