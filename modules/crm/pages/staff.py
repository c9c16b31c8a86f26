"""Find, register, read and change."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from access.fields import may_change
from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import DomainError, NotAllowed
from modules.crm import selectors, services
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.forms.people import registration_form, values_of
from modules.crm.models import CARE, MOST, Consent, Document, EpisodeOfCare, Note, Patient, Visibility
from modules.crm.pages import involvements, weights
from modules.crm.pages.seen import visible_patient
from modules.crm.pages.timeline import how_viewed, line_of
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal

PER_PAGE = 50
CHOICES = 8


@page("crm.view_patient")
def patients(request: Request) -> HttpResponse:
    search = request.GET.get("q", "")
    rows = Patient.objects.visible_to(request.user).select_related("client").order_by("last_name", "first_name")
    shown = Paginator(rows.matching(search, seen_by=request.user), PER_PAGE).get_page(request.GET.get("page"))
    audit.listed(what=Patient, subjects=[patient.pk for patient in shown], by=request.user)
    template = "crm/patients.html" + ("#rows" if request.htmx and not request.htmx.boosted else "")
    sees_all = reach_of(request.user, "crm.view_patient") is Reach.ALL
    may_open = not sees_all and request.user.has_perm("crm.open_in_emergency")
    found_most = bool(search.strip()) and shown.paginator.count >= MOST
    context = {"patients": shown, "search": search, "may_open": may_open, "found_most": found_most}
    return render(request, template, context)


@page("crm.view_patient")
def choices(request: Request) -> HttpResponse:
    """The few who match what is being typed, as radios for another form."""
    search = request.GET.get("patient_search", "").strip()
    rows = Patient.objects.visible_to(request.user).active().select_related("client")
    found = rows.matching(search, seen_by=request.user)[:CHOICES] if search else rows.none()
    audit.listed(what=Patient, subjects=[patient.pk for patient in found], by=request.user)
    may_register = request.user.has_perm("crm.register_patient")
    return render(request, "crm/choices.html", {"patients": found, "search": search, "may_register": may_register})


@page("crm.register_patient")
def register(request: Request) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = registration_form(request.tenant.vertical, data, may_set=partial(may_change, request.user))
    if request.method == "POST" and form.is_valid():
        try:
            patient = services.register_patient(
                patient=form.patient(), contact=form.contact(), by=request.user, at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("%(name)s is registered.") % {"name": patient.name})
            return redirect(_onward(request, patient))
    onward = request.POST.get("next") or request.GET.get("next", "")
    status = 422 if form.is_bound else 200
    return render(request, "crm/register.html", {"form": form, "next": onward}, status=status)


@page("crm.view_patient")
def patient(request: Request, patient_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    is_clinical = subject_of(request.tenant.vertical) is not Subject.CUSTOMER
    line = line_of(request, record, is_clinical=is_clinical)
    siblings = Patient.objects.visible_to(request.user).filter(client=record.client).exclude(pk=record.pk)
    context = {
        "patient": record,
        "client": record.client,
        "line": line,
        "reads_notes": request.user.has_perm("crm.view_note", Note(patient=record)),
        "may_write_note": is_clinical and request.user.has_perm("crm.write_note", record),
        **_care_of(request, record),
        "is_clinical": is_clinical,
        "involved": involvements.involved_with(request, record),
        "curve": weights.curve_of(record) if record.is_animal else None,
        "standing": selectors.standing_of(record) if may_see_consents(request, record) else None,
        "episodes": _episodes_of(request, record) if is_clinical else None,
        **_documents_of(request, record),
        "siblings": siblings.order_by("first_name"),
        "may_change": request.user.has_perm("crm.change_patient", record),
    }
    audit.viewed(of=record, by=request.user, how=how_viewed(line))
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


@page("crm.change_patient")
def change(request: Request, patient_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.change_patient", record):
        raise NotAllowed(_("Your role does not allow changing this record."))
    data = request.POST if request.method == "POST" else None
    may_set = partial(_may_set, request.user, record)
    form = registration_form(request.tenant.vertical, data, initial=values_of(record), may_set=may_set)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_patient(
                patient=record, details=form.patient(), contact=form.contact(), by=request.user, at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("crm:patient", patient_id=record.pk)
    audit.viewed(of=record, by=request.user)
    return render(request, "crm/change.html", {"form": form, "patient": record}, status=422 if form.is_bound else 200)


def _may_set(user: Any, record: Patient, model: type[Model], name: str) -> bool:
    return may_change(user, model, name, record if model is Patient else record.client)


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


def _onward(request: Request, patient: Patient) -> str:
    """Return to where somebody was registered from, with them chosen there; else to their record."""
    target: Any = request.POST.get("next", "")
    if target and target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return f"{target}{'&' if '?' in target else '?'}patient={patient.pk}"
    return f"/patients/{patient.pk}/"
