"""Change what somebody waits for: at the desk, and on the portal one's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.scheduling import services
from modules.scheduling.domain.hours import Offered
from modules.scheduling.models import EntryState, Service, WaitingEntry
from modules.scheduling.pages.days import first_location
from modules.scheduling.pages.waiting_forms import DeskWaitForm, WaitForm, as_typed, is_more_than_typed
from modules.scheduling.services.online.pace import count_booking
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("scheduling.join_waiting")
def at_the_desk(request: Request, waitingentry_id: UUID) -> HttpResponse:
    kind = DeskWaitForm if request.user.has_perm("scheduling.offer_time") else WaitForm
    entry, offered = _entry(request, waitingentry_id), Service.objects.current()
    form = _form(request, entry, kind, offered)
    if _is_changed(request, entry, form):
        messages.success(request, _("Saved. The next time that is offered to them follows it."))
        return redirect("scheduling:waiting_entry", waitingentry_id=entry.pk)
    return _show(request, "scheduling/waiting_change.html", entry, form)


@page("access.use_portal")
def on_the_portal(request: Request, waitingentry_id: UUID) -> HttpResponse:
    entry = _entry(request, waitingentry_id)
    form = _form(request, entry, WaitForm, Service.objects.current().filter(offered=Offered.ONLINE))
    if _is_changed(request, entry, form):
        messages.success(request, _("Saved. The next time that we keep for you follows it."))
        return redirect("scheduling:portal_waiting")
    return _show(request, "scheduling/portal_waiting_change.html", entry, form)


def _entry(request: Request, waitingentry_id: UUID) -> WaitingEntry:
    rows = WaitingEntry.objects.visible_to(request.user).live().for_display()
    return get_object_or_404(rows, pk=waitingentry_id)


def _form(request: Request, entry: WaitingEntry, kind: type[WaitForm], offered: Any) -> WaitForm:
    """Return the form; the service that they wait for can stay, whoever may book it."""
    of_visit = entry.appointment_id is not None or entry.session_id is not None
    return kind(
        request.POST if request.method == "POST" else None,
        services=Service.objects.filter(Q(pk__in=offered.values("pk")) | Q(pk=entry.service_id)).order_by("name"),
        today=timezone.localdate(timezone=first_location().zone),
        of_visit=of_visit,
        initial=as_typed(entry),
    )


def _is_changed(request: Request, entry: WaitingEntry, form: WaitForm) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    wait, seen = form.wait(further_service_ids=_further(entry, form), location_id=entry.location_id), request.POST
    version = int(seen["version"]) if seen.get("version", "").isdecimal() else None
    try:
        count_booking(by=request.user)
        services.change_entry(entry=entry, wait=wait, seen=version, by=request.user, at=timezone.now())
    except DomainError as error:
        add_refusal(form, error)
        return False
    return True


def _further(entry: WaitingEntry, form: WaitForm) -> tuple[UUID, ...]:
    """Return what is done in the same visit: it stays unless another service is chosen."""
    chosen = form.cleaned_data.get("service")
    if chosen is not None and chosen.pk != entry.service_id:
        return ()
    return tuple(row.service_id for row in sorted(entry.further_services.all(), key=lambda row: row.position))


def _show(request: Request, template: str, entry: WaitingEntry, form: WaitForm) -> HttpResponse:
    audit.viewed(of=entry, by=request.user)
    context = {
        "entry": entry,
        "form": form,
        "version": request.POST.get("version", entry.version),
        "has_an_offer": entry.state == EntryState.OFFERED,
        "is_more": is_more_than_typed(entry),
        "back": "/my/waiting/",
    }
    return render(request, template, context, status=422 if form.is_bound else 200)
