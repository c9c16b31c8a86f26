"""What patients do with their visits themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from kernel.limits import TooMany
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.states import Status
from modules.scheduling.gateways.deposits import deposit_due, terms_of
from modules.scheduling.gateways.video import video_url_of
from modules.scheduling.invitation import calendar_file
from modules.scheduling.models import Appointment, Service
from modules.scheduling.pages.chosen import slot_moment, wish_in
from modules.scheduling.pages.free_times import free_days, paging
from modules.scheduling.pages.package_choices import own_packages_to_choose
from modules.scheduling.services.online.pace import count_booking
from tenancy.requests import Request
from webui.doors import action, page


@page("access.use_portal")
def book(request: Request) -> HttpResponse:
    """Visit, time, confirm: each step is an address."""
    offered = list(Service.objects.current().filter(offered="ONLINE", places=None).order_by("name"))
    values = request.POST if request.method == "POST" else request.GET
    service = next((each for each in offered if str(each.pk) == values.get("service")), None)
    patients = crm.patients_of_account(request.user.pk)
    problem = None
    if request.method == "POST" and service is not None:
        try:
            count_booking(by=request.user)
            appointment = services.book_appointment(
                wish=_portal_wish(values, patients), by=request.user, at=timezone.now()
            )
        except DomainError as error:
            problem = error
        else:
            messages.success(request, _done(appointment))
            return redirect("scheduling:portal_visit", appointment_id=appointment.pk)
    audit.listed(what=Appointment, subjects=[patient.id for patient in patients], by=request.user)
    context = {
        "services": offered,
        "service": service,
        "patients": patients,
        "days": free_days(request, [service], practitioner_id=None) if service else [],
        "problem": problem,
        "terms": terms_of([service]) if service else None,
        "values": values,
        "chosen": values.get("patient") or str(crm.chosen_profile(request)),
        "back": request.path if service else "",
    } | paging(request)
    context |= own_packages_to_choose(request, [patient.id for patient in patients], values) if service else {}
    response = render(request, "scheduling/portal_book.html", context, status=problem.status if problem else 200)
    if isinstance(problem, TooMany):
        response["Retry-After"] = str(problem.retry_after)
    return response


def _done(appointment: Appointment) -> str:
    if appointment.status == Status.RESERVED:
        return _("Reserved. It is booked as soon as the deposit is paid.")
    if appointment.is_provisional:
        return _("You asked for this time. The practice answers by e-mail.")
    return _("Booked. A confirmation is on its way to your e-mail.")


def _portal_wish(values: Any, patients: list[crm.PatientCard]) -> services.Wish:
    fields = values.copy()
    if not fields.get("patient") and len(patients) == 1:
        fields["patient"] = str(patients[0].id)
    return wish_in(fields, source="portal")


@page("access.use_portal")
def visit(request: Request, appointment_id: UUID) -> HttpResponse:
    appointment = _own(request, appointment_id)
    audit.viewed(of=appointment, by=request.user)
    return render(request, "scheduling/portal_visit.html", _context(request, appointment))


@page("access.use_portal")
def move(request: Request, appointment_id: UUID) -> HttpResponse:
    appointment = _own(request, appointment_id)
    problem = None
    if request.method == "POST":
        try:
            services.move_appointment(
                appointment=appointment,
                to=services.Move(starts_at=slot_moment(request.POST)),
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            problem = error
        else:
            messages.success(request, _("Moved. A mail with the new time is on its way."))
            return redirect("scheduling:portal_visit", appointment_id=appointment.pk)
    audit.viewed(of=appointment, by=request.user)
    done = services.services_of(appointment).all
    days = free_days(request, done, practitioner_id=appointment.practitioner_id, ignoring=appointment.pk)
    context = _context(request, appointment) | {"days": days, "problem": problem} | paging(request)
    return render(request, "scheduling/portal_move.html", context, status=problem.status if problem else 200)


@action("access.use_portal")
def cancellation(request: Request, appointment_id: UUID) -> HttpResponse:
    appointment = _own(request, appointment_id)
    services.cancel_appointment(
        appointment=appointment, cancellation=services.CallOff(), by=request.user, at=timezone.now()
    )
    messages.success(request, _("Cancelled. The time is free for somebody else."))
    return redirect("scheduling:portal_visit", appointment_id=appointment.pk)


@page("access.use_portal")
def calendar(request: Request, appointment_id: UUID) -> HttpResponse:
    appointment = _own(request, appointment_id)
    audit.viewed(of=appointment, by=request.user)
    content = calendar_file(appointment, at=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="visit.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


def _own(request: Request, appointment_id: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)


def _context(request: Request, appointment: Appointment) -> dict[str, Any]:
    try:
        services.check_notice(appointment, by=request.user, at=timezone.now())
        may_change, may_cancel = appointment.is_not_begun, appointment.is_not_begun or _is_kept(appointment)
    except services.NoticeTooShort:
        may_change, may_cancel = False, False
    video_url = video_url_of(appointment)
    return {
        "appointment": appointment,
        "may_change": may_change,
        "may_cancel": may_cancel,
        "video_url": video_url,
        "deposit": deposit_due(appointment),
        "back": "/my/",
    }


def _is_kept(appointment: Appointment) -> bool:
    return appointment.status in {Status.REQUESTED, Status.RESERVED}
