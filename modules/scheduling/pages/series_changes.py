"""A series: its visits, changing them, and calling them off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.scheduling import services
from modules.scheduling.models import Appointment, Series, Service
from modules.scheduling.pages.chosen import as_uuid
from modules.scheduling.pages.series import plan_context
from modules.scheduling.pages.series_forms import CallOffForm, ChangeForm, check_seen, chosen_in, seen_of, words_of
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("scheduling.manage_series")
def series(request: Request, series_id: UUID) -> HttpResponse:
    shown = _visible(request, series_id)
    visits = list(_visits(request, shown))
    audit.viewed(of=shown, by=request.user)
    names = dict(Service.objects.filter(pk__in=shown.service_ids).values_list("pk", "name"))
    context = {
        "series": shown,
        "visits": visits,
        "first": next((visit for visit in visits if visit.is_not_begun), None),
        "rule": words_of(shown.rule),
        "services": ", ".join(names[pk] for pk in shown.service_ids if pk in names),
    }
    return render(request, "scheduling/series.html", context)


@page("scheduling.manage_series")
def change(request: Request, series_id: UUID) -> HttpResponse:
    shown = _visible(request, series_id)
    visit = _visit_meant(request, shown)
    form = ChangeForm(request.POST or None, initial={"scope": request.GET.get("scope", "following")})
    context: dict[str, Any] = {"series": shown, "visit": visit, "form": form, "values": request.POST}
    audit.viewed(of=shown, by=request.user)
    if request.method != "POST":
        return render(request, "scheduling/series_change.html", context)
    if not form.is_valid():
        return render(request, "scheduling/series_change.html", context, status=422)
    wanted = form.change(visit.pk, version=None)
    seen, by, at = seen_of(form, shown.version, str(visit.pk)), request.user, timezone.now()
    problem: DomainError | None = None
    try:
        if request.POST.get("step") == "save":
            check_seen(request.POST, seen)
            chosen = list(chosen_in(request.POST))
            changed = services.change_series(series=shown, change=wanted, chosen=chosen, by=by, at=at)
            messages.success(request, _("Changed: %(count)d visits.") % {"count": len(chosen)})
            return redirect("scheduling:series", series_id=changed.pk)
    except DomainError as error:
        problem = error
    try:
        visits = services.plan_change(series=shown, change=wanted, by=by, at=at)
    except DomainError as error:
        add_refusal(form, error)
        return render(request, "scheduling/series_change.html", context, status=error.status)
    context |= plan_context(request, visits, problem) | {"seen": seen}
    return render(request, "scheduling/series_change.html", context, status=problem.status if problem else 200)


@page("scheduling.manage_series")
def cancellation(request: Request, series_id: UUID) -> HttpResponse:
    """Show which visits it would be, and call them off."""
    shown = _visible(request, series_id)
    visit = _visit_meant(request, shown)
    scope = services.Scope(request.GET["scope"]) if request.GET.get("scope") in set(services.Scope) else None
    form = CallOffForm(request.POST or None, initial={"scope": scope or services.Scope.FOLLOWING})
    context: dict[str, Any] = {"series": shown, "visit": visit, "form": form}
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        tell = services.Tell.SOON if data["notify"] else services.Tell.NOT
        try:
            called_off = services.cancel_series(
                series=shown,
                scope=services.Scope(data["scope"]),
                visit_id=visit.pk,
                cancellation=services.CallOff(reason=data["reason"], tell=tell),
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Cancelled: %(count)d visits.") % {"count": len(called_off)})
            return redirect("scheduling:series", series_id=shown.pk)
    elif request.method == "POST":
        status = 422
    context["visits"] = services.visits_in(shown, scope=services.Scope.ALL, visit_id=visit.pk, by=request.user)
    audit.viewed(of=shown, by=request.user)
    return render(request, "scheduling/series_cancel.html", context, status=status)


def _visible(request: Request, series_id: UUID) -> Series:
    return get_object_or_404(Series.objects.visible_to(request.user).for_display(), pk=series_id)


def _visits(request: Request, series: Series) -> Any:
    rows = Appointment.objects.visible_to(request.user).for_display().filter(series=series)
    return rows.order_by("planned_day", "session_number")


def _visit_meant(request: Request, series: Series) -> Appointment:
    """Return the visit that the address names, or the next that has not begun."""
    rows = _visits(request, series).not_begun()
    named = request.GET.get("visit")
    visit = rows.filter(pk=as_uuid(named, "visit_id")).first() if named else rows.first()
    if visit is None:
        raise Http404
    return visit
