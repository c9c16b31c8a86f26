"""What is still to come for somebody whose record is to be closed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext, ngettext

from modules.scheduling.models import Appointment, WaitingEntry
from modules.scheduling.services.visits.deaths import STANDING


def what_is_to_come(patient_ids: Collection[UUID], *, at: datetime) -> Iterator[str]:
    """Yield a sentence for visits that stand, and one for what they wait for."""
    coming = Appointment.objects.filter(patient__in=patient_ids, status__in=STANDING, period__startswith__gt=at)
    if number := coming.count():
        yield ngettext(
            "A visit is still to come. Call it off first.",
            "%(number)d visits are still to come. Call them off first.",
            number,
        ) % {"number": number}
    if WaitingEntry.objects.live().filter(patient__in=patient_ids).exists():
        yield gettext("They are on the waiting list. Take them off it first.")
