"""What whoever uses the portal agreed to, for themselves and for whom they look after."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.crm import selectors
from modules.crm.forms.consents import SignForm, WithdrawForm
from modules.crm.models import ConsentText, Patient
from modules.crm.pages.consents import SHEET, sign_shown, signing, standing, take_back, taken, tried_to_sign
from modules.crm.pages.seen import shown_patients
from tenancy.requests import Request
from webui.doors import page


@page("access.use_portal")
def consents(request: Request) -> HttpResponse:
    patients = shown_patients(request, Patient.objects.agreeing_by(request.user))
    audit.listed(what=Patient, subjects=[patient.pk for patient in patients], by=request.user, how="viewed_consents")
    people = [{"patient": patient, "standing": selectors.standing_of(patient)} for patient in patients]
    context = {"people": people, "several": len(people) > 1, "back": reverse("crm:portal_home")}
    return render(request, "crm/portal_consents.html", context)


@page("access.use_portal")
def sign(request: Request, patient_id: UUID, kind_id: UUID) -> HttpResponse:
    patient = taken(request, patient_id)
    shown = standing(patient, kind_id)
    texts = ConsentText.objects.current().filter(kind=shown.kind)
    text = selectors.text_to_show(texts, language=request.GET.get("language", ""))
    if text is None:
        raise Http404
    form = SignForm(request.POST or None, initial=signing(patient, text))
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    if status := tried_to_sign(form, lambda: sign_shown(request, patient, text, form)):
        context = {"patient": patient, "text": text, "form": form, "sheet": SHEET, "back": _home()}
        return render(request, "crm/portal_consent_sign.html", context, status=status)
    messages.success(request, _("Kept. Thank you."))
    return redirect("crm:portal_consents")


@page("access.use_portal")
def withdraw(request: Request, patient_id: UUID, kind_id: UUID) -> HttpResponse:
    patient = taken(request, patient_id)
    shown = standing(patient, kind_id)
    if shown.last is None:
        raise Http404
    form = WithdrawForm(request.POST or None, initial=signing(patient, shown.last.text))
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    if status := tried_to_sign(form, lambda: take_back(request, patient, shown, form)):
        context = {"patient": patient, "last": shown.last, "kind": shown.kind, "form": form, "back": _home()}
        return render(request, "crm/portal_consent_withdraw.html", context, status=status)
    messages.success(request, _("Withdrawn. The practice sees it at once."))
    return redirect("crm:portal_consents")


def _home() -> str:
    return reverse("crm:portal_consents")
