"""Who answers for a patient, on the record's page: begin, set right, hand over."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import NotAllowed
from modules.crm import services
from modules.crm.domain.subjects import subject_of
from modules.crm.forms.involvements import HandOverForm, InvolvementForm, ShareForm
from modules.crm.models import Client, Involvement, Patient
from modules.crm.pages.seen import visible_patient
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried

CHOICES = 8


@dataclass(frozen=True, slots=True)
class Involved:
    """Who answers for a patient today, and who did or will."""

    now: list[Involvement]
    otherwise: list[Involvement]


def involved_with(request: Request, patient: Patient) -> Involved | None:
    """Return it for the record's page; None to whom it is closed."""
    if not request.user.has_perm("crm.view_involvement", Involvement(patient=patient)):
        return None
    rows = Involvement.objects.filter(patient=patient).select_related("client").order_by("since", "pk")
    now = list(rows.in_force(timezone.localdate()))
    return Involved(now, list(rows.exclude(pk__in=[each.pk for each in now])))


@page("crm.change_patient")
def involve(request: Request, patient_id: UUID) -> HttpResponse:
    record = _changeable(request, patient_id)
    data = request.POST if request.method == "POST" else None
    form = InvolvementForm(data, subject=subject_of(request.tenant.vertical))
    if not tried(
        form,
        lambda: services.involve(
            patient=record,
            client_id=form.client_id,
            contact=form.contact(),
            part=form.part(form.cleaned_data["role"]),
            by=request.user,
            at=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    return _shown(request, "crm/involve.html", record, form)


@page("crm.change_patient")
def change(request: Request, patient_id: UUID, involvement_id: UUID) -> HttpResponse:
    """Set a share or the days right, or end it."""
    record, row = _changeable(request, patient_id), _row(request, patient_id, involvement_id)
    form = ShareForm.of(request.POST if request.method == "POST" else None, row)
    if not tried(
        form,
        lambda: services.change_involvement(
            involvement=row, part=form.part(row.role), seen=form.cleaned_data["version"], by=request.user
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    return _shown(request, "crm/involvement.html", record, form, row)


@page("crm.change_patient")
def hand_over(request: Request, patient_id: UUID, involvement_id: UUID) -> HttpResponse:
    record, row = _changeable(request, patient_id), _row(request, patient_id, involvement_id)
    form = HandOverForm(request.POST if request.method == "POST" else None, initial={"version": row.version})
    if not tried(
        form,
        lambda: services.hand_over(
            involvement=row,
            client_id=form.client_id,
            contact=form.contact(),
            on=form.cleaned_data["on"],
            seen=form.cleaned_data["version"],
            by=request.user,
            at=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    return _shown(request, "crm/hand_over.html", record, form, row)


@page("crm.change_patient")
def clients(request: Request) -> HttpResponse:
    """The few clients who match what is being typed, as radios for another form."""
    search = request.GET.get("client_search", "").strip()
    seen = Client.objects.of_patients_seen_by(request.user)
    found = list(seen.matching(search)[:CHOICES]) if search else []
    audit.listed(what=Client, subjects=[each.pk for each in found], by=request.user)
    return render(request, "crm/client_choices.html", {"clients": found, "search": search})


def _shown(
    request: Request, template: str, record: Patient, form: object, row: Involvement | None = None
) -> HttpResponse:
    audit.viewed(of=record, by=request.user)
    chosen = chosen_client(request) if request.method == "POST" else None
    context = {"patient": record, "form": form, "involvement": row, "chosen": chosen}
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def chosen_client(request: Request) -> Client | None:
    """Return who was chosen in a form that comes back."""
    try:
        chosen = UUID(request.POST.get("client", ""))
    except ValueError:
        return None
    return Client.objects.of_patients_seen_by(request.user).filter(pk=chosen).first()


def _changeable(request: Request, patient_id: UUID) -> Patient:
    record = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.change_patient", record):
        raise NotAllowed(_("Your role does not allow changing this record."))
    return record


def _row(request: Request, patient_id: UUID, involvement_id: UUID) -> Involvement:
    rows = Involvement.objects.visible_to(request.user).select_related("client", "patient__client")
    return get_object_or_404(rows, pk=involvement_id, patient=patient_id)
