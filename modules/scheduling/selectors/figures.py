"""Visits for figures without names: in which month, of which service, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from modules.crm.public import VisitFact
from modules.scheduling.domain.states import GIVES_ITS_TIME_BACK, Status
from modules.scheduling.models import Appointment
from tenancy import current_tenant

BATCH = 2000
BECAME = {Status.CANCELLED: "cancelled", Status.NO_SHOW: "missed", Status.COMPLETED: "attended"}


def visit_facts(people: Collection[UUID], since: date, until: date) -> Iterator[VisitFact]:
    """Yield the visits of people that were to be from a day until another, on the workspace's own days."""
    zone = ZoneInfo(current_tenant().time_zone)
    start, end = (datetime.combine(day, time(), zone) for day in (since, until))
    rows = Appointment.objects.visits().filter(period__startswith__gte=start, period__startswith__lt=end)
    values = rows.order_by("pk").values_list("patient_id", "period", "service__name", "status")
    for patient_id, period, service, status in values.iterator(chunk_size=BATCH):
        if patient_id in people:
            month = f"{period.lower.astimezone(zone):%Y-%m}"
            yield VisitFact(patient_id, month, service, _became(Status(status)))


def _became(status: Status) -> str:
    """Return what became of a visit, in four words: came, called off, missed, or still open."""
    return BECAME.get(status, "missed" if status in GIVES_ITS_TIME_BACK else "open")
