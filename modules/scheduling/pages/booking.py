"""Book a visit at the desk, and move one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from access.permissions import is_staff
from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import selectors, services
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Location, Practitioner, Service
from modules.scheduling.pages.days import day_asked_for, first_location
from modules.scheduling.pages.drawn import drawn_time
from modules.scheduling.services import Wish
from tenancy.requests import Request
from webui.doors import page

DAYS_SHOWN = 5
DAYS_AHEAD = 21


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
            messages.success(request, _("The visit is moved. A mail says so."))
            return redirect("scheduling:visit", appointment_id=appointment.pk)
    days = free_days(request, appointment.service, practitioner_id=None, ignoring=appointment.pk)
    context = {"appointment": appointment, "days": days, "problem": problem} | _paging(request)
    audit.viewed(of=appointment, by=request.user)
    return render(request, "scheduling/move.html", context, status=problem.status if problem else 200)


def _move(request: Request, appointment: Appointment) -> None:
    """Move a visit. What was only asked for is accepted by giving it another time."""
    to = services.Move(starts_at=slot_moment(request.POST), practitioner_id=_practitioner_of_slot(request.POST))
    by, at = request.user, timezone.now()
    if appointment.status == Status.REQUESTED:
        services.accept_request(appointment=appointment, to=to, by=by, at=at)
    else:
        services.move_appointment(appointment=appointment, to=to, by=by, at=at)


def _book(request: Request) -> HttpResponse:
    fields = request.POST
    try:
        appointment = services.book_appointment(wish=_wish(fields), by=request.user, at=timezone.now())
    except DomainError as error:
        context = _choices(request, fields) | {"problem": error, "values": fields}
        return render(request, "scheduling/book.html", context, status=error.status)
    when = timezone.localtime(appointment.starts_at)
    messages.success(request, _("Booked: %(when)s. A confirmation goes out.") % {"when": f"{when:%a %d %b, %H:%M}"})
    return redirect("scheduling:visit", appointment_id=appointment.pk)


def _wish(fields: Any) -> Wish:
    return Wish(
        service_id=as_uuid(fields.get("service"), "service_id"),
        patient_id=as_uuid(fields.get("patient"), "patient_id"),
        starts_at=slot_moment(fields),
        ends_at=_end_of_slot(fields),
        practitioner_id=_practitioner_of_slot(fields),
        room_id=_room_of_slot(fields),
        remark=fields.get("remark", "")[:500],
        source="desk",
    )


def _choices(request: Request, values: Any) -> dict[str, Any]:
    """Return what the booking form offers, given what has been chosen so far."""
    offered = list(Service.objects.current().prefetch_related("practitioners").order_by("name"))
    service = _chosen_service(offered, values)
    practitioners = list(service.practitioners.filter(ended_at=None).order_by("name")) if service else []
    chosen = next((p for p in practitioners if str(p.pk) == values.get("practitioner")), None)
    patient_id = values.get("patient")
    patient = crm.find_patient(as_uuid(patient_id, "patient_id"), seen_by=request.user) if patient_id else None
    days = free_days(request, service, practitioner_id=chosen.pk if chosen else None) if service else []
    return {
        "services": offered,
        "service": service,
        "practitioners": practitioners,
        "practitioner": chosen,
        "patient": patient,
        "patient_alert": patient.alert if patient else "",
        "days": days,
        "drawn": drawn_time(values, first_location()),
        "values": values,
    } | _paging(request)


def _chosen_service(offered: list[Service], values: Any) -> Service | None:
    """Return the service chosen; of none, the first that whoever was chosen performs."""
    chosen = [each for each in offered if str(each.pk) == values.get("service")]
    wanted = values.get("practitioner")
    performed = [each for each in offered if wanted in {str(who.pk) for who in each.practitioners.all()}]
    return next(iter([*chosen, *performed, *offered]), None)


def free_days(
    request: Request, service: Service, *, practitioner_id: UUID | None, ignoring: UUID | None = None
) -> list[tuple[date, list[dict[str, Any]]]]:
    """Return the next days that have free times, each with its times; one entry per time, with whom comes first."""
    location = first_location()
    first = _first_day(request, location)
    search = selectors.search_of_days(first, first + timedelta(days=DAYS_AHEAD), location.zone)
    wanted = selectors.Wanted(
        services=(service,),
        practitioner_ids=frozenset({practitioner_id}) if practitioner_id else None,
        ignoring=ignoring,
    )
    asker = selectors.Asker.desk() if is_staff(request.user) else selectors.Asker.patient()
    found = selectors.find_slots(wanted=wanted, search=search, at=timezone.now(), asker=asker)
    names = dict(Practitioner.objects.current().values_list("pk", "name"))
    by_day = groupby(found, key=lambda slot: slot.starts_at.date())
    return [(day, _times(slots, names)) for day, slots in by_day][:DAYS_SHOWN]


def _times(slots: Any, names: dict[UUID, str]) -> list[dict[str, Any]]:
    """Return one choice per start, with the first who is free then."""
    times: dict[float, dict[str, Any]] = {}  # by instant: an hour that the clocks repeat is two
    for slot in slots:
        if slot.starts_at.timestamp() not in times:
            value = f"{slot.starts_at.isoformat()}|{slot.practitioner_id}|{slot.room_id or ''}"
            times[slot.starts_at.timestamp()] = {
                "starts_at": slot.starts_at,
                "value": value,
                "with": names[slot.practitioner_id],
            }
    return list(times.values())


def _first_day(request: Request, location: Location) -> date:
    today = timezone.now().astimezone(location.zone).date()
    return max(day_asked_for(request, default=today, name="from"), today)


def _paging(request: Request) -> dict[str, Any]:
    location = first_location()
    first = _first_day(request, location)
    today = timezone.now().astimezone(location.zone).date()
    earlier = first - timedelta(days=7)
    return {
        "first_day": first,
        "earlier": max(earlier, today) if first > today else None,
        "later": first + timedelta(days=7),
    }


def slot_moment(fields: Any) -> datetime:
    """Return the start that was chosen. Raises `CannotBook` if none was."""
    text = fields.get("slot", "").split("|")[0]
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        sentence = _("Choose a time.")
        raise services.CannotBook(sentence, fields={"slot": [sentence]})
    return moment


def _practitioner_of_slot(fields: Any) -> UUID | None:
    parts = fields.get("slot", "").split("|")
    return as_uuid(parts[1], "practitioner_id") if len(parts) > 1 and parts[1] else None


def _room_of_slot(fields: Any) -> UUID | None:
    parts = fields.get("slot", "").split("|")
    return as_uuid(parts[2], "room_id") if len(parts) > 2 and parts[2] else None


def _end_of_slot(fields: Any) -> datetime | None:
    """Return until when, if a length was drawn in the calendar; else the service says how long it takes."""
    parts = fields.get("slot", "").split("|")
    try:
        moment = parse_datetime(parts[3]) if len(parts) > 3 and parts[3] else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def as_uuid(text: Any, field: str) -> UUID:
    """Read an id that came with a form. Raises `CannotBook`."""
    try:
        return UUID(str(text))
    except ValueError:
        sentence = {"patient_id": _("Say whom the visit is for."), "service_id": _("Choose a service.")}.get(
            field, _("Choose a time.")
        )
        raise services.CannotBook(sentence, fields={field: [sentence]}) from None
