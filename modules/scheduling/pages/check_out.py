"""After the visit: what is to pay, when they come again, what is still open."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from audit import recording as audit
from modules.crm import public as crm
from modules.scheduling import selectors, services
from modules.scheduling.models import Appointment
from modules.scheduling.selectors import Slot
from tenancy.requests import Request
from webui.doors import page

WEEKS = (1, 2, 3, 4, 6, 12)
SHOWN = 6
LOOK = timedelta(days=10)


@page("scheduling.run_visit")
def check_out(request: Request, appointment_id: UUID) -> HttpResponse:
    """The next visit is proposed with the same practitioner, so many weeks on."""
    visible = Appointment.objects.visible_to(request.user).for_display()
    appointment = get_object_or_404(visible, pk=appointment_id)
    weeks = _weeks(request)
    sees_notes = request.user.has_perm("crm.view_note")
    note = crm.note_of_visit(appointment.pk, seen_by=request.user) if sees_notes else None
    others = Appointment.objects.visible_to(request.user).exclude(pk=appointment.pk)  # this one may have begun early
    coming = others.for_display().holding_time().visits()
    chosen = {"patient": appointment.patient_id, "service": appointment.service_id}
    context = {
        "appointment": appointment,
        "patient": appointment.patient,
        "weeks": weeks,
        "choices": WEEKS,
        "slots": _proposed(appointment, weeks),
        "booked": coming.filter(patient=appointment.patient, period__startswith__gt=timezone.now()).in_order().first(),
        "booking": f"{reverse('scheduling:book')}?{urlencode(chosen)}",
        "sees_notes": sees_notes,
        "note_is_signed": note is not None and note.signed_at is not None,
    }
    audit.viewed(of=appointment, by=request.user)
    return render(request, "scheduling/check_out.html", context)


def _proposed(appointment: Appointment, weeks: int) -> list[Slot]:
    """Return the free times nearest to the same time of day, so many weeks on."""
    zone = appointment.location.zone
    like = appointment.starts_at.astimezone(zone).replace(tzinfo=None) + timedelta(weeks=weeks)
    middle = like.replace(tzinfo=zone)
    wanted = selectors.Wanted(
        services=services.services_of(appointment).all, practitioner_ids=frozenset({appointment.practitioner_id})
    )
    around = selectors.search_of_days(middle.date() - timedelta(days=2), middle.date() + LOOK, zone)
    found = selectors.find_slots(wanted=wanted, search=around, at=timezone.now(), asker=selectors.Asker.desk())
    return sorted(sorted(found, key=lambda slot: abs(slot.starts_at - middle))[:SHOWN], key=lambda slot: slot.starts_at)


def _weeks(request: Request) -> int:
    asked = request.GET.get("weeks", "")
    return int(asked) if asked.isdecimal() and int(asked) in WEEKS else WEEKS[0]
