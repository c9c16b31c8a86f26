"""Copies that people ask for at the desk, and what they say to statistics."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm.forms.taking import CopyForm
from modules.crm.models import OwnCopy, Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.selectors.copies import who_may_have_one
from modules.crm.services import taking
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

SHOWN = 20


@page("crm.ask_copy")
def copies(request: Request, patient_id: UUID) -> HttpResponse:
    """Which copies were made about a patient, and a way to have one made for whoever asks."""
    patient, at = visible_patient(request, patient_id), timezone.now()
    form = CopyForm(
        request.POST if request.method == "POST" else None,
        clients=who_may_have_one(patient),
        initial={"client": str(patient.client_id)},
    )

    def ask() -> None:
        client = next(each for each in who_may_have_one(patient) if each.pk == form.cleaned_data["client"])
        taking.ask_copy(patient=patient, client=client, by=request.user, at=at)

    status = tried(form, ask)
    audit.viewed(of=patient, by=request.user, how="viewed_copies")
    if status:
        rows = OwnCopy.objects.filter(patient=patient).select_related("client").newest_first()[:SHOWN]
        mine = set(OwnCopy.objects.visible_to(request.user).filter(patient=patient).values_list("pk", flat=True))
        shown = [{"copy": each, "may_open": each.pk in mine and each.is_there(at)} for each in rows]
        context = {"patient": patient, "form": form, "copies": shown}
        return render(request, "crm/taking/copies.html", context, status=status)
    messages.success(request, _("A copy is being made. An e-mail tells them when it is ready."))
    return redirect("crm:copies", patient_id=patient.pk)


@page("crm.view_copy")
def open_file(request: Request, patient_id: UUID, copy_id: UUID) -> HttpResponseBase:
    rows = OwnCopy.objects.visible_to(request.user).filter(patient=patient_id)
    found = get_object_or_404(rows.select_related("file", "client", "patient__client"), pk=copy_id)
    return taking.fetch_copy(copy=found, by=request.user, at=timezone.now(), wanted=request.headers.get("Range", ""))


@action("crm.take_consent")
def say(request: Request, patient_id: UUID) -> HttpResponse:
    """Note what somebody says when asked whether they may be in statistics."""
    patient = get_object_or_404(Patient.objects.agreeing_by(request.user).select_related("client"), pk=patient_id)
    try:
        allowed = request.POST.get("allowed") == "yes"
        taking.say_about_statistics(patient=patient, allowed=allowed, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("crm:consents", patient_id=patient.pk)
