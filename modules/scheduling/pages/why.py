"""Why is this time not offered?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time

from modules.scheduling import selectors
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.pages.days import first_location
from tenancy.requests import Request
from webui.doors import page


@page("scheduling.run_visit")
def why(request: Request) -> HttpResponse:
    """Answer for a service, a practitioner or anybody, a day and a time, at the desk or online."""
    services = list(Service.objects.current().order_by("name"))
    service = _chosen(services, request.GET.get("service")) or (services[0] if services else None)
    practitioners = list(Practitioner.objects.current().filter(services=service).order_by("name")) if service else []
    practitioner = _chosen(practitioners, request.GET.get("practitioner"))
    moment, online = _moment(request), "online" in request.GET
    found = None
    if moment is not None and service is not None:
        wanted = selectors.Wanted((service,), practitioner_ids=_only(practitioner))
        asker = selectors.Asker.patient() if online else selectors.Asker.desk(any_time=True)
        found = selectors.obstacles(wanted=wanted, starts_at=moment, at=timezone.now(), asker=asker)
    context = {
        "services": services,
        "service": service,
        "practitioners": practitioners,
        "practitioner": practitioner,
        "moment": moment,
        "online": online,
        "found": found,
        "asked": request.GET,
    }
    status = 422 if moment is None and ("day" in request.GET or "time" in request.GET) else 200
    return render(request, "scheduling/why.html", context | {"incomplete": status == 422}, status=status)


def _only(practitioner: Any) -> frozenset[UUID] | None:
    return frozenset({practitioner.pk}) if practitioner else None


def _chosen(rows: list[Any], wanted: str | None) -> Any:
    return next((row for row in rows if str(row.pk) == wanted), None)


def _moment(request: Request) -> datetime | None:
    try:
        day, time = parse_date(request.GET.get("day", "")), parse_time(request.GET.get("time", ""))
    except ValueError:
        return None
    return datetime.combine(day, time, first_location().zone) if day and time else None
