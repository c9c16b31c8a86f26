"""The summary on top of a record, made of what its page has read anyway."""

from __future__ import annotations

from typing import Any

from modules.crm.domain.consents import State
from modules.crm.models import Patient
from modules.crm.selectors.summary import summary_of
from tenancy.requests import Request


def summary_for(request: Request, patient: Patient, shown: dict[str, Any]) -> dict[str, Any]:
    """Return what the summary shows, beside what the record shows already."""
    standing = shown["standing"] or []
    found = shown["diagnoses"] or []
    return {
        "summary": summary_of(patient, seen_by=request.user),
        "open_episodes": [
            (each, [diagnosis.display for diagnosis in found if diagnosis.episode_id == each.pk])
            for each in shown["episodes"] or []
            if each.is_open
        ],
        "open_plans": [each for each in shown.get("plans") or [] if each.is_active],
        "agreed": [each.kind.name for each in standing if each.state is State.GIVEN],
        "unsigned": [each.kind.name for each in standing if each.is_wanted],
    }
