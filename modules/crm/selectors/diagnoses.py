"""Diagnoses of a patient, and what they were before."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from history import former_states
from modules.crm.models import Diagnosis, DiagnosisRole, EpisodeOfCare, Patient, Verification


class FormerDiagnosis(NamedTuple):
    """What was held of a diagnosis until it was changed."""

    who: str
    at: datetime
    role: str
    verification: str
    ended: bool


def diagnoses_of(patient: Patient, *, seen_by: Any) -> list[Diagnosis]:
    """Return what holds for a patient, the latest first."""
    rows = Diagnosis.objects.visible_to(seen_by).filter(patient=patient).standing()
    return list(rows.order_by("-recorded_at", "-pk"))


def diagnoses_of_episode(episode: EpisodeOfCare, *, seen_by: Any) -> list[Diagnosis]:
    """Return all that was diagnosed in an episode, in its order."""
    return list(Diagnosis.objects.visible_to(seen_by).filter(episode=episode).order_by("recorded_at", "pk"))


def former_diagnoses(diagnosis: Diagnosis) -> list[FormerDiagnosis]:
    """Return the earlier states of a diagnosis, the latest first."""
    return [
        FormerDiagnosis(
            row.changed_by_name,
            row.changed_at,
            str(DiagnosisRole(row.role).label),
            str(Verification(row.verification).label),
            row.ended_on is not None,
        )
        for row in former_states(diagnosis)
    ]
