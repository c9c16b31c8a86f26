"""One visit, behind the link in a mail: see it, move it, cancel it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.scheduling import services
from modules.scheduling.gateways.deposits import deposit_due
from modules.scheduling.models import Appointment
from modules.scheduling.pages.online.choices import wanted_of, week_of
from modules.scheduling.pages.online.steps import chosen_time
from modules.scheduling.services import CannotBook, Visitor
from modules.scheduling.services.online import pace
from modules.scheduling.services.online.links import find_visit, standing_of
from tenancy.requests import Request
from webui.doors import open_page

WHY_OPEN = "the link is the key: whoever has the mail may see, move and cancel this one visit"


@open_page(WHY_OPEN)
def visit(request: Request, secret: str) -> HttpResponse:
    appointment = _behind(request, secret)
    audit.viewed(of=appointment, by=None, how="viewed_by_link")
    return _show(request, "scheduling/online/by_link.html", appointment, secret)


@open_page(WHY_OPEN)
def move(request: Request, secret: str) -> HttpResponse:
    """Other times for the same, with the same person."""
    appointment = _behind(request, secret)
    problem = None
    if request.method == "POST":
        try:
            return _move(request, appointment, secret)
        except DomainError as error:
            problem = error
    audit.viewed(of=appointment, by=None, how="viewed_by_link")
    return _show(request, "scheduling/online/move.html", appointment, secret, problem=problem)


@open_page(WHY_OPEN)
def cancellation(request: Request, secret: str) -> HttpResponse:
    appointment = _behind(request, secret)
    problem = None
    if request.method == "POST":
        try:
            services.cancel_appointment(
                appointment=appointment, cancellation=services.CallOff(), by=Visitor(), at=timezone.now()
            )
        except DomainError as error:
            problem = error
        else:
            messages.success(request, _("Cancelled. The time is free for somebody else."))
            return redirect("scheduling:by_link", secret)
    audit.viewed(of=appointment, by=None, how="viewed_by_link")
    return _show(request, "scheduling/online/cancel.html", appointment, secret, problem=problem)


def _move(request: Request, appointment: Appointment, secret: str) -> HttpResponse:
    starts_at, practitioner_id = chosen_time(request.POST)
    if starts_at is None:
        raise CannotBook(_("Choose a time."))
    services.move_appointment(
        appointment=appointment,
        to=services.Move(starts_at=starts_at, practitioner_id=practitioner_id),
        by=Visitor(),
        at=timezone.now(),
    )
    messages.success(request, _("Moved. A mail with the new time is on its way."))
    return redirect("scheduling:by_link", secret)


def _show(
    request: Request, template: str, appointment: Appointment, secret: str, problem: DomainError | None = None
) -> HttpResponse:
    now, location = timezone.now(), appointment.location
    with timezone.override(location.zone):
        context: dict[str, Any] = {
            "appointment": appointment,
            "location": location,
            "secret": secret,
            "problem": problem,
            "deposit": deposit_due(appointment),
            **asdict(standing_of(appointment, at=now)),
        }
        if template.endswith("move.html"):
            wanted = wanted_of(appointment.service, appointment.practitioner, "", location)
            context["week"] = week_of(wanted, location, request.GET, at=now)
        response = render(request, template, context, status=problem.status if problem else 200)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _behind(request: Request, secret: str) -> Appointment:
    pace.count_look_by_link(secret=secret)
    appointment = find_visit(secret=secret, at=timezone.now())
    if appointment is None:
        pace.count_guessed_link(ip=request.ip)
        raise Http404
    return appointment
