"""Note what was measured, and set right what was a mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, NotAllowed
from kernel.locking import lock_row
from modules.crm.domain.measures import NotANumber, number_shown, read_number
from modules.crm.models import MeasureKind, Measurement, MeasureStatus, Note, Patient
from modules.crm.services.measures.kinds import MeasureInvalid

OWN = ("number", "method", "comment", "at", "status")


class NotTheirsToMeasure(NotAllowed):
    code = "measure-not-allowed"


class ErrorAlready(Conflict):
    """A value that is a mistake already is not corrected once more."""

    code = "measurement-in-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value as it was typed. Without `at`, now."""

    value: str
    at: datetime | None = None
    method: str = ""
    comment: str = ""
    note_id: UUID | None = None
    appointment_id: UUID | None = None


@transaction.atomic
def measure(*, patient: Patient, kind: MeasureKind, measured: Measured, by: Any, at: datetime) -> Measurement:
    """Note a value. Raises `MeasureInvalid` for what cannot be, or `NotTheirsToMeasure`."""
    _check(patient, by=by)
    if kind.ended_at is not None:
        raise MeasureInvalid.at("kind_id", _("This is not measured here any more."))
    return _write(patient, kind, measured, by=by, at=at)


@transaction.atomic
def correct_measurement(*, measurement: Measurement, value: str, reason: str, by: Any, at: datetime) -> Measurement:
    """Put another row in the place of a wrong one, which stays as an error. Raises `ErrorAlready` too."""
    locked = _strike(measurement, reason, by=by)
    measured = Measured(
        value=value,
        at=locked.at,
        method=locked.method,
        comment=locked.comment,
        note_id=locked.note_id,
        appointment_id=locked.appointment_id,
    )
    return _write(locked.patient, locked.kind, measured, by=by, at=at, replaces=locked)


@transaction.atomic
def strike_measurement(*, measurement: Measurement, reason: str, by: Any) -> Measurement:
    """Say that a value was entered in error: of somebody else, or never measured. Raises `ErrorAlready`."""
    return _strike(measurement, reason, by=by)


def _write(
    patient: Patient,
    kind: MeasureKind,
    measured: Measured,
    *,
    by: Any,
    at: datetime,
    replaces: Measurement | None = None,
) -> Measurement:
    when = measured.at or at
    if when > at:
        raise MeasureInvalid.at("at", _("This moment is still to come."))
    if measured.note_id and not Note.objects.visible_to(by).filter(pk=measured.note_id, patient=patient).exists():
        raise MeasureInvalid.at("note_id", _("This patient has no such note."))
    row = Measurement.objects.create(
        patient=patient,
        kind=kind,
        number=_read(kind, measured.value),
        method=" ".join(measured.method.split()),
        comment=measured.comment.strip(),
        at=when,
        note_id=measured.note_id,
        appointment_id=measured.appointment_id,
        status=MeasureStatus.CORRECTED if replaces else MeasureStatus.FINAL,
        replaces=replaces,
        by_id=by.pk,
        by_name=str(by),
        recorded_at=at,
    )
    action = "crm.measurement.corrected" if replaces else "crm.measurement.noted"
    audit.record(action=action, of=row, by=by, changes=audit.created(row, OWN))
    return row


def _read(kind: MeasureKind, text: str) -> str:
    try:
        value = read_number(text, decimals=kind.decimals)
    except NotANumber:
        told = _("Write a number with %(n)s decimals at most.") if kind.decimals else _("Write a whole number.")
        raise MeasureInvalid.at("value", told % {"n": kind.decimals}) from None
    if not kind.bounds.can_be(value):
        words = {"name": kind.name, "span": kind.span_shown}
        raise MeasureInvalid.at("value", _("%(name)s goes from %(span)s.") % words)
    return number_shown(value)


def _strike(measurement: Measurement, reason: str, *, by: Any) -> Measurement:
    rows = Measurement.objects.select_related("patient__client", "kind")
    locked: Measurement = lock_row(rows, measurement.pk)
    _check(locked.patient, by=by)
    if locked.is_error:
        raise ErrorAlready(_("This value is marked as a mistake already."))
    if not reason.strip():
        raise MeasureInvalid.at("reason", _("Say why it was a mistake."))
    before = audit.snapshot(locked, ("status", "reason"))
    locked.status, locked.reason = MeasureStatus.ERROR, reason.strip()
    locked.save(update_fields=["status", "reason"])
    audit.record(action="crm.measurement.struck", of=locked, by=by, changes=audit.difference(before, locked))
    return locked


def _check(patient: Patient, *, by: Any) -> None:
    if not by.has_perm("crm.write_measure", patient):
        raise NotTheirsToMeasure(_("Measures are noted by whoever has the patient in their care."))
