"""What people asked for and the practice has to answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment
from modules.scheduling.services.visits.history import note_listed
from tenancy.requests import Request
from webui.doors import action, page

SHOWN = 100


@page("scheduling.run_visit")
def waiting(request: Request) -> HttpResponse:
    """The requests, the one that runs out first on top."""
    rows = Appointment.objects.visible_to(request.user).for_display().waiting_for_an_answer(timezone.now())
    asked_for = list(rows.order_by("expires_at", "pk")[:SHOWN])
    note_listed(asked_for, by=request.user)
    flagged = crm.flags_of([each.patient_id for each in asked_for], seen_by=request.user, at=timezone.now())
    return render(request, "scheduling/requests.html", {"requests": asked_for, "flagged": flagged})


@action("scheduling.run_visit")
def acceptance(request: Request, appointment_id: UUID) -> HttpResponse:
    visit = services.accept_request(appointment=_visible(request, appointment_id), by=request.user, at=timezone.now())
    is_reserved = visit.status == Status.RESERVED
    messages.success(
        request, _("Accepted. A mail asks for the deposit.") if is_reserved else _("Accepted. A mail says so.")
    )
    return redirect("scheduling:requests")


@action("scheduling.run_visit")
def refusal(request: Request, appointment_id: UUID) -> HttpResponse:
    reason = request.POST.get("reason", "").strip()[:200]
    services.decline_request(
        appointment=_visible(request, appointment_id), reason=reason, by=request.user, at=timezone.now()
    )
    messages.success(request, _("Declined. A mail says so, with the next free times."))
    return redirect("scheduling:requests")


def _visible(request: Request, appointment_id: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)
