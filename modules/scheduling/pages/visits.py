"""One visit: what is known of it, and the next step."""

from __future__ import annotations

import json
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.states import Status
from modules.scheduling.forms.visits import CancelForm
from modules.scheduling.gateways.deposits import deposit_of
from modules.scheduling.gateways.video import video_url_of
from modules.scheduling.models import STATUS_LABELS, Appointment, CheckIn, Side
from modules.scheduling.pages.arrivals import shown_missing
from modules.scheduling.pages.chosen import tell_in
from tenancy.requests import Request
from webui.doors import action, page

DONE = {
    Status.SCHEDULED: gettext_lazy("%(who)s is due again"),
    Status.CONFIRMED: gettext_lazy("%(who)s has confirmed"),
    Status.CHECKED_IN: gettext_lazy("%(who)s checked in"),
    Status.IN_PROGRESS: gettext_lazy("The visit of %(who)s has begun"),
    Status.COMPLETED: gettext_lazy("The visit of %(who)s is done"),
    Status.NO_SHOW: gettext_lazy("%(who)s did not come"),
    Status.CANCELLED: gettext_lazy("The visit of %(who)s is cancelled"),
}
UNDONE_BY_RETURNING = {Status.CHECKED_IN, Status.NO_SHOW}  # to SCHEDULED
NEXT_STEPS = {
    Status.REQUESTED: [(Status.SCHEDULED, gettext_lazy("Accept"))],
    Status.SCHEDULED: [(Status.CHECKED_IN, gettext_lazy("Check in"))],
    Status.CONFIRMED: [(Status.CHECKED_IN, gettext_lazy("Check in"))],
    Status.CHECKED_IN: [(Status.IN_PROGRESS, gettext_lazy("Start"))],
    Status.IN_PROGRESS: [(Status.COMPLETED, gettext_lazy("Complete"))],
}


@page("scheduling.run_visit")
def visit(request: Request, appointment_id: UUID) -> HttpResponse:
    return _show(request, _visible(request, appointment_id))


@action("scheduling.run_visit")
def status(request: Request, appointment_id: UUID) -> HttpResponse:
    """Take the visit to the state in the form; back to where the button was.

    To a script it answers what was done and how to undo it, and leaves the page to ask for what has changed.
    """
    appointment = _visible(request, appointment_id)
    changed = services.set_status(
        appointment=appointment,
        status=_status_in(request),
        version=_version_in(request),
        by=request.user,
        at=timezone.now(),
    )
    told = _told(changed)
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"toast": told, "board": True})})
    messages.success(request, told["text"])
    if request.POST.get("back") == "today":
        return redirect(f"{reverse('scheduling:today')}{_query_in(request)}")
    return redirect("scheduling:visit", appointment_id=appointment.pk)


@action("scheduling.change_appointment")
def cancellation(request: Request, appointment_id: UUID) -> HttpResponse:
    appointment = _visible(request, appointment_id)
    form = CancelForm(request.POST, currency=request.tenant.currency)
    if not form.is_valid():
        return _show(request, appointment, cancel_form=form, status=422)
    agreed = form.cleaned_data
    called_off = services.CallOff(
        side=Side(agreed["side"]),
        reason=agreed["reason"],
        fee_minor=agreed["fee"].minor,
        refund_minor=agreed["refund"].minor,
        tell=tell_in(request.POST),
    )
    services.cancel_appointment(appointment=appointment, cancellation=called_off, by=request.user, at=timezone.now())
    messages.success(request, _("Cancelled. The time is free."))
    return redirect("scheduling:visit", appointment_id=appointment.pk)


@action("crm.write_note")
def note(request: Request, appointment_id: UUID) -> HttpResponse:
    """Begin the note, or go on with it, in the editor of the record; from there back to here."""
    appointment = _visible(request, appointment_id)
    begun = services.begin_note(appointment=appointment, by=request.user, at=timezone.now())
    editor = reverse("crm:edit_note", args=[appointment.patient_id, begun])
    return redirect(f"{editor}?{urlencode({'back': reverse('scheduling:visit', args=[appointment.pk])})}")


def _show(
    request: Request,
    appointment: Appointment,
    *,
    cancel_form: CancelForm | None = None,
    status: int = 200,
) -> HttpResponse:
    written = (
        crm.note_of_visit(appointment.pk, seen_by=request.user) if request.user.has_perm("crm.view_note") else None
    )
    treats = appointment.practitioner.user_id == request.user.pk and request.user.has_perm(
        "crm.write_note", appointment.patient
    )
    context = {
        "appointment": appointment,
        "patient": appointment.patient,
        "video_url": video_url_of(appointment),
        "status_label": STATUS_LABELS[Status(appointment.status)],
        "steps": NEXT_STEPS.get(Status(appointment.status), []),
        "arrival": CheckIn.objects.filter(appointment=appointment).first(),
        "missing": shown_missing(appointment, user=request.user),
        "findings": CheckIn.objects.findings_visible_to(request.user).filter(appointment=appointment).first(),
        "changes": appointment.changes.order_by("-at"),
        "labels": STATUS_LABELS,
        "note": written,
        "may_write": treats and not (written and written.signed_at) and appointment.status in WRITTEN_IN,
        "cancel_form": cancel_form or CancelForm(currency=request.tenant.currency),
        "overrides": appointment.overrides.order_by("-at"),
        "cancelled": appointment.cancellations.order_by("-at").first() if appointment.status == "CANCELLED" else None,
        "may_call_off": appointment.is_not_begun or appointment.status == Status.RESERVED,
        "deposit": deposit_of(appointment.pk),
        "may_take_back": appointment.status == "CANCELLED" and appointment.starts_at > timezone.now(),
    }
    audit.viewed(of=appointment, by=request.user, how="viewed_with_note" if written else "viewed")
    return render(request, "scheduling/visit.html", context, status=status)


WRITTEN_IN = {Status.CHECKED_IN, Status.IN_PROGRESS, Status.COMPLETED}


def _status_in(request: Request) -> str:
    """Return the state that a button names, or the address behind an undo."""
    wanted = request.POST.get("status") or request.GET.get("status", "")
    if wanted not in Status.__members__:
        raise services.StatusNotAllowed(_("There is no such state."))
    return wanted


def _version_in(request: Request) -> int | None:
    """Return which version of the visit was seen; None if the address does not say."""
    seen = request.GET.get("v", "")
    return int(seen) if seen.isdecimal() else None


def _query_in(request: Request) -> str:
    query = request.POST.get("query", "")
    return f"?{query}" if query else ""


def _told(appointment: Appointment) -> dict[str, str]:
    """Say what a visit has become; what was a slip of the hand is undone where it is told."""
    told = {"text": str(DONE.get(Status(appointment.status), "%(who)s")) % {"who": appointment.patient.name}}
    if appointment.status in UNDONE_BY_RETURNING:
        address = reverse("scheduling:status", args=[appointment.pk])
        told["undo"] = f"{address}?status={Status.SCHEDULED}&v={appointment.version}"
    return told


def _visible(request: Request, appointment_id: UUID) -> Appointment:
    visible = Appointment.objects.visible_to(request.user).for_display()
    return get_object_or_404(visible, pk=appointment_id)
