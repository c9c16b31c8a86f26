"""A death ends a patient: nothing more is booked, nobody is reminded. It can be taken back, if it was a mistake."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.events import PatientDied
from modules.crm.models import Patient
from modules.crm.services.registering import chip_taken

ENDED = ("died_on", "ended_at")


class DeathInvalid(Invalid):
    code = "death-invalid"


class NotDead(Conflict):
    code = "not-dead"


class NotTheirsToEnd(NotAllowed):
    code = "death-not-allowed"


@transaction.atomic
def note_death(*, patient: Patient, died_on: date, by: Any, at: datetime) -> Patient:
    """Note that a patient died. The calendar hears of it and calls off what is to come. The day may be set right later.

    Raises `DeathInvalid` or `NotTheirsToEnd`.
    """
    locked = _locked(patient, by=by)
    if died_on > at.date():
        raise _refused(_("This day is still to come."))
    if locked.birth_date and died_on < locked.birth_date:
        raise _refused(_("This day is before the date of birth."))
    before, is_news = audit.snapshot(locked, ENDED), not locked.has_died
    locked.died_on, locked.ended_at = died_on, locked.ended_at or at
    locked.save(update_fields=ENDED)
    audit.record(action="crm.patient.died", of=locked, by=by, changes=audit.difference(before, locked))
    if is_news:
        publish(PatientDied(patient_id=locked.pk))
    return locked


@transaction.atomic
def take_death_back(*, patient: Patient, by: Any) -> Patient:
    """Have somebody live on of whom a death was noted by mistake. Visits that were called off stay so: the page of
    each has them back. Raises `NotDead`, `NotTheirsToEnd`, or `ChipTaken` if another bears the chip meanwhile."""
    locked = _locked(patient, by=by)
    if not locked.has_died:
        raise NotDead(_("No death is noted here."))
    before = audit.snapshot(locked, ENDED)
    locked.died_on, locked.ended_at = None, None
    try:
        with transaction.atomic():
            locked.save(update_fields=ENDED)
    except IntegrityError:
        raise chip_taken() from None
    audit.record(action="crm.patient.death_taken_back", of=locked, by=by, changes=audit.difference(before, locked))
    return locked


def _locked(patient: Patient, *, by: Any) -> Patient:
    if not by.has_perm("crm.change_patient", patient):
        raise NotTheirsToEnd(_("Your role does not allow changing this record."))
    return lock_row(Patient.objects.select_related("client"), patient.pk)


def _refused(sentence: str) -> DeathInvalid:
    return DeathInvalid(sentence, fields={"died_on": [sentence]})
