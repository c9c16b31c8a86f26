"""What was done in a visit: a part of its note's page, and the bill that is still missing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.billing import selectors, services
from modules.billing.forms import QuantityForm, TreatmentForm
from modules.billing.models import Treatment
from modules.crm import public as crm
from tenancy.requests import Request
from webui.doors import action, page


@page("crm.view_note")
def treatments(request: Request, note_id: UUID) -> HttpResponse:
    return _show(request, _note(request, note_id))


@action("crm.write_note")
def add(request: Request, note_id: UUID) -> HttpResponse:
    note, form = _note(request, note_id), TreatmentForm(request.POST)
    if not form.is_valid():
        return _show(request, note, problem=_("Choose a treatment, and say how much of it."), status=422)
    wanted, at = form.cleaned_data, timezone.now()
    try:
        services.add_treatment(
            note_id=note.pk, code_id=wanted["treatment"], quantity=wanted["quantity"], by=request.user, at=at
        )
    except DomainError as error:
        return _show(request, note, problem=str(error), status=error.status)
    return _done(request, note, _("Written down."))


@action("crm.write_note")
def change(request: Request, note_id: UUID, treatment_id: UUID) -> HttpResponse:
    """Say how much of it was done; with the button that removes it, that it was not."""
    note, at, form = _note(request, note_id), timezone.now(), QuantityForm(request.POST)
    found = _of_note(note, treatment_id)
    try:
        if "remove" in request.POST:
            services.remove_treatment(note_id=note.pk, treatment=found, by=request.user, at=at)
        elif form.is_valid():
            quantity = form.cleaned_data["quantity"]
            services.change_treatment(note_id=note.pk, treatment=found, quantity=quantity, by=request.user, at=at)
        else:
            return _show(request, note, problem=_("Say how much of it was done."), status=422)
    except DomainError as error:
        return _show(request, note, problem=str(error), status=error.status)
    return _done(request, note, _("Saved."))


@action("billing.write_invoice")
def further_invoice(request: Request) -> HttpResponse:
    """Draw up a further invoice of a visit, of what is on none yet."""
    try:
        appointment_id = UUID(request.POST.get("appointment", ""))
    except ValueError:
        raise Http404 from None
    drafted = services.draft_further_invoice(appointment_id=appointment_id, by=request.user, at=timezone.now())
    return redirect("billing:invoice", invoice_id=drafted.pk)


def _show(request: Request, note: crm.NoteCard, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = selectors.treatments_of_note(note, user=request.user) | {
        "problem": problem,
        "patient": crm.find_patient(note.patient_id, seen_by=request.user),
    }
    audit.listed(what=Treatment, subjects=[note.patient_id], by=request.user)
    is_part = request.htmx and not request.htmx.boosted
    return render(request, f"billing/note{'_part' if is_part else ''}.html", context, status=status)


def _done(request: Request, note: crm.NoteCard, told: str) -> HttpResponse:
    if request.htmx:
        return _show(request, note)
    messages.success(request, told)
    return redirect("crm:note", patient_id=note.patient_id, note_id=note.pk)


def _note(request: Request, note_id: UUID) -> crm.NoteCard:
    note = crm.find_note(note_id, seen_by=request.user)
    if note is None or note.appointment_id is None:
        raise Http404
    return note


def _of_note(note: crm.NoteCard, treatment_id: UUID) -> Treatment:
    return get_object_or_404(Treatment.objects.filter(appointment=note.appointment_id), pk=treatment_id)
