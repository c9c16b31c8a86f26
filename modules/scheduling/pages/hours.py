"""When somebody works: the week, one that begins some day, and days that are different."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from modules.scheduling.domain.hours import Offered
from modules.scheduling.forms.hours import DayForm, WeekForm, most_stretches, week_values
from modules.scheduling.models import DayHours, Location, Practitioner, WorkingHours
from modules.scheduling.pages.days import first_location
from modules.scheduling.services.practice import hours
from modules.scheduling.services.practice.hours import Plan
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("scheduling.manage")
def week(request: Request, practitioner_id: UUID) -> HttpResponse:
    """One plan of somebody's week: the one of the address, or the one that holds longest."""
    known = _practitioner(practitioner_id)
    plans = _plans(known)
    wanted = _plan_of_address(request)
    chosen = next((each for each in plans if each["key"] == wanted), None) or (
        plans[0] if plans and not wanted else None
    )
    is_new = chosen is None or "new" in request.GET
    rows, plan = (chosen["rows"], chosen["plan"]) if chosen else ([], hours.ALWAYS)
    initial = week_values(rows, hours.ALWAYS if is_new and chosen else plan)
    form = WeekForm(request.POST or None, initial=initial, stretches=most_stretches(rows))
    location = chosen["location"] if chosen else _location(request)
    if not tried(
        form,
        lambda: hours.set_week(
            practitioner=known,
            location=location,
            week=form.week(),
            plan=form.plan(),
            instead_of=None if is_new else plan,
            ending_others=form.cleaned_data["ending_others"],
            by=request.user,
            at=timezone.now(),
        ),
    ):
        messages.success(request, _("The hours of %(name)s are saved.") % {"name": known.name})
        return redirect("scheduling:settings")
    context = _context(known, plans) | {"form": form, "is_new": is_new, "chosen": chosen, "location": location}
    return render(request, "scheduling/week.html", context, status=422 if form.is_bound else 200)


@page("scheduling.manage")
def day(request: Request, practitioner_id: UUID) -> HttpResponse:
    """Give one day hours of its own."""
    known = _practitioner(practitioner_id)
    form = DayForm(request.POST or None)
    if not tried(
        form,
        lambda: hours.set_day(
            practitioner=known,
            location=_location(request),
            day=form.cleaned_data["day"],
            stretches=form.stretches(),
            by=request.user,
            at=timezone.now(),
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("scheduling:day_hours", practitioner_id=known.pk)
    days = DayHours.objects.filter(practitioner=known, day__gte=timezone.now().date()).order_by("day", "starts")
    context = {"practitioner": known, "form": form, "days": _by_day(days)}
    return render(request, "scheduling/day_hours.html", context, status=422 if form.is_bound else 200)


@action("scheduling.manage")
def usual_day(request: Request, practitioner_id: UUID) -> HttpResponse:
    """Give a day its usual hours again."""
    known = _practitioner(practitioner_id)
    chosen = _day(request.POST.get("day"))
    if chosen is not None:
        hours.clear_day(practitioner=known, day=chosen, by=request.user, at=timezone.now())
        messages.success(request, _("That day has its usual hours again."))
    return redirect("scheduling:day_hours", practitioner_id=known.pk)


def _practitioner(practitioner_id: UUID) -> Practitioner:
    return get_object_or_404(Practitioner.objects.current(), pk=practitioner_id)


def _location(request: Request) -> Location:
    wanted = request.GET.get("location", "")
    return next((each for each in Location.objects.all() if str(each.pk) == wanted), None) or first_location()


def _plans(practitioner: Practitioner) -> list[dict[str, Any]]:
    """Return the plans of somebody's hours, those that always hold first, each with its rows."""
    plans: dict[str, dict[str, Any]] = {}
    rows: QuerySet[WorkingHours] = practitioner.hours.select_related("location").order_by("weekday", "starts")
    for row in rows:
        plan = Plan(row.valid_from, row.valid_until, row.every_weeks, row.offered)
        key = _key(plan, row.location_id)
        known = plans.setdefault(key, {"key": key, "plan": plan, "location": row.location, "rows": []})
        known["rows"].append(row)
    for each in plans.values():
        each["offered"] = each["rows"][0].get_offered_display()
    return sorted(plans.values(), key=_by_validity)


def _by_validity(each: dict[str, Any]) -> tuple[date, str]:
    return each["plan"].valid_from or date.min, each["key"]


def _key(plan: Plan, location_id: UUID | str) -> str:
    """Return the plan as the address of its page has it."""
    columns = {name: value for name, value in plan.columns.items() if value is not None}
    return urlencode({"location": location_id} | columns)


def _plan_of_address(request: Request) -> str:
    asked = request.GET
    if "offered" not in asked:
        return ""
    weeks = asked.get("every_weeks", "1")
    plan = Plan(
        _day(asked.get("valid_from")),
        _day(asked.get("valid_until")),
        int(weeks) if weeks.isdigit() else 1,
        asked.get("offered") or Offered.ONLINE.value,
    )
    return _key(plan, asked.get("location", ""))


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text or "")
    except ValueError:
        return None


def _context(practitioner: Practitioner, plans: list[dict[str, Any]]) -> dict[str, Any]:
    return {"practitioner": practitioner, "plans": plans, "locations": list(Location.objects.order_by("pk"))}


def _by_day(rows: QuerySet[DayHours]) -> list[tuple[date, list[DayHours]]]:
    days: dict[date, list[DayHours]] = {}
    for row in rows:
        days.setdefault(row.day, []).extend([row] if row.starts else [])
    return list(days.items())
