"""Somebody does not come any more: their record is closed for booking, and everything in it stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, NotAllowed
from kernel.locking import lock_row
from kernel.modules import installed_modules
from modules.crm.models import Patient


class CannotEnd(Conflict):
    """Something is still to come, or they have ended or died already."""

    code = "cannot-end"


class NotEnded(Conflict):
    code = "not-ended"


class NotTheirsToClose(NotAllowed):
    code = "ending-not-allowed"


@transaction.atomic
def end_patient(*, patient: Patient, by: Any, at: datetime) -> Patient:
    """Have nobody book for somebody any more. What is kept about them stays. Raises `CannotEnd`, `NotTheirsToClose`."""
    locked = _locked(patient, by=by)
    if locked.ended_at is not None:
        raise CannotEnd(_("This record is closed already."))
    if problems := [*what_is_to_come([locked], at=at)]:
        raise CannotEnd(" ".join(problems))
    _set(locked, at, action="crm.patient.ended", by=by)
    return locked


@transaction.atomic
def take_up_again(*, patient: Patient, by: Any) -> Patient:
    """Have somebody be booked again whose record was closed. Raises `NotEnded` or `NotTheirsToClose`."""
    locked = _locked(patient, by=by)
    if locked.ended_at is None or locked.has_died:
        raise NotEnded(_("This record is not closed."))
    _set(locked, None, action="crm.patient.taken_up_again", by=by)
    return locked


def what_is_to_come(patients: list[Patient], *, at: datetime) -> Iterator[str]:
    """Yield what every module says has to be called off first: a closed record has nothing to come."""
    for module in installed_modules():
        if module.upcoming:
            yield from module.load(module.upcoming)([each.pk for each in patients], at=at)


def _set(patient: Patient, ended_at: datetime | None, *, action: str, by: Any) -> None:
    before = audit.snapshot(patient, ["ended_at"])
    patient.ended_at = ended_at
    patient.save(update_fields=["ended_at"])
    audit.record(action=action, of=patient, by=by, changes=audit.difference(before, patient))


def _locked(patient: Patient, *, by: Any) -> Patient:
    if not by.has_perm("crm.change_patient", patient):
        raise NotTheirsToClose(_("Your role does not allow changing this record."))
    return lock_row(Patient.objects.select_related("client"), patient.pk)
