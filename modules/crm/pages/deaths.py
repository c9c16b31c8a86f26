"""Note a death, set its day right, take it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import NotAllowed
from modules.crm import services
from modules.crm.forms.animals import DeathForm
from modules.crm.pages.seen import visible_patient
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.change_patient")
def death(request: Request, patient_id: UUID) -> HttpResponse:
    """Say what a death ends, and note it."""
    record = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.change_patient", record):
        raise NotAllowed(_("Your role does not allow changing this record."))
    data = request.POST if request.method == "POST" else None
    form = DeathForm(data, initial={"died_on": record.died_on or timezone.localdate()})
    if not tried(
        form,
        lambda: services.note_death(
            patient=record, died_on=form.cleaned_data["died_on"], by=request.user, at=timezone.now()
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    audit.viewed(of=record, by=request.user)
    context = {"patient": record, "form": form}
    return render(request, "crm/death.html", context, status=422 if form.is_bound else 200)


@action("crm.change_patient")
def take_back(request: Request, patient_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    services.take_death_back(patient=record, by=request.user)
    messages.success(request, _("%(name)s can be booked again.") % {"name": record.name})
    return redirect("crm:patient", patient_id=record.pk)
