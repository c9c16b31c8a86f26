"""Corrections that people asked for: the desk's list, one of them with its answer, and what is on the record."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.crm.forms.corrections import AnswerForm
from modules.crm.models import Correction, Patient
from modules.crm.selectors import present_values
from modules.crm.services import corrections as services
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried

PER_PAGE = 30


@page("crm.answer_correction")
def corrections(request: Request) -> HttpResponse:
    """Those that wait, the earliest first."""
    rows = Correction.objects.visible_to(request.user).waiting().for_display().order_by("asked_at", "pk")
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    audit.listed(what=Patient, subjects=[each.patient_id for each in shown], by=request.user, how="listed_corrections")
    return render(request, "crm/corrections/all.html", {"corrections": shown})


@page("crm.view_correction")
def correction(request: Request, patient_id: UUID, correction_id: UUID) -> HttpResponse:
    """What was asked for beside what the record says now; accepted or refused by one of the buttons."""
    rows = Correction.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    found = get_object_or_404(rows, pk=correction_id)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    status = tried(form, partial(_answer, request, found, form))
    audit.viewed(of=found, by=request.user)
    if not status:
        messages.success(request, _("Answered. They are told that there is an answer."))
        return redirect("crm:patient", patient_id=patient_id)
    context = {
        "correction": found,
        "patient": found.patient,
        "form": form,
        "present": present_values(found.patient).get(found.field, ""),
        "may_answer": found.is_waiting and request.user.has_perm("crm.answer_correction", found),
    }
    return render(request, "crm/corrections/correction.html", context, status=status)


def _answer(request: Request, found: Correction, form: AnswerForm) -> None:
    deeds = {"beside": services.keep_beside, "refuse": services.refuse_correction}
    deed: Any = deeds.get(request.POST.get("deed", ""), services.accept_correction)
    deed(correction=found, answer=form.cleaned_data["answer"], by=request.user, at=timezone.now())


def corrections_panel(request: Request, patient: Patient) -> list[Correction]:
    """Return what waits on a record for an answer, as far as whoever looks may see it."""
    return list(Correction.objects.visible_to(request.user).waiting().filter(patient=patient).order_by("asked_at"))
