"""What the calendar shows on other modules' pages."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from modules.scheduling.models import Appointment
from tenancy.requests import Request

SHOWN = 8


def visits_of_patient(request: Request, patient: Any) -> str:
    """The visits of one patient: those to come, then the last ones."""
    rows = Appointment.objects.visible_to(request.user).for_display().filter(patient=patient)
    now = timezone.now()
    context = {
        "patient": patient,
        "coming": rows.filter(period__endswith__gt=now).holding_or_missed().in_order()[:SHOWN],
        "past": rows.filter(period__endswith__lte=now).order_by("-period")[:SHOWN],
    }
    return render_to_string("scheduling/panel_visits.html", context, request)


def book_for_patient(request: Request, patient: Any) -> str:
    return render_to_string("scheduling/panel_book.html", {"patient": patient}, request)


def next_visit(request: Request, patients: Any) -> str:
    """The next visit on the portal's home, and the few after it."""
    rows = Appointment.objects.visible_to(request.user).for_display()
    now = timezone.now()
    coming = list(rows.filter(period__endswith__gt=now).holding_time().in_order()[:4])
    context = {
        "next": coming[0] if coming else None,
        "later": coming[1:],
        "several": len(patients) > 1,
    }
    return render_to_string("scheduling/panel_next_visit.html", context, request)


def past_visits(request: Request, patients: Any) -> str:
    rows = Appointment.objects.visible_to(request.user).for_display()
    context = {"past": rows.filter(period__endswith__lte=timezone.now()).order_by("-period")[:5]}
    return render_to_string("scheduling/panel_past_visits.html", context, request)
