"""What was used, in a note: a part of the note's page that also stands alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.inventory import selectors, services
from modules.inventory.forms import UseForm
from modules.inventory.models import UsedMaterial
from modules.inventory.services import InsufficientStock
from tenancy.requests import Request
from webui.doors import action, page


@page("inventory.view_items")
def materials(request: Request, note_id: UUID) -> HttpResponse:
    """What was used, and what is found for whoever adds to it. A script asks for the part only."""
    return _show(request, _note(request, note_id))


@action("inventory.take_stock")
def use(request: Request, note_id: UUID) -> HttpResponse:
    note, form = _note(request, note_id), UseForm(request.POST)
    if not form.is_valid():
        return _show(request, note, problem=" ".join(_sentences(form)), status=422)
    wanted = form.cleaned_data
    try:
        services.use_material(
            note_id=note.pk,
            item_id=wanted["item"],
            quantity=wanted["quantity"],
            reason=wanted["reason"],
            even_if_missing=wanted["missing"],
            by=request.user,
            at=timezone.now(),
        )
    except InsufficientStock as error:
        return _show(request, note, problem=str(error), missing=wanted, status=error.status)
    except DomainError as error:
        return _show(request, note, problem=str(error), status=error.status)
    return _done(request, note, _("Written down."))


@action("inventory.take_stock")
def take_back(request: Request, note_id: UUID, material_id: UUID) -> HttpResponse:
    note = _note(request, note_id)
    material = get_object_or_404(UsedMaterial.objects.filter(note=note.pk), pk=material_id)
    reason = request.POST.get("reason", "")
    try:
        services.take_back_material(material=material, reason=reason, by=request.user, at=timezone.now())
    except DomainError as error:
        return _show(request, note, problem=str(error), status=error.status)
    return _done(request, note, _("Taken back."))


def _show(
    request: Request,
    note: crm.NoteCard,
    *,
    problem: str = "",
    missing: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    search = request.GET.get("q", "")
    context = selectors.materials_of_note(note, user=request.user) | {
        "search": search,
        "found": selectors.items_found(request.user, search),
        "problem": problem,
        "missing": missing,
        "patient": crm.find_patient(note.patient_id, seen_by=request.user),
    }
    audit.listed(what=UsedMaterial, subjects=[note.patient_id], by=request.user)
    template = "inventory/note.html"
    if request.htmx and not request.htmx.boosted:
        template = "inventory/note_found.html" if "q" in request.GET else "inventory/note_part.html"
    return render(request, template, context, status=status)


def _done(request: Request, note: crm.NoteCard, told: str) -> HttpResponse:
    if request.htmx:
        return _show(request, note)
    messages.success(request, told)
    return redirect("crm:note", patient_id=note.patient_id, note_id=note.pk)


def _note(request: Request, note_id: UUID) -> crm.NoteCard:
    note = crm.find_note(note_id, seen_by=request.user)
    if note is None:
        raise Http404
    return note


def _sentences(form: UseForm) -> list[str]:
    return [str(sentence) for sentences in form.errors.values() for sentence in sentences]
