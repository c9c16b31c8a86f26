"""Groups on the portal: those with free places, and taking one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.models import Appointment, GroupSession
from modules.scheduling.pages.chosen import as_uuid
from modules.scheduling.selectors import Asker
from modules.scheduling.selectors.groups import open_groups
from modules.scheduling.services.online.pace import count_booking
from tenancy.requests import Request
from webui.doors import page


@page("access.use_portal")
def groups(request: Request) -> HttpResponse:
    """The groups, each with how many places are free; a full one has a waiting list."""
    patients = crm.patients_of_account(request.user.pk)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            return _join(request, patients)
        except DomainError as error:
            problem = error
    audit.listed(what=Appointment, subjects=[patient.id for patient in patients], by=request.user)
    shown = open_groups(asker=Asker.patient(), at=timezone.now())
    context = {"groups": shown, "patients": patients, "problem": problem, "values": request.POST, "back": "/my/"}
    context["chosen"] = request.POST.get("patient") or str(crm.chosen_profile(request))
    return render(request, "scheduling/portal_groups.html", context, status=problem.status if problem else 200)


def _join(request: Request, patients: list[crm.PatientCard]) -> HttpResponse:
    by, at = request.user, timezone.now()
    count_booking(by=by)
    session = get_object_or_404(GroupSession, pk=as_uuid(request.POST.get("group", ""), "session_id"))
    chosen = request.POST.get("patient", "")
    patient_id: UUID | None = as_uuid(chosen, "patient_id") if chosen else None
    if request.POST.get("step") == "wait":
        only = patients[0].id if len(patients) == 1 else None
        wait = services.Wait(
            patient_id=patient_id or only, session_id=session.pk, first_day=timezone.localdate(), source="portal"
        )
        services.add_entry(wait=wait, by=by, at=at)
        messages.success(request, _("On the waiting list. A mail tells when a place comes free."))
        return redirect("scheduling:portal_groups")
    visit = services.join_group(session=session, patient_id=patient_id, source="portal", by=by, at=at)
    messages.success(request, _("Booked. A confirmation is on its way to your e-mail."))
    return redirect("scheduling:portal_visit", appointment_id=visit.pk)
