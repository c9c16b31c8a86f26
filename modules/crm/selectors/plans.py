"""Treatment plans, and what they were before."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from history import former_states
from modules.crm.models import Patient, TreatmentPlan


class FormerPlan(NamedTuple):
    """What a plan said until it was changed."""

    number: int
    who: str
    at: datetime
    title: str
    text: str


def plans_of(patient: Patient, *, seen_by: Any) -> list[TreatmentPlan]:
    """Return the plans that somebody may see, those that go on first, then the latest."""
    rows = TreatmentPlan.objects.visible_to(seen_by).filter(patient=patient).for_display()
    return sorted(rows.order_by("-created_at"), key=lambda plan: not plan.is_active)


def plans_at_a_glance(patients: list[Patient], *, seen_by: Any) -> list[TreatmentPlan]:
    """Return the plans that go on for some people, as far as somebody may see them."""
    rows = TreatmentPlan.objects.visible_to(seen_by).active().filter(patient__in=patients)
    return list(rows.for_display().order_by("patient__first_name", "-created_at"))


def versions_of_plan(plan: TreatmentPlan) -> list[FormerPlan]:
    """Return its earlier versions, the latest first."""
    latest = {row.version: row for row in reversed(list(former_states(plan))) if row.version != plan.version}
    kept = sorted(latest.items(), reverse=True)
    return [FormerPlan(number, row.changed_by_name, row.changed_at, row.title, row.text) for number, row in kept]
