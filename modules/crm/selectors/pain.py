"""How pain went: what the notes of a patient say of it, as curves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from modules.crm.domain.body.marks import STRONGEST
from modules.crm.models import Note, Patient
from modules.crm.models.body import PAINS
from modules.crm.selectors.curves import Curve, Scored

IN_CURVE = 200  # notes of a patient that are looked at, the latest
SPAN = (Decimal(0), Decimal(STRONGEST))


def pain_curves(patient: Patient, *, seen_by: Any) -> list[Curve]:
    """Return how pain went at each moment that was asked about, by the notes that somebody may read, as they were kept.

    One query; what is being typed and no version yet is on no curve.
    """
    rows = Note.objects.visible_to(seen_by).filter(patient=patient).only("patient_id", "written_at", "chart")
    latest = rows.order_by("-written_at", "-pk")[:IN_CURVE]
    kept = [(note.written_at, note.kept_chart.pain) for note in reversed(latest)]
    curves = []
    for name, label in PAINS.items():
        scores = [Scored(at, Decimal(value), "") for at, pain in kept if (value := getattr(pain, name)) is not None]
        if scores:
            curves.append(Curve(_("Pain %(when)s") % {"when": label}, scores, SPAN))
    return curves
