"""The plans that were shared with whoever uses the portal, and their word to them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import selectors
from modules.crm.models import Patient, TreatmentPlan
from modules.crm.pages.seen import shown_patients
from modules.crm.services import plans as services
from tenancy.requests import Request
from webui.doors import action, page


@page("access.use_portal")
def plans(request: Request) -> HttpResponse:
    patients = shown_patients(request, Patient.objects.visible_to(request.user))
    people = [{"patient": each, "plans": selectors.plans_of(each, seen_by=request.user)} for each in patients]
    audit.listed(what=Patient, subjects=[each.pk for each in patients], by=request.user, how="viewed_plans")
    context = {"people": people, "several": len(people) > 1, "back": reverse("crm:portal_home")}
    return render(request, "crm/plans/portal.html", context)


@action("access.use_portal")
def agree(request: Request, plan_id: UUID) -> HttpResponse:
    found = get_object_or_404(TreatmentPlan.objects.visible_to(request.user).for_display(), pk=plan_id)
    seen = request.POST.get("version", "")
    try:
        services.agree_to_plan(
            plan=found, seen=int(seen) if seen.isdecimal() else 0, by=request.user, at=timezone.now()
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Kept. Thank you."))
    return redirect("crm:portal_plans")
