"""What was shared with whoever uses the portal, and what they send."""

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
from modules.crm import selectors, services
from modules.crm.forms.documents import UploadForm, usual_values
from modules.crm.models import Patient, Visibility
from modules.crm.pages.documents import add_filled, preview_of, to_file, visible_document
from modules.crm.pages.seen import shown_patients
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried

SENT_PER_HOUR = 40


@page("access.use_portal")
def documents(request: Request) -> HttpResponse:
    patients = shown_patients(request, Patient.objects.visible_to(request.user))
    audit.listed(what=Patient, subjects=[each.pk for each in patients], by=request.user, how="viewed_documents")
    people = [
        {
            "patient": patient,
            "documents": selectors.documents_of(patient, seen_by=request.user),
            "may_add": request.user.has_perm("crm.add_document", patient),
        }
        for patient in patients
    ]
    context = {"people": people, "several": len(people) > 1, "back": reverse("crm:portal_home")}
    return render(request, "crm/portal_documents.html", context)


@page("access.use_portal")
def add(request: Request, patient_id: UUID) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("client"), pk=patient_id)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        initial=usual_values(timezone.localdate(), visibility=Visibility.SHARED),
        visibilities=services.visibilities_for(user=request.user, patient=patient),
    )
    if form.is_bound:
        limits.count("documents", str(request.user.pk), at_most=SENT_PER_HOUR, seconds=3600)
    status = tried(form, lambda: add_filled(request, patient, form))
    audit.viewed(of=patient, by=request.user)
    if status:
        context = {"patient": patient, "form": form, "back": reverse("crm:portal_documents")}
        return render(request, "crm/portal_document_add.html", context, status=status)
    messages.success(request, _("Sent. Thank you."))
    return redirect("crm:portal_documents")


@page("access.use_portal")
def open_file(request: Request, document_id: UUID, version_id: UUID) -> HttpResponse:
    return to_file(request, visible_document(request, document_id), version_id)


@page("access.use_portal")
def preview(request: Request, document_id: UUID, version_id: UUID) -> HttpResponse:
    return preview_of(request, document_id, version_id)
