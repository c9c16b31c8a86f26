"""Today, and the calendar."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date

from modules.scheduling.boards import calendar_grid, today_board
from modules.scheduling.models import Appointment, Location
from modules.scheduling.selectors import search_of_days
from modules.scheduling.services.history import note_listed
from tenancy.requests import Request
from webui.doors import page

WEEK_DAYS = 7


@page("scheduling.run_visit")
def today(request: Request) -> HttpResponse:
    location = first_location()
    now = timezone.now()
    day = now.astimezone(location.zone).date()
    search = search_of_days(day, day, location.zone)
    rows = Appointment.objects.visible_to(request.user).for_display().within(search.start, search.end)
    visits, is_refresh = list(rows.in_order()), request.htmx and not request.htmx.boosted
    if not is_refresh:  # the board asks again every few seconds, for the same eyes
        note_listed(visits, by=request.user)
    board = today_board(visits, day=day, at=now)
    template = "scheduling/today.html" + ("#board" if is_refresh else "")
    return render(request, template, {"board": board, "location": location, "now": now})


@page("scheduling.run_visit")
def calendar(request: Request) -> HttpResponse:
    location = first_location()
    now = timezone.now()
    view = "week" if request.GET.get("view") == "week" else "day"
    day = day_asked_for(request, default=now.astimezone(location.zone).date())
    first, last = _span(day, view)
    grid = calendar_grid(first=first, last=last, user=request.user, location=location, at=now)
    note_listed((visit for shown in grid.days for visit in shown.agenda), by=request.user)
    step = timedelta(days=7 if view == "week" else 1)
    context = {
        "grid": grid,
        "day": day,
        "view": view,
        "first": grid.days[0].day,
        "last": grid.days[-1].day,
        "before": day - step,
        "after": day + step,
        "now": now,
        "location": location,
    }
    return render(request, "scheduling/calendar.html", context)


def first_location() -> Location:
    return Location.objects.order_by("pk")[0]


def day_asked_for(request: Request, *, default: date, name: str = "day") -> date:
    """Return the day in the address, or `default` for none or nonsense."""
    try:
        return parse_date(request.GET.get(name, "")) or default
    except ValueError:
        return default


def _span(day: date, view: str) -> tuple[date, date]:
    if view == "day":
        return day, day
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=WEEK_DAYS - 1)
