"""What somebody asked to have put right, and what was answered."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel import limits
from modules.crm.forms.corrections import CorrectionForm
from modules.crm.models import Correction, Document, Note, Patient
from modules.crm.pages.seen import shown_patients
from modules.crm.selectors import present_values
from modules.crm.services import corrections as services
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried

ASKED_PER_HOUR, OFFERED, SHOWN = 20, 30, 50


@page("access.use_portal")
def corrections(request: Request) -> HttpResponse:
    patients = shown_patients(request, Patient.objects.visible_to(request.user))
    rows = Correction.objects.visible_to(request.user).filter(patient__in=patients).for_display()
    audit.listed(what=Patient, subjects=[each.pk for each in patients], by=request.user, how="viewed_corrections")
    context = {
        "patients": patients,
        "several": len(patients) > 1,
        "corrections": rows.order_by("-asked_at", "-pk")[:SHOWN],
        "back": reverse("crm:portal_home"),
    }
    return render(request, "crm/corrections/portal.html", context)


@page("access.use_portal")
def ask(request: Request, patient_id: UUID) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("client"), pk=patient_id)
    notes = Note.objects.visible_to(request.user).filter(patient=patient).order_by("-signed_at")[:OFFERED]
    papers = Document.objects.visible_to(request.user).filter(patient=patient).order_by("-created_at")[:OFFERED]
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        present=present_values(patient),
        notes=list(notes),
        papers=list(papers),
        initial={"about": request.GET.get("about", "")},
    )
    if form.is_bound:
        limits.count("corrections", str(request.user.pk), at_most=ASKED_PER_HOUR, seconds=3600)
    status = tried(
        form,
        lambda: services.ask_correction(patient=patient, wish=form.wish(), by=request.user, at=timezone.now()),
    )
    audit.viewed(of=patient, by=request.user)
    if status:
        context = {"patient": patient, "form": form, "back": reverse("crm:portal_corrections")}
        return render(request, "crm/corrections/ask.html", context, status=status)
    messages.success(request, _("Sent. The answer stands here, and an e-mail tells you of it."))
    return redirect("crm:portal_corrections")
