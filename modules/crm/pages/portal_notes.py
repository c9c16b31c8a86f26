"""The notes that were shared with whoever uses the portal, as they were signed, with what was added since."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import recording as audit
from modules.crm.models import Note, Patient
from modules.crm.pages.seen import shown_patients
from tenancy.requests import Request
from webui.doors import page

PER_PAGE = 10


@page("access.use_portal")
@require_safe
def notes(request: Request) -> HttpResponse:
    patients = shown_patients(request, Patient.objects.visible_to(request.user))
    rows = Note.objects.visible_to(request.user).filter(patient__in=patients).for_display()
    shown = Paginator(rows.order_by("-signed_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    read = {note.patient_id for note in shown}
    audit.listed(what=Patient, subjects=[each.pk for each in patients if each.pk not in read], by=request.user)
    audit.listed(what=Patient, subjects=sorted(read), by=request.user, how="viewed_notes")
    context = {"notes": shown, "several": len(patients) > 1, "back": reverse("crm:portal_home")}
    return render(request, "crm/portal_notes.html", context)
