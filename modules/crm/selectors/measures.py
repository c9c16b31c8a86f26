"""Measures of a patient, kind by kind, as values and as curves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from modules.crm.models import MeasureKind, Measurement, Patient
from modules.crm.selectors.curves import Curve, Scored

IN_CURVE = 500  # rows of a patient that are looked at, of all kinds


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one kind, the latest first; the curve has those that were no mistake."""

    kind: MeasureKind
    rows: list[Measurement]
    curve: Curve


def measure_kinds() -> list[MeasureKind]:
    """Return what is measured here, by name."""
    return list(MeasureKind.objects.filter(ended_at=None).order_by("name"))


def series_of(patient: Patient, *, seen_by: Any, with_errors: bool = False) -> list[Series]:
    """Return what somebody may see of what was measured, by its name."""
    rows = Measurement.objects.visible_to(seen_by).filter(patient=patient).select_related("kind")
    if not with_errors:
        rows = rows.standing()
    by_kind: dict[UUID, list[Measurement]] = defaultdict(list)
    for row in rows.order_by("-at", "-recorded_at", "-pk")[:IN_CURVE]:
        by_kind[row.kind_id].append(row)
    return sorted((_series(each) for each in by_kind.values()), key=lambda series: series.kind.name)


def _series(rows: list[Measurement]) -> Series:
    kind = rows[0].kind
    scores = [Scored(row.at, row.value, told_of(row)) for row in reversed(rows) if not row.is_error]
    return Series(kind, rows, Curve(kind.name, scores, None, kind.unit_shown))


def told_of(row: Measurement) -> str:
    """Say whether a value is lower or higher than usual; nothing if it is usual, or nobody said what is."""
    return {"low": _("low"), "high": _("high")}.get(row.beyond, "")
