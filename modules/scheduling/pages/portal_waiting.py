"""What patients wait for: join the list, see it, answer an offer, leave."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.hours import Offered
from modules.scheduling.models import Appointment, Offer, Service, WaitingEntry
from modules.scheduling.pages.days import first_location
from modules.scheduling.pages.waiting_forms import WaitForm, as_id
from modules.scheduling.selectors.waiting_words import wishes_in_words
from modules.scheduling.services.online.pace import count_booking
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("access.use_portal")
def waiting(request: Request) -> HttpResponse:
    rows = list(WaitingEntry.objects.visible_to(request.user).live().for_display().in_order())
    if chosen := crm.chosen_profile(request):
        rows = [entry for entry in rows if entry.patient_id == chosen]
    held = Offer.objects.held().filter(entry__in=[entry.pk for entry in rows]).for_display()
    offers = {offer.entry_id: offer for offer in held}
    audit.listed(what=WaitingEntry, subjects=[entry.patient_id for entry in rows], by=request.user)
    lines = [(entry, wishes_in_words(entry), offers.get(entry.pk)) for entry in rows]
    return render(request, "scheduling/portal_waiting.html", {"lines": lines, "back": "/my/"})


@page("access.use_portal")
def join(request: Request) -> HttpResponse:
    """Tell me if a time comes free: for a service, or earlier than a visit that is booked."""
    visit = _visit_asked_for(request)
    patients = crm.patients_of_account(request.user.pk)
    form = _form(request, of_visit=visit is not None)
    if request.method == "POST" and form.is_valid():
        try:
            count_booking(by=request.user)
            patient_id = as_id(request.POST.get("patient")) or (patients[0].id if len(patients) == 1 else None)
            known = {"patient_id": patient_id, "appointment_id": visit.pk if visit else None, "source": "portal"}
            services.add_entry(wait=form.wait(**known), by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("You are on the list. We write to you when a time is kept for you."))
            return redirect("scheduling:portal_waiting")
    audit.listed(what=WaitingEntry, subjects=[patient.id for patient in patients], by=request.user)
    context = {
        "form": form,
        "patients": patients,
        "visit": visit,
        "chosen": request.POST.get("patient") or str(crm.chosen_profile(request)),
        "back": "/my/",
    }
    return render(request, "scheduling/portal_wait.html", context, status=422 if form.is_bound else 200)


@action("access.use_portal")
def leaving(request: Request, waitingentry_id: UUID) -> HttpResponse:
    rows = WaitingEntry.objects.visible_to(request.user)
    services.withdraw_entry(entry=get_object_or_404(rows, pk=waitingentry_id), by=request.user, at=timezone.now())
    messages.success(request, _("You are off the list."))
    return redirect("scheduling:portal_waiting")


@action("access.use_portal")
def acceptance(request: Request, offer_id: UUID) -> HttpResponse:
    try:
        visit = services.accept_offer(offer=_offer(request, offer_id), by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("scheduling:portal_waiting")
    messages.success(request, _("Booked. A confirmation is on its way to your e-mail."))
    return redirect("scheduling:portal_visit", appointment_id=visit.pk)


@action("access.use_portal")
def refusal(request: Request, offer_id: UUID) -> HttpResponse:
    try:
        services.decline_offer(offer=_offer(request, offer_id), by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Declined. You stay on the list."))
    return redirect("scheduling:portal_waiting")


def _form(request: Request, *, of_visit: bool) -> WaitForm:
    return WaitForm(
        request.POST if request.method == "POST" else None,
        services=Service.objects.current().filter(offered=Offered.ONLINE).order_by("name"),
        today=timezone.localdate(timezone=first_location().zone),
        of_visit=of_visit,
        initial={"service": request.GET.get("service")} if request.GET.get("service") else {},
    )


def _visit_asked_for(request: Request) -> Appointment | None:
    appointment_id = as_id(request.POST.get("appointment") or request.GET.get("appointment"))
    if appointment_id is None:
        return None
    return get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)


def _offer(request: Request, offer_id: UUID) -> Offer:
    found = Offer.objects.about(WaitingEntry.objects.visible_to(request.user)).filter(pk=offer_id).first()
    if found is None:
        raise Http404
    return found
