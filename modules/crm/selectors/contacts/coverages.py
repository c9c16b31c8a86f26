"""Who is insured on a day, and who was until lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from modules.crm.domain.contacts.validity import Standing
from modules.crm.models import Coverage


class Lapsed(NamedTuple):
    """The insurance that somebody had, and the last day of it."""

    insurer: str
    ended_on: date

    @property
    def sentence(self) -> str:
        words = {"day": date_format(self.ended_on, "j M Y"), "insurer": self.insurer}
        return _("Insurance ended on %(day)s (%(insurer)s).") % words


def coverages_lapsed(patient_ids: Collection[UUID], *, on: date, seen_by: Any) -> dict[UUID, Lapsed]:
    """Return those of these patients who were insured and are not on a day, with what they had last.

    Who never was is not among them, nor whose insurance `seen_by` may not see. One query, however many they are.
    """
    by_patient: dict[UUID, list[Coverage]] = defaultdict(list)
    names = ("patient_id", "insurer", "valid_from", "valid_until")
    for row in Coverage.objects.visible_to(seen_by).filter(patient__in=list(patient_ids)).only(*names):
        by_patient[row.patient_id].append(row)
    return {patient_id: lapsed for patient_id, rows in by_patient.items() if (lapsed := lapsed_among(rows, on=on))}


def lapsed_among(rows: list[Coverage], *, on: date) -> Lapsed | None:
    """Return the insurance that ended last, if somebody who has these has none on a day."""
    if any(row.standing(on) in (Standing.VALID, Standing.ENDING) for row in rows):
        return None
    ended = [Lapsed(row.insurer, row.valid_until) for row in rows if row.valid_until and row.valid_until < on]
    return max(ended, key=lambda each: each.ended_on, default=None)
