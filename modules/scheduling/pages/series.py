"""Book a series or a course: every visit is looked at, then all are saved at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.models import Appointment, Practitioner, Series
from modules.scheduling.pages.chosen import as_uuid
from modules.scheduling.pages.series_forms import (
    CourseForm,
    SeriesForm,
    VisitsForm,
    check_seen,
    choices_of,
    chosen_in,
    seen_of,
)
from modules.scheduling.services.series.packages import packages_of
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("scheduling.manage_series")
def new_series(request: Request) -> HttpResponse:
    return _show(request, SeriesForm, kind="series", plan=_plan_series, book=_book_series)


@page("scheduling.manage_series")
def new_course(request: Request) -> HttpResponse:
    return _show(request, CourseForm, kind="course", plan=_plan_course, book=_book_course)


Plan = Callable[[Request, Any, UUID], tuple[list[services.PlannedVisit], list[Any]]]
Book = Callable[[Request, Any, UUID, list[services.Chosen]], Series]


def _show(request: Request, form_class: type[VisitsForm], *, kind: str, plan: Plan, book: Book) -> HttpResponse:
    fields = request.POST if request.method == "POST" else request.GET
    patient = _patient(request, fields.get("patient", ""))
    today = timezone.localdate()
    packages = packages_of(patient_id=patient.id, on=today, seen_by=request.user) if patient else []
    form = form_class(request.POST or None, initial={"first_day": today}, packages=packages)
    context: dict[str, Any] = {"form": form, "kind": kind, "patient": patient, "values": fields}
    if patient is not None:
        audit.listed(what=Appointment, subjects=[patient.id], by=request.user)
    if request.method != "POST":
        return render(request, "scheduling/series_new.html", context)
    if patient is None:
        form.add_error(None, _("Say whom the visits are for."))
    if not form.is_valid() or patient is None:
        return render(request, "scheduling/series_new.html", context, status=422)
    seen = seen_of(form, str(patient.id))
    problem: DomainError | None = None
    try:
        if fields.get("step") == "save":
            check_seen(fields, seen)
            return booked(request, book(request, form, patient.id, list(chosen_in(fields))))
    except DomainError as error:
        problem = error
    try:
        visits, unplaced = plan(request, form, patient.id)
    except DomainError as error:
        add_refusal(form, error)
        return render(request, "scheduling/series_new.html", context, status=error.status)
    context |= plan_context(request, visits, problem) | {"unplaced": unplaced, "seen": seen}
    return render(request, "scheduling/series_new.html", context, status=problem.status if problem else 200)


def plan_context(request: Request, visits: list[services.PlannedVisit], problem: DomainError | None) -> dict[str, Any]:
    """Return what the page needs to show a plan."""
    names = dict(Practitioner.objects.values_list("pk", "name"))
    return {
        "choices": choices_of(visits, request.POST, names=names),
        "free": sum(visit.slot is not None for visit in visits),
        "may_override": request.user.has_perm("scheduling.override"),
        "problem": problem,
    }


def booked(request: Request, series: Series) -> HttpResponse:
    booked = series.appointments.count()
    messages.success(request, _("Booked: %(count)d visits.") % {"count": booked})
    return redirect("scheduling:series", series_id=series.pk)


def _plan_series(request: Request, form: Any, patient_id: UUID) -> tuple[list[services.PlannedVisit], list[Any]]:
    return services.plan_series(wish=form.wish(patient_id), by=request.user, at=timezone.now()), []


def _book_series(request: Request, form: Any, patient_id: UUID, chosen: list[services.Chosen]) -> Series:
    return services.book_series(wish=form.wish(patient_id), chosen=chosen, by=request.user, at=timezone.now())


def _plan_course(request: Request, form: Any, patient_id: UUID) -> tuple[list[services.PlannedVisit], list[Any]]:
    plan = services.plan_course(wish=form.wish(patient_id), by=request.user, at=timezone.now())
    return plan.visits, plan.unplaced


def _book_course(request: Request, form: Any, patient_id: UUID, chosen: list[services.Chosen]) -> Series:
    return services.book_course(wish=form.wish(patient_id), chosen=chosen, by=request.user, at=timezone.now())


def _patient(request: Request, text: str) -> crm.PatientCard | None:
    return crm.find_patient(as_uuid(text, "patient_id"), seen_by=request.user) if text else None
