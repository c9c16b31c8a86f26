"""Which episode of care a visit belongs to: settled when somebody arrives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from audit import recording as audit
from modules.crm import public as crm
from modules.scheduling.models import Appointment

USUAL = ""


def settle_episode(appointment: Appointment, *, choice: str = USUAL, by: Any, at: datetime) -> None:
    """Put a visit whose row is locked into an episode. As a rule one that has its episode keeps it.

    Raises `crm.NoSuchEpisode`.
    """
    if choice == USUAL and appointment.episode_id is not None:
        return
    arrived = crm.Arrived(
        patient_id=appointment.patient_id,
        visit_id=appointment.pk,
        practitioner_id=appointment.practitioner_id,
        practitioner_name=appointment.practitioner.name,
    )
    before = appointment.episode_id
    appointment.episode_id = crm.episode_at_arrival(arrived=arrived, choice=choice, by=by, at=at)
    if appointment.episode_id != before:
        appointment.save(update_fields=["episode"])
        changes = {"episode_id": (before, appointment.episode_id)}
        audit.record(action="scheduling.appointment.in_episode", of=appointment, by=by, changes=changes)
