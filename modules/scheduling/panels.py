"""What the calendar shows on other modules' pages."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.explaining import Onlooker, who_may
from audit import recording as audit
from kernel.modules import Found
from modules.crm import public as crm
from modules.scheduling.models import Appointment, Offer, WaitingEntry
from modules.scheduling.services.visits import deaths
from tenancy.requests import Request
from webui.templatetags.ui import clock, day

SHOWN = 8
FOUND = 5


def visits_of_patient(request: Request, patient: Any) -> str:
    """The visits of one patient: those to come, then the last ones."""
    rows = Appointment.objects.visible_to(request.user).visits().for_display().filter(patient=patient)
    now = timezone.now()
    context = {
        "patient": patient,
        "coming": rows.filter(period__endswith__gt=now).holding_or_missed().in_order()[:SHOWN],
        "past": rows.filter(period__endswith__lte=now).order_by("-period")[:SHOWN],
    }
    return render_to_string("scheduling/panel_visits.html", context, request)


def visits_in_short(request: Request, patient: Any) -> str:
    """The visit before now and the one after it, in the summary of a record."""
    rows = Appointment.objects.visible_to(request.user).visits().for_display().filter(patient=patient)
    now = timezone.now()
    context = {
        "last": rows.filter(period__endswith__lte=now).holding_time().order_by("-period").first(),
        "next": rows.filter(period__endswith__gt=now).holding_time().in_order().first(),
    }
    return render_to_string("scheduling/panel_summary.html", context, request)


def visits_that_would_end(request: Request, patient: Any) -> str:
    """What a death calls off: the visits to come, of which whoever looks sees those that they may see."""
    coming = deaths.visits_to_come(patient.pk, at=timezone.now())
    rows = Appointment.objects.visible_to(request.user).filter(pk__in=[each.pk for each in coming])
    seen = set(rows.values_list("pk", flat=True))
    context = {"visits": [each for each in coming if each.pk in seen], "others": len(coming) - len(seen)}
    return render_to_string("scheduling/panel_death.html", context, request)


def visits_of_episode(request: Request, episode: Any) -> str:
    """The visits of an episode of care that whoever looks may see."""
    rows = Appointment.objects.visible_to(request.user).for_display().filter(episode=episode.pk)
    return render_to_string("scheduling/panel_episode.html", {"visits": rows.order_by("-period")[:50]}, request)


def find_visits(text: str, *, people: Collection[UUID], by: Any, at: datetime) -> list[Found]:
    """Return the next visits of the people meant, or the one visit whose id was given."""
    coming = Appointment.objects.visible_to(by).visits().for_display().holding_or_missed()
    wanted = Q(pk=booking) if (booking := _id_in(text)) else Q(patient__in=people, period__endswith__gt=at)
    found = list(coming.filter(wanted).in_order()[:FOUND])
    audit.listed(what=Appointment, subjects=[visit.patient_id for visit in found], by=by)
    return [_found(visit) for visit in found]


def _found(visit: Appointment) -> Found:
    when = f"{day(visit.starts_at)}, {clock(visit.starts_at)}"
    summary = f"{when} · {visit.service.name}"
    return Found(visit.patient.name, summary, reverse("scheduling:visit", args=[visit.pk]), "calendar-days")


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def book_for_patient(request: Request, patient: Any) -> str:
    if not patient.is_active or crm.is_only_lent(patient.pk, to=request.user):
        return ""
    return render_to_string("scheduling/panel_book.html", {"patient": patient}, request)


def requests_waiting(request: Request, board: Any) -> str:
    """How many visits were asked for that wait for an answer."""
    rows = Appointment.objects.visible_to(request.user).waiting_for_an_answer(timezone.now())
    return render_to_string("scheduling/panel_requests.html", {"waiting": rows.count()}, request)


def wait_for_patient(request: Request, patient: Any) -> str:
    if not patient.is_active:
        return ""
    return render_to_string("scheduling/panel_wait.html", {"patient": patient}, request)


def who_fits(request: Request, gap: Any) -> str:
    return render_to_string("scheduling/panel_who_fits.html", {"gap": gap}, request)


def wait_of_visit(request: Request, appointment: Any) -> str:
    """To have it earlier, while it is to come; who could take its time, once it is cancelled."""
    if appointment.starts_at <= timezone.now():
        return ""
    context = {"appointment": appointment, "entry": WaitingEntry.objects.live().filter(appointment=appointment).first()}
    return render_to_string("scheduling/panel_wait_of_visit.html", context, request)


def offered_to_them(request: Request, patients: Any) -> str:
    """What is kept for them, and what they wait for, on the portal's home."""
    entries = WaitingEntry.objects.visible_to(request.user).live().filter(patient__in=patients)
    held = Offer.objects.held().filter(expires_at__gt=timezone.now()).about(entries).for_display()
    context = {"offers": list(held), "waiting": entries.exists()}
    return render_to_string("scheduling/panel_offered.html", context, request)


def next_visit(request: Request, patients: Any) -> str:
    """The next visit on the portal's home, and the few after it."""
    if not patients:
        return ""
    rows = Appointment.objects.visible_to(request.user).visits().for_display().filter(patient__in=patients)
    now = timezone.now()
    coming = list(rows.filter(period__endswith__gt=now).holding_time().in_order()[:4])
    context = {
        "next": coming[0] if coming else None,
        "later": coming[1:],
        "several": len(patients) > 1,
    }
    return render_to_string("scheduling/panel_next_visit.html", context, request)


def past_visits(request: Request, patients: Any) -> str:
    rows = Appointment.objects.visible_to(request.user).visits().for_display().filter(patient__in=patients)
    past = rows.filter(period__endswith__lte=timezone.now()).order_by("-period")[:5]
    context = {"past": past, "several": len(patients) > 1}
    return render_to_string("scheduling/panel_past_visits.html", context, request)


def onlookers(thing: Any) -> Iterator[Onlooker]:
    """Yield those who see a patient's visits, which tell their name, whether or not they see the record."""
    if thing._meta.label != "crm.Patient":
        return
    visits = Appointment.objects.filter(patient=thing).select_related("practitioner", "patient__client")
    one_of_each = visits.order_by("practitioner", "-period").distinct("practitioner")
    for answer in who_may("scheduling.view_appointment", *one_of_each):
        yield Onlooker(
            user_id=answer.user_id, name=answer.name, what=_("Sees visits in the calendar"), why=answer.right.why
        )
