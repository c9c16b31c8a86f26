"""The forms that somebody was asked for, and what was answered: ask, take back, take over, review."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import selectors, services
from modules.crm.domain.drawings import HEIGHT, WIDTH
from modules.crm.models import AskedForm, FilledForm, Patient, QuestionnaireVersion
from modules.crm.pages.seen import visible_patient
from tenancy.requests import Request
from webui.doors import action, page
from webui.fields import set_choices
from webui.refusals import add_refusal

PER_PAGE = 50


class AskForm(django_forms.Form):
    """Which form, and by when."""

    questionnaire = django_forms.ChoiceField(label=gettext_lazy("Form"))
    due_on = django_forms.DateField(
        label=gettext_lazy("By when"), required=False, widget=django_forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.by_id = {str(each.questionnaire_id): each.questionnaire for each in QuestionnaireVersion.objects.current()}
        by_name = sorted((form.name, pk) for pk, form in self.by_id.items())
        set_choices(self, "questionnaire", [(pk, name) for name, pk in by_name])


@page("crm.review_form")
def unreviewed(request: Request) -> HttpResponse:
    """What was sent and nobody has reviewed yet, of those whose answers one may read."""
    rows = selectors.waiting_for_review(seen_by=request.user)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    audit.listed(what=Patient, subjects=[each.patient_id for each in shown], by=request.user, how="listed_forms")
    return render(request, "crm/questionnaires/unreviewed.html", {"forms": shown})


@page("crm.view_form")
def forms(request: Request, patient_id: UUID) -> HttpResponse:
    """Which forms somebody was asked for; ask for another."""
    patient = visible_patient(request, patient_id)
    asking = AskForm(request.POST or None)
    status = 422 if asking.is_bound else 200
    if request.method == "POST" and asking.is_valid():
        try:
            asked = services.ask_for_form(
                patient=patient,
                questionnaire=asking.by_id[asking.cleaned_data["questionnaire"]],
                due_on=asking.cleaned_data["due_on"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            add_refusal(asking, error)
            status = error.status
        else:
            messages.success(request, _told_of(asked))
            return redirect("crm:patient_forms", patient_id=patient.pk)
    context = {
        "patient": patient,
        "forms": selectors.forms_of(patient, seen_by=request.user)[:PER_PAGE],
        "curves": selectors.curves_of(patient, seen_by=request.user),
        "form": asking,
        "may_ask": request.user.has_perm("crm.ask_form", patient) and patient.ended_at is None,
    }
    audit.viewed(of=patient, by=request.user, how="viewed_forms")
    return render(request, "crm/questionnaires/of_patient.html", context, status=status)


@page("crm.view_form")
def form(request: Request, patient_id: UUID, asked_id: UUID) -> HttpResponse:
    """Whether it was filled in; what was answered, for whoever may read that."""
    return _show(request, _asked(request, patient_id, asked_id))


@action("crm.ask_form")
def withdraw(request: Request, patient_id: UUID, asked_id: UUID) -> HttpResponse:
    asked = _asked(request, patient_id, asked_id)
    try:
        services.withdraw_form(asked=asked, by=request.user, at=timezone.now())
    except services.FormDone as error:
        return _show(request, _asked(request, patient_id, asked_id), problem=error)
    messages.success(request, _("Taken back. Nobody is reminded any more."))
    return redirect("crm:patient_forms", patient_id=patient_id)


@action("crm.ask_form")
def hand_over(request: Request, patient_id: UUID, asked_id: UUID) -> HttpResponse:
    """Open the form on this device, for whoever it is about."""
    asked = _asked(request, patient_id, asked_id)
    try:
        address = services.hand_over_form(asked=asked, by=request.user, at=timezone.now())
    except services.FormBegun as error:
        return _show(request, asked, problem=error)
    return redirect(address)


@action("crm.review_form")
def take_over(request: Request, patient_id: UUID, asked_id: UUID) -> HttpResponse:
    """Write one answer, or all that are chosen, into the record."""
    filled = _filled(request, patient_id, asked_id)
    keys, seen = request.POST.getlist("key"), request.POST.get("seen", "")
    try:
        services.take_over(filled=filled, keys=keys, seen=seen, by=request.user, at=timezone.now())
    except DomainError as error:
        return _show(request, _asked(request, patient_id, asked_id), problem=error)
    messages.success(request, _("Taken over into the record."))
    return redirect("crm:asked_form", patient_id=patient_id, asked_id=asked_id)


@action("crm.review_form")
def review(request: Request, patient_id: UUID, asked_id: UUID) -> HttpResponse:
    services.review_form(filled=_filled(request, patient_id, asked_id), by=request.user, at=timezone.now())
    messages.success(request, _("Reviewed."))
    return redirect("crm:asked_form", patient_id=patient_id, asked_id=asked_id)


def forms_panel(request: Request, patient: Patient) -> dict[str, Any] | None:
    """Return what a record says of forms: what was asked, and how the scores went; None to whoever may not see it."""
    if not request.user.has_perm("crm.view_form", AskedForm(patient=patient)):
        return None
    return {
        "asked": list(selectors.forms_of(patient, seen_by=request.user)[:5]),
        "curves": selectors.curves_of(patient, seen_by=request.user),
    }


def _show(request: Request, asked: AskedForm, *, problem: DomainError | None = None) -> HttpResponse:
    filled = FilledForm.objects.visible_to(request.user).for_display().filter(asked=asked).first()
    context: dict[str, Any] = {
        "asked": asked,
        "patient": asked.patient,
        "filled": filled,
        "may_ask": request.user.has_perm("crm.ask_form", asked.patient),
        "problem": problem,
        "sheet": {"width": WIDTH, "height": HEIGHT},
    }
    if filled is not None:
        proposals = selectors.proposals_of(filled, seen_by=request.user)
        context |= {
            "told": selectors.told(filled.version.content, filled.answers),
            "proposals": proposals,
            "may_take_some": any(each.may_take and not each.is_same for each in proposals),
            "seen": selectors.state_of_person(filled),
            "may_review": request.user.has_perm("crm.review_form", filled),
        }
    audit.viewed(of=filled or asked, by=request.user)
    status = problem.status if problem else 200
    return render(request, "crm/questionnaires/asked.html", context, status=status)


def _told_of(asked: AskedForm) -> str:
    if asked.patient.client.email:
        return _("Asked. A mail with the link goes to %(email)s.") % {"email": asked.patient.client.email}
    return _("Asked. There is no e-mail address: it can be filled in on the portal only.")


def _asked(request: Request, patient_id: UUID, asked_id: UUID) -> AskedForm:
    rows = AskedForm.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, pk=asked_id)


def _filled(request: Request, patient_id: UUID, asked_id: UUID) -> FilledForm:
    rows = FilledForm.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, asked=asked_id)
