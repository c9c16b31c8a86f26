"""The waiting list at the desk: who waits, who fits a gap, where somebody could go, and what was offered."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import (
    PRIORITY_LABELS,
    Appointment,
    EntryState,
    Offer,
    Practitioner,
    Service,
    WaitingEntry,
)
from modules.scheduling.pages.days import first_location
from modules.scheduling.pages.waiting_forms import DeskWaitForm, PriorityForm, RulesForm, WaitForm, as_id
from modules.scheduling.selectors.waiting import Fit, where_could_go, who_fits
from modules.scheduling.selectors.waiting_words import reasons_in_words, wishes_in_words
from modules.scheduling.services.waiting.gaps import offer_by_hand, read_gap
from modules.scheduling.services.waiting.offering import rules_of
from modules.scheduling.services.waiting.rules import set_rules
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal

A_PAGE = 50


@page("scheduling.view_waiting")
def waiting(request: Request) -> HttpResponse:
    rows = WaitingEntry.objects.visible_to(request.user).for_display()
    rows = rows.filter(state=EntryState.BOOKED) if request.GET.get("state") == "booked" else rows.live()
    service, practitioner = as_id(request.GET.get("service")), as_id(request.GET.get("practitioner"))
    if service:
        rows = rows.filter(service_id=service)
    if practitioner:
        rows = rows.filter(practitioners=practitioner)
    if request.GET.get("priority") in Priority.__members__:
        rows = rows.filter(priority=request.GET["priority"])
    shown = Paginator(rows.in_order(), A_PAGE).get_page(request.GET.get("page"))
    held = Offer.objects.held().filter(entry__in=[entry.pk for entry in shown]).for_display()
    audit.listed(what=WaitingEntry, subjects=[entry.patient_id for entry in shown], by=request.user)
    offers = {offer.entry_id: offer for offer in held}
    context = {
        "entries": shown,
        "flagged": crm.flags_of([each.patient_id for each in shown], seen_by=request.user, at=timezone.now()),
        "lines": [_line(entry, offers.get(entry.pk)) for entry in shown],
        "services": Service.objects.current().order_by("name"),
        "practitioners": Practitioner.objects.current().order_by("name"),
        "priorities": PRIORITY_LABELS.items(),
        "wanted": request.GET,
        "may_offer": request.user.has_perm("scheduling.offer_time"),
        "today": timezone.localdate(timezone=first_location().zone),
    }
    return render(request, "scheduling/waiting.html", context)


@page("scheduling.join_waiting")
def add(request: Request) -> HttpResponse:
    """Put somebody on the list: for a service, or to have a visit earlier."""
    visit = _visit_asked_for(request)
    patient_id = visit.patient_id if visit else as_id(request.POST.get("patient") or request.GET.get("patient"))
    patient = crm.find_patient(patient_id, seen_by=request.user) if patient_id else None
    form = _form(request, of_visit=visit is not None)
    if request.method == "POST" and form.is_valid():
        known = {"patient_id": patient.id if patient else None, "appointment_id": visit.pk if visit else None}
        try:
            entry = services.add_entry(wait=form.wait(**known), by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("On the waiting list. They hear by mail when a time is kept for them."))
            return redirect("scheduling:waiting_entry", waitingentry_id=entry.pk)
    if patient is not None:
        audit.listed(what=WaitingEntry, subjects=[patient.id], by=request.user)
    context = {"form": form, "patient": patient, "visit": visit}
    return render(request, "scheduling/wait.html", context, status=422 if form.is_bound else 200)


@page("scheduling.view_waiting")
def entry(request: Request, waitingentry_id: UUID) -> HttpResponse:
    return _show(request, _visible(request, waitingentry_id))


@action("scheduling.offer_time")
def priority(request: Request, waitingentry_id: UUID) -> HttpResponse:
    entry, form = _visible(request, waitingentry_id), PriorityForm(request.POST)
    if form.is_valid():
        wanted = {"priority": Priority(form.cleaned_data["priority"]), "reason": form.cleaned_data["priority_reason"]}
        try:
            services.prioritise_entry(entry=entry, **wanted, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            return redirect("scheduling:waiting_entry", waitingentry_id=entry.pk)
    return _show(request, entry, form=form, status=422)


@action("scheduling.join_waiting")
def withdrawal(request: Request, waitingentry_id: UUID) -> HttpResponse:
    services.withdraw_entry(entry=_visible(request, waitingentry_id), by=request.user, at=timezone.now())
    messages.success(request, _("Taken off the waiting list."))
    return redirect("scheduling:waiting")


@action("scheduling.offer_time")
def offer(request: Request, waitingentry_id: UUID) -> HttpResponse:
    """Offer the time that was chosen, as `moment|practitioner`."""
    entry = _visible(request, waitingentry_id)
    moment, practitioner_id = _chosen(request.POST.get("slot", ""))
    try:
        if moment is None or practitioner_id is None:
            raise services.CannotWait(_("Choose a time."))
        offer_by_hand(
            entry=entry, starts_at=moment, practitioner_id=practitioner_id, by=request.user, at=timezone.now()
        )
    except DomainError as error:
        return _show(request, entry, problem=error, status=error.status)
    messages.success(request, _("The time is kept for them, and a mail says so."))
    return redirect("scheduling:waiting_entry", waitingentry_id=entry.pk)


@page("scheduling.offer_time")
def gap(request: Request) -> HttpResponse:
    """Who could take the time in the address?"""
    context: dict[str, Any] = {
        "practitioners": Practitioner.objects.current().order_by("name"),
        "values": request.GET,
        "today": timezone.localdate(timezone=first_location().zone),
    }
    if "day" in request.GET:
        try:
            found = who_fits(_gap_asked_for(request), at=timezone.now())
        except DomainError as error:
            return render(request, "scheduling/gap.html", context | {"problem": error}, status=error.status)
        audit.listed(what=WaitingEntry, subjects=[fit.entry.patient_id for fit in found], by=request.user)
        context["fits"] = [(fit, reasons_in_words(fit.match.reasons)) for fit in found]
    return render(request, "scheduling/gap.html", context)


@action("scheduling.join_waiting")
def acceptance(request: Request, offer_id: UUID) -> HttpResponse:
    """They said yes on the telephone."""
    visit = services.accept_offer(offer=_offer(request, offer_id), by=request.user, at=timezone.now())
    messages.success(request, _("Booked. A confirmation goes out."))
    return redirect("scheduling:visit", appointment_id=visit.pk)


@action("scheduling.join_waiting")
def refusal(request: Request, offer_id: UUID) -> HttpResponse:
    offer = services.decline_offer(offer=_offer(request, offer_id), by=request.user, at=timezone.now())
    messages.success(request, _("Declined. The next on the list is asked."))
    return redirect("scheduling:waiting_entry", waitingentry_id=offer.entry_id)


@action("scheduling.offer_time")
def taking_back(request: Request, offer_id: UUID) -> HttpResponse:
    offer = services.withdraw_offer(offer=_offer(request, offer_id), by=request.user, at=timezone.now())
    messages.success(request, _("Taken back. A mail says so."))
    return redirect("scheduling:waiting_entry", waitingentry_id=offer.entry_id)


@page("scheduling.manage")
def rules(request: Request) -> HttpResponse:
    location = first_location()
    known = rules_of(location.pk)
    names = ("fills_itself", "offer_minutes", "quiet_from", "quiet_until")
    form = RulesForm(request.POST or None, initial={name: getattr(known, name) for name in names})
    if request.method == "POST" and form.is_valid():
        set_rules(location=location, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("scheduling:waiting_rules")
    return render(request, "scheduling/waiting_rules.html", {"form": form}, status=422 if form.is_bound else 200)


def _show(
    request: Request,
    entry: WaitingEntry,
    *,
    form: PriorityForm | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    may_offer = request.user.has_perm("scheduling.offer_time") and entry.state == EntryState.WAITING
    found = where_could_go(entry, at=now) if may_offer else []
    initial = {"priority": entry.priority, "priority_reason": entry.priority_reason}
    offers = Offer.objects.filter(entry=entry).for_display().order_by("-sent_at")
    audit.viewed(of=entry, by=request.user)
    context = {
        "entry": entry,
        "wishes": wishes_in_words(entry),
        "priority_label": PRIORITY_LABELS[Priority(entry.priority)],
        "form": form or PriorityForm(initial=initial),
        "days": _days(found),
        "offers": [(each, reasons_in_words(each.reasons)) for each in offers],
        "may_offer": may_offer,
        "may_change": request.user.has_perm("scheduling.join_waiting"),
        "may_prioritise": request.user.has_perm("scheduling.offer_time") and entry.is_live,
        "problem": problem,
        "now": now,
    }
    return render(request, "scheduling/waiting_entry.html", context, status=status)


def _days(found: list[Fit]) -> list[tuple[date, str, list[Fit]]]:
    """Return the times to choose from, by day and by whom they are with."""
    names = dict(Practitioner.objects.values_list("pk", "name")) if found else {}
    groups: dict[tuple[date, str], list[Fit]] = {}
    for fit in found:
        opening = fit.match.opening
        groups.setdefault((opening.starts_at.date(), names[opening.practitioner]), []).append(fit)
    return [(*group, fits) for group, fits in groups.items()]


def _line(entry: WaitingEntry, offer: Offer | None) -> dict[str, Any]:
    return {
        "entry": entry,
        "wishes": wishes_in_words(entry),
        "priority": PRIORITY_LABELS[Priority(entry.priority)],
        "offer": offer,
        "reasons": reasons_in_words(offer.reasons) if offer else [],
    }


def _form(request: Request, *, of_visit: bool) -> WaitForm:
    kind = DeskWaitForm if request.user.has_perm("scheduling.offer_time") else WaitForm
    known = {"service": request.GET.get("service")}
    zone = first_location().zone
    return kind(
        request.POST if request.method == "POST" else None,
        services=Service.objects.current().order_by("name"),
        today=timezone.localdate(timezone=zone),
        of_visit=of_visit,
        initial={name: value for name, value in known.items() if value},
    )


def _visit_asked_for(request: Request) -> Appointment | None:
    appointment_id = as_id(request.POST.get("appointment") or request.GET.get("appointment"))
    if appointment_id is None:
        return None
    return get_object_or_404(Appointment.objects.visible_to(request.user).for_display(), pk=appointment_id)


def _gap_asked_for(request: Request) -> Any:
    zone = first_location().zone
    try:
        day = parse_date(request.GET.get("day", ""))
        starts, ends = (parse_time(request.GET.get(name, "")) for name in ("from", "until"))
    except ValueError:
        day = starts = ends = None
    day, starts, ends = day or timezone.localdate(timezone=zone), starts or time.min, ends or time.min
    practitioner_id = as_id(request.GET.get("practitioner")) or UUID(int=0)
    return read_gap(
        practitioner_id=practitioner_id,
        starts_at=datetime.combine(day, starts, zone),
        ends_at=datetime.combine(day, ends, zone),
    )


def _chosen(text: str) -> tuple[datetime | None, UUID | None]:
    moment, _separator, practitioner = text.partition("|")
    try:
        starts_at = parse_datetime(moment)
    except ValueError:
        starts_at = None
    return (starts_at if starts_at and starts_at.tzinfo else None), as_id(practitioner)


def _visible(request: Request, waitingentry_id: UUID) -> WaitingEntry:
    return get_object_or_404(WaitingEntry.objects.visible_to(request.user).for_display(), pk=waitingentry_id)


def _offer(request: Request, offer_id: UUID) -> Offer:
    found = Offer.objects.about(WaitingEntry.objects.visible_to(request.user)).filter(pk=offer_id).first()
    if found is None:
        raise Http404
    return found
