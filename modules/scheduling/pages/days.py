"""Today, and what all pages of days need."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date

from modules.scheduling.boards import today_board
from modules.scheduling.models import Appointment, Location
from modules.scheduling.selectors import search_of_days
from modules.scheduling.services.history import note_listed
from tenancy.requests import Request
from webui.doors import page


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


def first_location() -> Location:
    return Location.objects.order_by("pk")[0]


def day_asked_for(request: Request, *, default: date, name: str = "day") -> date:
    """Return the day in the address, or `default` for none or nonsense."""
    try:
        return parse_date(request.GET.get(name, "")) or default
    except ValueError:
        return default
