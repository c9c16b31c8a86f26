"""Put the rest of a package into the calendar: every visit is looked at, then those chosen are saved at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.gateways.packages import PackageCard, UnitState
from modules.scheduling.models import Appointment, Service
from modules.scheduling.pages.series import booked, plan_context
from modules.scheduling.pages.series_forms import TIME, WEEKDAY_CHOICES, VisitsForm, check_seen, chosen_in, seen_of
from modules.scheduling.services.series.package_courses import PackageCourseWish, course_of_package
from modules.scheduling.services.series.packages import read_package
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


class PackageCourseForm(VisitsForm):
    """When what is left would suit."""

    sessions = forms.IntegerField(label=gettext_lazy("Number of visits"), min_value=1)
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On these days"),
        choices=WEEKDAY_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: any day."),
    )
    earliest = forms.TimeField(label=gettext_lazy("Not before"), widget=TIME, required=False)
    latest = forms.TimeField(label=gettext_lazy("Begins before"), widget=TIME, required=False)
    days_apart = forms.IntegerField(label=gettext_lazy("Days apart, at least"), min_value=1, max_value=90, initial=2)
    field_order = [
        "service", "practitioners", "room", "sessions", "first_day", "days_apart", "weekdays", "earliest", "latest",
        "remark", "notify",
    ]  # fmt: skip

    def __init__(self, data: Any, *, card: PackageCard) -> None:
        super().__init__(data, initial={"first_day": timezone.localdate(), "sessions": _most(card)})
        fields: dict[str, Any] = self.fields
        fields["service"].queryset = Service.objects.filter(pk__in=_services_left(card)).order_by("name")
        fields["sessions"].max_value = card.left

    def wish(self, package_id: UUID, *, patient_id: UUID) -> PackageCourseWish:
        data = self.cleaned_data
        between = (data["earliest"] or datetime.min.time(), data["latest"] or datetime.max.time())
        common = self.in_common(None)
        return PackageCourseWish(
            package_id=package_id,
            patient_id=patient_id,
            service_id=data["service"].pk,
            sessions=data["sessions"],
            first_day=data["first_day"],
            days_apart=data["days_apart"],
            weekdays=frozenset(int(each) for each in data["weekdays"]),
            between=between if data["earliest"] or data["latest"] else None,
            **{name: common[name] for name in ("practitioner_ids", "room_id", "remark", "tell")},
        )


@page("scheduling.manage_series")
def schedule(request: Request, package_id: UUID) -> HttpResponse:
    card = read_package(package_id, on=timezone.localdate(), seen_by=request.user)
    form = PackageCourseForm(request.POST or None, card=card)
    patient = _patient(request, card)
    context: dict[str, Any] = {"form": form, "card": card, "patient": patient}
    audit.listed(what=Appointment, subjects=[patient.id], by=request.user)
    if not form.is_bound:
        return _page(request, context)
    if not form.is_valid():
        return _page(request, context, status=422)
    by, at, seen = request.user, timezone.now(), seen_of(form, str(card.id), str(patient.id))
    wish = form.wish(card.id, patient_id=patient.id)
    problem: DomainError | None = None
    try:
        course = course_of_package(wish=wish, by=by, at=at)
        if request.POST.get("step") == "save":
            check_seen(request.POST, seen)
            chosen = list(chosen_in(request.POST))
            return booked(request, services.book_course(wish=course, chosen=chosen, by=by, at=at))
    except DomainError as error:
        problem = error
    try:
        plan = services.plan_course(wish=course_of_package(wish=wish, by=by, at=at), by=by, at=at)
    except DomainError as error:
        add_refusal(form, error)
        return _page(request, context, status=error.status)
    context |= plan_context(request, plan.visits, problem) | {"unplaced": plan.unplaced, "seen": seen}
    return _page(request, context, status=problem.status if problem else 200)


def _page(request: Request, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, "scheduling/package_schedule.html", context, status=status)


def _patient(request: Request, card: PackageCard) -> crm.PatientCard:
    """Return who comes: whoever has the package, or another of the family who is named."""
    named = request.POST.get("patient") or request.GET.get("patient")
    try:
        found = crm.find_patient(UUID(named) if named else card.patient_id, seen_by=request.user)
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _services_left(card: PackageCard) -> list[UUID]:
    return [each for each in card.service_ids if card.count(UnitState.FREE, service_id=each)]


def _most(card: PackageCard) -> int:
    """Return how many sessions are left of the service that has most."""
    return max((card.count(UnitState.FREE, service_id=each) for each in card.service_ids), default=0)
