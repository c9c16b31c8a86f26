"""What all pages of days need."""

from __future__ import annotations

from datetime import date

from django.utils.dateparse import parse_date

from modules.scheduling.models import Location
from tenancy.requests import Request


def first_location() -> Location:
    return Location.objects.order_by("pk")[0]


def day_asked_for(request: Request, *, default: date, name: str = "day") -> date:
    """Return the day in the address, or `default` for none or nonsense."""
    try:
        return parse_date(request.GET.get(name, "")) or default
    except ValueError:
        return default
