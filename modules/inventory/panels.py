"""What the stock shows on other modules' pages."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from modules.inventory import selectors
from tenancy.requests import Request

OVER = ("CANCELLED", "NO_SHOW")


def materials_of_note(request: Request, note: Any) -> str:
    """What was used, and where more of it is written down; a note is read, so its page has told the log."""
    context = selectors.materials_of_note(note, user=request.user)
    shown = context["used"] or context["by_visit"] or context["may_use"]
    return render_to_string("inventory/note_part.html", context, request) if shown else ""


def materials_of_visit(request: Request, appointment: Any) -> str:
    """What a visit used and what was missing; before it is completed, what it is going to use."""
    if appointment.status in OVER:
        return ""
    if appointment.status == "COMPLETED":
        context = {
            "used": selectors.used_in_visit(appointment.pk),
            "missing": selectors.missed_in_visit(appointment.pk),
        }
    else:
        context = {"needed": selectors.needed_for_visit(appointment.service_id)}
    context["noted"] = selectors.noted_in_visit(appointment.pk, seen_by=request.user)
    return render_to_string("inventory/panel_visit.html", context, request)
