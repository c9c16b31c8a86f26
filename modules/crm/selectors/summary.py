"""What somebody who treats a patient needs to know first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modules.crm.models import FilledForm, Note, Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a record says on top: the rest of it is already there, further down."""

    last_note: Note | None
    next_steps: str  # what the last signed note plans
    unreviewed: int


def summary_of(patient: Patient, *, seen_by: Any) -> Summary:
    """Return it, as far as somebody may see it: three queries."""
    signed = Note.objects.visible_to(seen_by).filter(patient=patient, signed_at__isnull=False)
    note = signed.select_related("template_version").order_by("-signed_at", "-pk").first()
    unreviewed = FilledForm.objects.visible_to(seen_by).unreviewed().filter(patient=patient)
    return Summary(
        last_note=note,
        next_steps=(note.plan or _last_section(note)) if note else "",
        unreviewed=unreviewed.count(),
    )


def _last_section(note: Note) -> str:
    """Return how a note ends that was written in a form of the practice's own: there, what is next comes last."""
    filled = [text for text in note.kept_texts.values() if text]
    return filled[-1] if filled else ""
