"""Close a record for booking, and open it again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError, NotAllowed
from modules.crm import services
from modules.crm.pages.seen import visible_patient
from tenancy.requests import Request
from webui.doors import action, page


@page("crm.change_patient")
def end(request: Request, patient_id: UUID) -> HttpResponse:
    """Say what closing a record means and what stands in the way, and close it."""
    record, status, refusal = visible_patient(request, patient_id), 200, ""
    if not request.user.has_perm("crm.change_patient", record):
        raise NotAllowed(_("Your role does not allow changing this record."))
    if request.method == "POST":
        try:
            services.end_patient(patient=record, by=request.user, at=timezone.now())
        except DomainError as error:
            status, refusal = error.status, str(error)
        else:
            messages.success(request, _("The record is closed. Nothing in it is lost."))
            return redirect("crm:patient", patient_id=record.pk)
    audit.viewed(of=record, by=request.user)
    problems = [] if refusal else [*services.what_is_to_come([record], at=timezone.now())]
    context = {"patient": record, "problems": problems, "refusal": refusal}
    return render(request, "crm/end.html", context, status=status)


@action("crm.change_patient")
def take_up_again(request: Request, patient_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    services.take_up_again(patient=record, by=request.user)
    messages.success(request, _("%(name)s can be booked again.") % {"name": record.name})
    return redirect("crm:patient", patient_id=record.pk)
