"""Register, read and change."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from access.fields import may_change
from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import selectors, services
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.forms.people import registration_form
from modules.crm.forms.regions import suggest_regions
from modules.crm.models import CARE, Consent, Document, EpisodeOfCare, Note, Patient, Visibility
from modules.crm.pages import involvements, weights
from modules.crm.pages.contacts import coverages, identity, points
from modules.crm.pages.corrections import corrections_panel
from modules.crm.pages.diagnoses import diagnoses_panel
from modules.crm.pages.exercises.sheets import sheets_panel
from modules.crm.pages.forms_asked import forms_panel
from modules.crm.pages.measures import measures_panel
from modules.crm.pages.merging import merges_of
from modules.crm.pages.plans import plans_panel
from modules.crm.pages.seen import flagged, visible_patient
from modules.crm.pages.summary import summary_for
from modules.crm.pages.timeline import how_viewed, line_of
from modules.crm.selectors.contacts.coverages import coverages_lapsed
from modules.crm.selectors.contacts.points import ways_to
from modules.crm.selectors.pain import pain_curves
from modules.crm.services import flags as flag_services
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal

CHOICES = 8


@page("crm.view_patient")
def choices(request: Request) -> HttpResponse:
    """The few who match what is being typed, as radios for another form. Whoever is not booked any more is greyed."""
    search = request.GET.get("patient_search", "").strip()
    rows = Patient.objects.visible_to(request.user).select_related("client")
    found = _active_first(rows, search, by=request.user) if search else []
    audit.listed(what=Patient, subjects=[patient.pk for patient in found], by=request.user)
    lapsed = coverages_lapsed([patient.pk for patient in found], on=timezone.localdate(), seen_by=request.user)
    context = {
        "patients": found,
        "search": search,
        "may_register": request.user.has_perm("crm.register_patient"),
        "lapsed": [(patient.name, lapsed[patient.pk]) for patient in found if patient.pk in lapsed],
    }
    return render(request, "crm/choices.html", context | flagged(request, found))


def _active_first(rows: Any, search: str, *, by: Any) -> list[Patient]:
    """Return those who match; of those who are not booked any more only as many as there is room for."""
    active = list(rows.active().matching(search, seen_by=by)[:CHOICES])
    room = CHOICES - len(active)
    return active + (list(rows.exclude(ended_at=None).matching(search, seen_by=by)[:room]) if room else [])


@page("crm.register_patient")
def register(request: Request) -> HttpResponse:
    lines, may_set = points.lines_of(request), partial(may_change, request.user)
    if points.asks_for_lines(request):
        typed = registration_form(request.tenant.vertical, initial=request.POST.dict(), may_set=may_set)
        suggest_regions(typed)
        return render(request, "crm/register.html", {"form": typed, "lines": lines, "next": request.POST.get("next")})
    data = request.POST if request.method == "POST" else None
    form = registration_form(request.tenant.vertical, data, may_set=may_set)
    suggest_regions(form)
    if request.method == "POST" and points.are_fine(lines) and form.is_valid():
        try:
            patient = services.register_patient(
                patient=form.patient(), contact=form.contact(), by=request.user, at=timezone.now()
            )
            points.keep_lines(lines, patient.client, by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("%(name)s is registered.") % {"name": patient.name})
            return redirect(where_next(request, patient))
    onward = request.POST.get("next") or request.GET.get("next", "")
    status = 422 if form.is_bound else 200
    return render(request, "crm/register.html", {"form": form, "lines": lines, "next": onward}, status=status)


@page("crm.view_patient")
def patient(request: Request, patient_id: UUID) -> HttpResponse:
    if stays := Patient.objects.visible_to(request.user).filter(merged_from=patient_id).first():
        return redirect("crm:patient", patient_id=stays.pk)
    record = visible_patient(request, patient_id)
    is_clinical = subject_of(request.tenant.vertical) is not Subject.CUSTOMER
    line = line_of(request, record, is_clinical=is_clinical)
    siblings = Patient.objects.visible_to(request.user).filter(client=record.client).exclude(pk=record.pk)
    context = {
        "patient": record,
        "client": record.client,
        "ways": ways_to(record.client, seen_by=request.user),
        "line": line,
        "reads_notes": request.user.has_perm("crm.view_note", Note(patient=record)),
        "may_write_note": is_clinical and request.user.has_perm("crm.write_note", record),
        **_care_of(request, record),
        "is_clinical": is_clinical,
        "involved": involvements.involved_with(request, record),
        "insured": coverages.insured(request, record) if is_clinical else None,
        "papers": identity.papers_of(request, record),
        "may_change_papers": request.user.has_perm("crm.change_identity"),
        "curve": weights.curve_of(record) if record.is_animal else None,
        "standing": selectors.standing_of(record) if may_see_consents(request, record) else None,
        "episodes": _episodes_of(request, record) if is_clinical else None,
        "pain_curves": pain_curves(record, seen_by=request.user) if is_clinical else None,
        "measures_panel": measures_panel(request, record) if is_clinical else None,
        "diagnoses": diagnoses_panel(request, record) if is_clinical else None,
        **_documents_of(request, record),
        "corrections": corrections_panel(request, record),
        "forms_panel": forms_panel(request, record),
        **(plans_panel(request, record) | sheets_panel(request, record) if is_clinical else {}),
        "siblings": siblings.order_by("first_name"),
        **flagged(request, [record]),
        "sees_flags": request.user.has_perm("crm.view_alert"),
        "may_raise_flag": bool(flag_services.categories_for(user=request.user, patient=record)),
        "may_change": request.user.has_perm("crm.change_patient", record),
        "merges": merges_of(request, record),
        "may_export": request.user.has_perm("crm.export_people"),
        "may_ask_copy": request.user.has_perm("crm.ask_copy", record),
        "may_erase": request.user.has_perm("crm.erase_people"),
    }
    context |= summary_for(request, record, context)
    shows_notes = context["summary"].last_note or context["pain_curves"]
    how = "viewed_with_notes" if shows_notes else how_viewed(line)
    audit.viewed(of=record, by=request.user, how=how)
    return render(request, "crm/patient.html", context)


def _care_of(request: Request, record: Patient) -> dict[str, Any]:
    """Return who has the patient in their care, what is lent to whoever looks, and what they may do about it."""
    user, team = request.user, selectors.access_in_force(record)
    own = [entry.grant for entry in team if entry.grant.user_id == user.pk]
    return {
        "team": team,
        "lent": next((grant for grant in own if grant.kind != CARE), None) if len(own) == 1 else None,
        "may_manage_care": user.has_perm("crm.manage_care", record),
        "may_see_access": user.has_perm("crm.view_access", record),
        "may_see_log": user.has_perm("audit.view"),
        "may_open": not own and user.has_perm("crm.open_in_emergency") and user.has_perm("crm.view_note"),
    }


def _episodes_of(request: Request, record: Patient) -> list[EpisodeOfCare] | None:
    if not request.user.has_perm("crm.view_episode", EpisodeOfCare(patient=record)):
        return None
    return list(EpisodeOfCare.objects.visible_to(request.user).filter(patient=record).order_by("-opened_at")[:10])


def _documents_of(request: Request, record: Patient) -> dict[str, Any]:
    if not request.user.has_perm("crm.view_document", Document(patient=record, visibility=Visibility.STAFF)):
        return {"documents": None}
    rows = selectors.documents_of(record, seen_by=request.user)
    return {"documents": rows[:5], "may_add_document": request.user.has_perm("crm.add_document", record)}


def may_see_consents(request: Request, record: Patient) -> bool:
    may: bool = request.user.has_perm("crm.view_consent", Consent(patient=record))
    return may


def where_next(request: Request, patient: Patient) -> str:
    """Return to where somebody was registered from, with them chosen there; else to their record."""
    target: Any = request.POST.get("next", "")
    if target and target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return f"{target}{'&' if '?' in target else '?'}patient={patient.pk}"
    return f"/patients/{patient.pk}/"
