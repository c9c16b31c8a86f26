"""Documents at the desk and in the treatment room: all of them, one person's, one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from access.membership import reach_of
from audit import recording as audit
from filestore.links import address_of
from filestore.serving import SAFE_HEADERS
from filestore.storage import read_file
from kernel.errors import NotAllowed
from modules.crm import selectors, services
from modules.crm.forms.documents import (
    DetailsForm,
    EndForm,
    FileForm,
    FilterForm,
    UploadForm,
    usual_values,
    values_of,
)
from modules.crm.models import Document, DocumentVersion, EpisodeOfCare, Patient, Visibility
from modules.crm.pages.seen import visible_patient
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

PER_PAGE = 50


@page("crm.view_document")
def documents(request: Request) -> HttpResponse:
    """All that one may see, the latest first, narrowed by what is asked for."""
    sees_clinical = reach_of(request.user, "crm.view_clinical_document") is not None
    offered = [each for each in Visibility if sees_clinical or each is not Visibility.CLINICIANS]
    form = FilterForm(request.GET, visibilities=offered)
    rows = selectors.filtered_documents(form.wanted(), seen_by=request.user)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    audit.listed(what=Patient, subjects=[each.patient_id for each in shown], by=request.user, how="listed_documents")
    asked = request.GET.copy()
    asked.pop("page", None)
    return render(request, "crm/documents.html", {"documents": shown, "form": form, "asked": asked.urlencode()})


@page("crm.view_document")
def of_patient(request: Request, patient_id: UUID) -> HttpResponse:
    patient = visible_patient(request, patient_id)
    ended = Document.objects.visible_to(request.user).filter(patient=patient, ended_at__isnull=False)
    context = {
        "patient": patient,
        "documents": selectors.documents_of(patient, seen_by=request.user),
        "ended": ended.with_versions().order_by("-ended_at"),
        "may_add": request.user.has_perm("crm.add_document", patient),
    }
    audit.viewed(of=patient, by=request.user, how="viewed_documents")
    return render(request, "crm/patient_documents.html", context)


@page("crm.add_document")
def add(request: Request, patient_id: UUID) -> HttpResponse:
    patient = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.add_document", patient):
        raise NotAllowed(_("You file documents of those you look after only."))
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        initial=usual_values(timezone.localdate(), visit=request.GET.get("visit", "")),
        visibilities=services.visibilities_for(user=request.user, patient=patient),
        episodes=_episodes(request, patient),
    )
    status = tried(form, lambda: add_filled(request, patient, form))
    audit.viewed(of=patient, by=request.user)
    if status:
        return render(request, "crm/document_add.html", {"patient": patient, "form": form}, status=status)
    messages.success(request, _("Kept. It can be opened once it has been checked."))
    return redirect("crm:patient_documents", patient_id=patient.pk)


@page("crm.view_document")
def document(request: Request, document_id: UUID) -> HttpResponse:
    """One of them, with its former versions; whoever may, says anew what it is and who sees it."""
    found = visible_document(request, document_id)
    may_change = request.user.has_perm("crm.change_document", found) and found.ended_at is None
    if request.method == "POST" and not may_change:
        raise NotAllowed(_("Your role does not change this document."))
    form = DetailsForm(
        request.POST or None,
        initial=values_of(found),
        visibilities=services.visibilities_for(user=request.user, patient=found.patient),
        episodes=_episodes(request, found.patient),
        now=found,
    )
    status = tried(
        form,
        lambda: services.describe_document(
            document=found, details=form.details(found), by=request.user, at=timezone.now()
        ),
    )
    if not status:
        messages.success(request, _("Saved."))
        return redirect("crm:document", document_id=found.pk)
    return _show(request, found, may_change=may_change, form=form, status=status)


@action("crm.change_document")
def replace(request: Request, document_id: UUID) -> HttpResponse:
    found = visible_document(request, document_id)
    form = FileForm(request.POST, request.FILES)
    status = tried(
        form,
        lambda: services.replace_document(document=found, upload=form.upload(), by=request.user, at=timezone.now()),
    )
    if status:
        return _show(request, found, may_change=True, file_form=form, status=status)
    messages.success(request, _("Kept as the latest version. It can be opened once it has been checked."))
    return redirect("crm:document", document_id=found.pk)


@action("crm.change_document")
def end(request: Request, document_id: UUID) -> HttpResponse:
    found = visible_document(request, document_id)
    form = EndForm(request.POST)
    status = tried(
        form,
        lambda: services.end_document(
            document=found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
        ),
    )
    if status:
        return _show(request, found, may_change=True, end_form=form, status=status)
    messages.success(request, _("Ended. It is kept, and shown no more."))
    return redirect("crm:patient_documents", patient_id=found.patient_id)


@page("crm.view_document")
def open_file(request: Request, document_id: UUID, version_id: UUID) -> HttpResponse:
    return to_file(request, visible_document(request, document_id), version_id)


@page("crm.view_document")
def preview(request: Request, document_id: UUID, version_id: UUID) -> HttpResponse:
    return preview_of(request, document_id, version_id)


def to_file(request: Request, found: Document, version_id: UUID) -> HttpResponse:
    """Note that somebody opens a version, and send them to it. Raises `Http404` while nobody may."""
    version = version_of(found, version_id)
    if not version.can_be_opened:
        raise Http404
    audit.viewed(of=found, by=request.user, how="opened")
    return redirect(address_of(version.file))


def preview_of(request: Request, document_id: UUID, version_id: UUID) -> HttpResponse:
    """Answer with the small picture. The page that it stands on was logged; nobody's name is read for it."""
    rows = Document.objects.visible_to(request.user).with_versions()
    version = version_of(get_object_or_404(rows, pk=document_id), version_id)
    if version.preview is None or not version.can_be_opened:
        raise Http404
    return HttpResponse(read_file(version.preview), content_type=version.preview.media_type, headers=SAFE_HEADERS)


def version_of(found: Document, version_id: UUID) -> DocumentVersion:
    version = next((each for each in found.versions.all() if each.pk == version_id), None)
    if version is None:
        raise Http404
    return version


def visible_document(request: Request, document_id: UUID) -> Document:
    rows = Document.objects.visible_to(request.user).with_versions().select_related("patient__client", "own_kind")
    return get_object_or_404(rows, pk=document_id)


def add_filled(request: Request, patient: Patient, form: UploadForm) -> Document:
    return services.add_document(
        patient=patient, details=form.details(), upload=form.upload(), by=request.user, at=timezone.now()
    )


def _show(request: Request, found: Document, *, may_change: bool, status: int, **forms: Any) -> HttpResponse:
    patient = found.patient
    context = {
        "document": found,
        "patient": patient,
        "versions": sorted(found.versions.all(), key=lambda each: -each.number),
        "may_change": may_change,
        "file_form": FileForm(),
        "end_form": EndForm(),
        **forms,
    }
    if "form" not in context:
        context["form"] = DetailsForm(
            initial=values_of(found),
            visibilities=services.visibilities_for(user=request.user, patient=patient),
            episodes=_episodes(request, patient),
            now=found,
        )
    audit.viewed(of=found, by=request.user)
    return render(request, "crm/document.html", context, status=status)


def _episodes(request: Request, patient: Patient) -> list[EpisodeOfCare]:
    if not request.user.has_perm("crm.view_episode", EpisodeOfCare(patient=patient)):
        return []
    return list(EpisodeOfCare.objects.visible_to(request.user).filter(patient=patient).order_by("-opened_at")[:50])
