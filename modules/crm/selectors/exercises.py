"""Exercises as records, the portal and curves ask for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from modules.crm.domain.exercises import kept_to, weeks_between
from modules.crm.models import MOST_PAIN, ExerciseDay, ExerciseSheet, ExerciseVersion, Patient, SheetItem
from modules.crm.models.flags import day_here
from modules.crm.selectors.curves import Curve, Scored

LOOKED_BACK = timedelta(weeks=12)


class Kept(NamedTuple):
    """How far somebody keeps to one exercise of a sheet, in percent, and what they said of it last."""

    item: SheetItem
    done: int
    percent: int
    last: ExerciseDay | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A sheet, and what became of it."""

    sheet: ExerciseSheet
    kept: list[Kept]
    curves: list[Curve]
    said: list[ExerciseDay]  # with words, the latest first


def library() -> list[ExerciseVersion]:
    """Return the exercises that go on sheets, by what they are for and by name."""
    return sorted(ExerciseVersion.objects.current(), key=lambda each: (each.region, each.name.casefold()))


def sheets_of(patient: Patient, *, seen_by: Any) -> list[ExerciseSheet]:
    """Return the sheets that somebody may see, the latest first."""
    rows = ExerciseSheet.objects.visible_to(seen_by).filter(patient=patient).for_display()
    return list(rows.order_by("-created_at", "-pk"))


def sheets_in_force(patients: Sequence[Patient], *, seen_by: Any, on: date) -> list[ExerciseSheet]:
    """Return what people do at home now or soon, as far as somebody may see it."""
    rows = ExerciseSheet.objects.visible_to(seen_by).in_force(on).filter(patient__in=patients)
    return list(rows.for_display().order_by("patient__first_name", "-created_at"))


def done_on(sheets: Iterable[ExerciseSheet], *, day: date) -> dict[tuple[UUID, UUID], ExerciseDay]:
    """Return what was said of a day, by sheet and exercise."""
    rows = ExerciseDay.objects.filter(sheet__in=list(sheets), day=day)
    return {(row.sheet_id, row.exercise_id): row for row in rows}


def followed(sheet: ExerciseSheet, *, on: date) -> Followed:
    """Return how far a sheet is kept to, over twelve weeks at most."""
    first = max(sheet.since, on - LOOKED_BACK)
    last = min(on, sheet.until or on, day_here(sheet.ended_at) if sheet.ended_at else on)
    days = list(ExerciseDay.objects.filter(sheet=sheet, day__gte=first).order_by("-day", "-at"))
    by_exercise: dict[UUID, list[ExerciseDay]] = defaultdict(list)
    for row in days:
        by_exercise[row.exercise_id].append(row)
    items = list(sheet.latest.items.all())
    kept = [_kept(item, by_exercise[item.exercise_version.exercise_id], first, last) for item in items]
    curves = [curve for curve in (_adherence(items, days, first, last), _pain(days)) if curve.scores]
    return Followed(sheet=sheet, kept=kept, curves=curves, said=[row for row in days if row.words])


def _kept(item: SheetItem, rows: list[ExerciseDay], first: date, last: date) -> Kept:
    done, days = sum(row.is_done for row in rows), (last - first).days + 1
    percent = kept_to(done, days, times_per_week=item.times_per_week)
    return Kept(item, done, percent, rows[0] if rows else None)


def _adherence(items: list[SheetItem], rows: list[ExerciseDay], first: date, last: date) -> Curve:
    """Return in percent how far the sheet was kept to, week by week."""
    times = {item.exercise_version.exercise_id: item.times_per_week for item in items}
    scores = []
    for begins, ends in weeks_between(first, last):
        done: dict[UUID, int] = dict.fromkeys(times, 0)
        for row in rows:
            if begins <= row.day <= ends and row.is_done and row.exercise_id in done:
                done[row.exercise_id] += 1
        days = (ends - begins).days + 1
        shares = [kept_to(done[each], days, times_per_week=times[each]) for each in times]
        scores.append(Scored(_at(ends), Decimal(round(sum(shares) / len(shares))), _("percent done")))
    return Curve(_("Done, week by week"), scores, (Decimal(0), Decimal(100)))


def _pain(rows: list[ExerciseDay]) -> Curve:
    """Return the worst pain of each day of which any was noted."""
    worst: dict[date, int] = {}
    for row in rows:
        if row.pain:
            worst[row.day] = max(int(row.pain), worst.get(row.day, 0))
    scores = [Scored(_at(day), Decimal(pain), "") for day, pain in sorted(worst.items())]
    return Curve(_("Pain, the worst of each day"), scores, (Decimal(0), Decimal(MOST_PAIN)))


def _at(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
