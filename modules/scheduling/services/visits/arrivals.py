"""Note what is known of somebody when they arrive: item by item, and corrected as long as the visit is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.scheduling.domain.states import NOT_BEGUN, Status
from modules.scheduling.domain.vitals import Sign, is_upside_down, measures_of
from modules.scheduling.models import Appointment, CheckIn, Identity, VitalSign
from modules.scheduling.services.visits.episodes import settle_episode
from modules.scheduling.services.visits.steps import set_status

NOTED_IN = NOT_BEGUN | {Status.CHECKED_IN, Status.IN_PROGRESS, Status.COMPLETED}


class NotArriving(Conflict):
    """Nobody arrives for a visit that is not agreed, was called off or missed."""

    code = "not-arriving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What was noted. None, or a measure that is not named, stays as it was; a measure of None is taken back."""

    identity: str | None = None
    complaints: str | None = None
    vitals: Mapping[Sign, Decimal | None] = field(default_factory=dict)
    episode: str = ""  # "new", "none", the id of one that goes on; else as usual

    @property
    def has_findings(self) -> bool:
        return self.complaints is not None or bool(self.vitals)


@transaction.atomic
def note_arrival(
    *, appointment: Appointment, arrival: Arrival, by: Any, at: datetime, version: int | None = None
) -> CheckIn:
    """Note what is known of somebody's arrival, and check them in if nobody has.

    Raises `NotArriving`, `NotAllowed`, `ChangedMeanwhile`, `crm.NoSuchEpisode`, or `Invalid` for a measure that
    cannot be true.
    """
    _check_may_note(appointment, arrival, by=by)
    appointment = lock_row(Appointment.objects.for_display(), appointment.pk)
    if appointment.status not in NOTED_IN:
        raise NotArriving(_("Nobody arrives for a visit that is not agreed, was called off or missed."))
    if appointment.status in NOT_BEGUN:
        step: dict[str, Any] = {"status": Status.CHECKED_IN, "version": version, "episode": arrival.episode}
        set_status(appointment=appointment, **step, by=by, at=at)
    elif arrival.episode:
        settle_episode(appointment, choice=arrival.episode, by=by, at=at)
    who = {"by_id": getattr(by, "pk", None), "by_name": str(by)}
    check_in, is_new = CheckIn.objects.get_or_create(appointment=appointment, defaults={"at": at, **who})
    before = audit.snapshot(check_in, ("identity", "complaints"))
    check_in.identity = check_in.identity if arrival.identity is None else _known(arrival.identity)
    check_in.complaints = check_in.complaints if arrival.complaints is None else arrival.complaints
    changes = audit.difference(before, check_in)
    if changes:
        check_in.save()
    measured = _measure(check_in, arrival.vitals, at=at, **who)
    if is_new or changes or measured:
        changes |= {"measured": (None, measured)} if measured else {}
        audit.record(action="scheduling.checkin.noted", of=check_in, by=by, changes=changes)
    return check_in


def _check_may_note(appointment: Appointment, arrival: Arrival, *, by: Any) -> None:
    if not by.has_perm("scheduling.run_visit", appointment):
        raise NotAllowed(_("Your role does not allow this."))
    if arrival.has_findings and not by.has_perm("scheduling.note_findings", appointment):
        raise NotAllowed(_("Complaints and measures are noted by who treats."))


def _known(identity: str) -> str:
    if identity not in Identity.values:
        sentence = _("Choose how it was made sure who came.")
        raise Invalid(sentence, fields={"identity": [sentence]})
    return identity


def _measure(check_in: CheckIn, vitals: Mapping[Sign, Decimal | None], *, at: datetime, **who: Any) -> list[str]:
    """Write the measures; return which changed. What was measured stays in the history when it is taken back."""
    present = {Sign(row.sign): row for row in check_in.vital_signs.all()}
    _check_vitals(check_in, {sign: row.value for sign, row in present.items()} | dict(vitals), only=vitals)
    changed = []
    for sign, value in vitals.items():
        row = present.get(sign)
        if (row.value if row else None) == value:
            continue
        changed.append(str(sign))
        if value is None:
            check_in.vital_signs.filter(sign=sign).delete()
        else:
            row = row or VitalSign(check_in=check_in, sign=sign)
            row.value, row.at, row.by_id, row.by_name = value, at, who["by_id"], who["by_name"]
            row.save()
    return changed


def _check_vitals(check_in: CheckIn, values: Mapping[Sign, Decimal | None], *, only: Mapping[Sign, Any]) -> None:
    """Raise `Invalid` for each measure that cannot be true."""
    measures = measures_of(is_animal=check_in.appointment.patient.is_animal)
    wrong: dict[str, list[str]] = {}
    for sign in only:
        value, measure = values[sign], measures.get(sign)
        if measure is None:
            wrong[sign.lower()] = [_("This is not measured here.")]
        elif value is not None and not measure.can_be(value):
            told = {"low": measure.low, "high": measure.high, "places": measure.places}
            wrong[sign.lower()] = [_("Between %(low)s and %(high)s, with no more than %(places)s decimals.") % told]
    if not wrong and is_upside_down(values):
        wrong["diastolic"] = [_("The lower number is below the upper one.")]
    if wrong:
        raise Invalid(_("A measure cannot be true."), fields=wrong)
