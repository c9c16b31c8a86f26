"""The steps of an appointment's life, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from audit import recording as audit
from modules.scheduling.models import Appointment, AppointmentChange


def note_change(appointment: Appointment, *, by: Any, at: datetime, reason: str = "") -> None:
    AppointmentChange.objects.create(
        appointment=appointment,
        at=at,
        by_id=getattr(by, "pk", None),
        by_name=str(by) if by is not None else "",
        status=appointment.status,
        period=appointment.period,
        reason=reason,
    )


def note_listed(appointments: Iterable[Appointment], *, by: Any) -> None:
    """Write into the audit log whose visits a list showed."""
    audit.listed(what=Appointment, subjects=[appointment.patient_id for appointment in appointments], by=by)


def note_listed_people(patients: Iterable[UUID], *, by: Any) -> None:
    """The same, of visits that were read as plain rows."""
    audit.listed(what=Appointment, subjects=patients, by=by)
