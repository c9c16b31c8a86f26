"""Book a visit at the desk, and move one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.states import Status
from modules.scheduling.gateways.deposits import terms_of
from modules.scheduling.models import Appointment, Service
from modules.scheduling.pages.chosen import as_uuid, practitioner_of_slot, slot_moment, tell_in, wish_in
from modules.scheduling.pages.days import first_location
from modules.scheduling.pages.drawn import drawn_time
from modules.scheduling.pages.free_times import free_days, paging
from modules.scheduling.pages.package_choices import packages_to_choose
from tenancy.requests import Request
from webui.doors import page


@page("scheduling.run_visit")
def book(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _book(request)
    context = _choices(request, request.GET)
    if context["patient"] is not None:
        audit.listed(what=Appointment, subjects=[context["patient"].id], by=request.user)
    return render(request, "scheduling/book.html", context)


@page("scheduling.run_visit")
def slots(request: Request) -> HttpResponse:
    """The free times, for a form that is being filled in."""
    return render(request, "scheduling/slots.html", _choices(request, request.GET))


@page("scheduling.book")
def package_choice(request: Request) -> HttpResponse:
    """What the visit can be paid from, for a form that is being filled in."""
    context = packages_to_choose(request, request.GET)
    if context.get("packages"):
        audit.listed(what=Appointment, subjects=[context["packages"][0].patient_id], by=request.user)
    return render(request, "scheduling/package_choice.html", context)


@page("scheduling.run_visit")
def move(request: Request, appointment_id: UUID) -> HttpResponse:
    visible = Appointment.objects.visible_to(request.user).for_display()
    appointment = get_object_or_404(visible, pk=appointment_id)
    problem = None
    if request.method == "POST":
        try:
            _move(request, appointment)
        except DomainError as error:
            problem = error
        else:
            messages.success(request, _("The visit is moved."))
            return redirect("scheduling:visit", appointment_id=appointment.pk)
    done = services.services_of(appointment)
    days = free_days(request, done.all, practitioner_id=None, ignoring=appointment.pk)
    context = {
        "appointment": appointment,
        "days": days,
        "problem": problem,
        "values": request.POST,
        "may_override": _may_override(request, problem),
    } | paging(request)
    audit.viewed(of=appointment, by=request.user)
    return render(request, "scheduling/move.html", context, status=problem.status if problem else 200)


def _move(request: Request, appointment: Appointment) -> None:
    """Move a visit. What was only asked for is accepted by giving it another time."""
    to = services.Move(
        starts_at=slot_moment(request.POST),
        practitioner_id=practitioner_of_slot(request.POST),
        override=request.POST.get("override", "")[:200],
        tell=tell_in(request.POST),
    )
    by, at = request.user, timezone.now()
    if appointment.status == Status.REQUESTED:
        services.accept_request(appointment=appointment, to=to, by=by, at=at)
    else:
        services.move_appointment(appointment=appointment, to=to, by=by, at=at)


def _book(request: Request) -> HttpResponse:
    fields = request.POST
    try:
        wish = replace(wish_in(fields, source="desk"), tell=tell_in(fields), override=fields.get("override", "")[:200])
        wish = replace(wish, deposit="deposit" in fields)
        appointment = services.book_appointment(wish=wish, by=request.user, at=timezone.now())
    except DomainError as error:
        context = _choices(request, fields) | {"problem": error, "may_override": _may_override(request, error)}
        return render(request, "scheduling/book.html", context, status=error.status)
    words = {
        "who": appointment.practitioner.name,
        "when": f"{appointment.starts_at.astimezone(appointment.location.zone):%a %d %b, %H:%M}",
    }
    is_reserved = appointment.status == Status.RESERVED
    told = (
        _("Reserved until the deposit is paid: %(when)s, with %(who)s.")
        if is_reserved
        else _("Booked: %(when)s, with %(who)s.")
    )
    messages.success(request, told % words)
    return redirect("scheduling:visit", appointment_id=appointment.pk)


def _may_override(request: Request, problem: DomainError | None) -> bool:
    """Test whether a refusal is one that a reason sets aside, and this the one who may."""
    return isinstance(problem, services.SlotTaken) and request.user.has_perm("scheduling.override")


def _choices(request: Request, values: Any) -> dict[str, Any]:
    """Return what the booking form offers, given what has been chosen so far."""
    offered = list(Service.objects.current().filter(places=None).prefetch_related("practitioners").order_by("name"))
    service = _chosen_service(offered, values)
    practitioners = list(service.practitioners.filter(ended_at=None).order_by("name")) if service else []
    chosen = next((p for p in practitioners if str(p.pk) == values.get("practitioner")), None)
    patient_id = values.get("patient")
    patient = crm.find_patient(as_uuid(patient_id, "patient_id"), seen_by=request.user) if patient_id else None
    further = [each for each in offered if str(each.pk) in values.getlist("further") and each != service]
    done = [service, *further] if service else []
    days = free_days(request, done, practitioner_id=chosen.pk if chosen else None, wishes=values) if done else []
    return (
        {
            "services": offered,
            "service": service,
            "further": further,
            "weekdays": [
                (str(number), name, str(number) in values.getlist("weekday")) for number, name in WEEKDAYS_ABBR.items()
            ],
            "notify": "notify" in values or request.method == "GET",
            "practitioners": practitioners,
            "practitioner": chosen,
            "patient": patient,
            "lapsed": _lapsed(request, patient),
            "days": days,
            "terms": terms_of(done) if done else None,
            "drawn": drawn_time(values, first_location()),
            "may_offer": request.user.has_perm("scheduling.offer_time"),
            "values": values,
        }
        | paging(request)
        | packages_to_choose(request, values)
    )


def _lapsed(request: Request, patient: crm.PatientCard | None) -> crm.Lapsed | None:
    """Return the insurance of whoever is booked, if it is over."""
    if patient is None:
        return None
    return crm.coverages_lapsed([patient.id], on=timezone.localdate(), seen_by=request.user).get(patient.id)


def _chosen_service(offered: list[Service], values: Any) -> Service | None:
    """Return the service chosen; of none, the first that whoever was chosen performs."""
    chosen = [each for each in offered if str(each.pk) == values.get("service")]
    wanted = values.get("practitioner")
    performed = [each for each in offered if wanted in {str(who.pk) for who in each.practitioners.all()}]
    return next(iter([*chosen, *performed, *offered]), None)
