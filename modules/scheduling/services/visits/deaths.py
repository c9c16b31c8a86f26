"""When a patient died: nothing takes place, nobody is reminded, and nobody is written to about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from modules.crm import public as crm
from modules.scheduling.domain.states import NOT_BEGUN, Status
from modules.scheduling.models import Appointment, Side, WaitingEntry
from modules.scheduling.services.visits.cancelling import CallOff
from modules.scheduling.services.visits.steps import cancel_appointment
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.waiting.offering import withdraw_entry

STANDING = NOT_BEGUN | {Status.REQUESTED, Status.RESERVED}


@transaction.atomic
def call_off_for_the_dead(*, patient_id: UUID, by: Any, at: datetime) -> int:
    """Take somebody who died off the calendar and the waiting list; return how many visits that was.

    No fee is asked and no mail is sent. Twice is no error, and so is a death that was taken back meanwhile.
    """
    patient = crm.find_patient(patient_id)
    if patient is None or patient.is_active:
        return 0
    for entry in WaitingEntry.objects.live().filter(patient=patient_id).order_by("pk"):
        withdraw_entry(entry=entry, by=by, at=at)
    coming = visits_to_come(patient_id, at=at)
    for appointment in coming:
        reason = CallOff(reason=_("The patient died."), side=Side.PRACTICE, tell=Tell.NOT)
        cancel_appointment(appointment=appointment, cancellation=reason, by=by, at=at)
    return len(coming)


def visits_to_come(patient_id: UUID, *, at: datetime) -> list[Appointment]:
    rows = Appointment.objects.for_display().filter(patient=patient_id, status__in=STANDING)
    return list(rows.filter(period__startswith__gt=at).in_order())
