"""Who may be here already, said while somebody is being registered."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render

from access.fields import may_change
from audit import recording as audit
from modules.crm.domain.duplicates import Facts
from modules.crm.forms.duplicates import facts_typed
from modules.crm.forms.people import registration_form
from modules.crm.models import Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.pages.staff import where_next
from modules.crm.selectors.duplicates import Candidate, candidates
from modules.crm.selectors.pairs import candidates_besides
from tenancy.requests import Request
from webui.doors import action, page


@action("crm.register_patient")
def known(request: Request) -> HttpResponse:
    """Look for whoever has a name, a phone or anything else that was typed so far. Nobody is kept from going on."""
    may_set = partial(may_change, request.user)
    form = registration_form(request.tenant.vertical, request.POST, may_set=may_set)
    found = _found(request, facts_typed(form))
    audit.listed(what=Patient, subjects=[each.patient.pk for each in found], by=request.user)
    is_quick = "quick" in request.POST
    shown = [(each, _where_to(request, each, is_quick=is_quick)) for each in found]
    return render(request, "crm/known.html", {"candidates": shown, "is_quick": is_quick})


def _found(request: Request, facts: Facts) -> list[Candidate]:
    """Of a record that is being changed, nobody is itself, nor whom somebody said it is not."""
    if "of" not in request.POST:
        return candidates(facts, seen_by=request.user)
    record = visible_patient(request, _id(request.POST["of"]))
    return candidates_besides(record, facts, seen_by=request.user)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


@page("crm.register_patient")
def choose(request: Request, patient_id: UUID) -> HttpResponse:
    """Choose who is here already, instead of registering them anew, in the form beneath the dialog."""
    patient = visible_patient(request, patient_id)
    audit.listed(what=Patient, subjects=[patient.pk], by=request.user)
    return render(request, "crm/quick_chosen.html", {"patients": [patient], "search": patient.name})


def _where_to(request: Request, candidate: Candidate, *, is_quick: bool) -> str:
    """Return where choosing somebody leads to, if there is anything they would be chosen for."""
    if is_quick or candidate.is_owner or not request.POST.get("next"):
        return ""
    return where_next(request, candidate.patient)
