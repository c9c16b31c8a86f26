"""Who else could see somebody at their time."""

from __future__ import annotations

from datetime import datetime

from modules.scheduling.models import Appointment, Practitioner
from modules.scheduling.selectors.slots import slots_at
from modules.scheduling.selectors.wanted import Asker, Wanted


def free_colleagues(appointment: Appointment, *, at: datetime) -> list[Practitioner]:
    """Return who else performs all of a visit and is free for it at its time, a room included, by name."""
    further = appointment.further_services.select_related("service").order_by("position")
    wanted = Wanted(
        services=(appointment.service, *(row.service for row in further)),
        location_id=appointment.location_id,
        length=int((appointment.ends_at - appointment.starts_at).total_seconds() // 60),
        ignoring=appointment.pk,
    )
    starts_at = appointment.starts_at
    found = slots_at(wanted=wanted, starts_at=starts_at, at=min(at, starts_at), asker=Asker.desk(any_time=True))
    free = {slot.practitioner_id for slot in found} - {appointment.practitioner_id}
    return list(Practitioner.objects.filter(pk__in=free).order_by("name"))
