"""Reactions to what others tell."""

from __future__ import annotations

from modules.inventory import services
from modules.scheduling.events import AppointmentCompleted


def consume_materials(event: AppointmentCompleted) -> None:
    services.consume_for_visit(
        appointment_id=event.appointment_id,
        service_ids=[event.service_id, *event.further_service_ids],
        by_id=event.completed_by_id,
        at=event.completed_at,
    )
