"""What the calendar tells in a patient's record."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from modules.crm.public import Asked, Badge, TimelineEntry, TimelineKind, TimelineKinds, stretch_of
from modules.scheduling.domain.states import Status
from modules.scheduling.models import STATUS_LABELS, Appointment

TONES = {Status.COMPLETED: "good", Status.NO_SHOW: "bad", Status.CANCELLED: ""}


def _visits(asked: Asked) -> Iterator[TimelineEntry]:
    """Those that have begun, or should have; what is to come is above the line."""
    rows = Appointment.objects.visible_to(asked.seen_by).visits().filter(patient=asked.patient_id).for_display()
    begun = rows.filter(period__startswith__lte=asked.at).annotate(began=Lower("period"))
    for visit in stretch_of(begun, "began", asked):
        status = Status(visit.status)
        yield TimelineEntry(
            kind="visit",
            at=visit.starts_at,
            key=visit.pk,
            title=visit.service.name,
            icon="calendar",
            who=visit.practitioner.name,
            badges=[Badge(STATUS_LABELS[status], TONES.get(status, "info"))],
            url=reverse("scheduling:visit", args=[visit.pk]),
        )


KINDS: TimelineKinds = {"visit": TimelineKind(_("Visits"), "scheduling.view_appointment", _visits)}
