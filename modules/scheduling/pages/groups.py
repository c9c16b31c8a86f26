"""Groups at the desk: the list, a new one, and one with who comes to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.states import HOLDS_ITS_TIME
from modules.scheduling.forms.groups import GroupCancelForm, GroupChangeForm, GroupForm
from modules.scheduling.models import Appointment, GroupSession, Location, WaitingEntry
from modules.scheduling.pages.chosen import as_uuid, package_in
from modules.scheduling.selectors.groups import sessions_between
from modules.scheduling.services.visits.history import note_listed
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal

AHEAD = timedelta(days=56)


@page("scheduling.manage_groups")
def groups(request: Request) -> HttpResponse:
    now = timezone.now()
    shown = sessions_between(now, now + AHEAD, seen_by=request.user).standing()
    return render(request, "scheduling/groups.html", {"groups": shown})


@page("scheduling.manage_groups")
def new_group(request: Request) -> HttpResponse:
    location = Location.objects.order_by("pk")[0]
    form = GroupForm(request.POST or None, location=location, initial={"day": timezone.localdate()})
    if request.method != "POST":
        return render(request, "scheduling/group_new.html", {"form": form})
    if not form.is_valid():
        return render(request, "scheduling/group_new.html", {"form": form}, status=422)
    by, at, groups = request.user, timezone.now(), None
    try:
        if (form.cleaned_data["weeks"] or 1) == 1:
            made = [services.create_group(wish=form.wish(), by=by, at=at)]
        elif request.POST.get("step") == "save":
            skip = frozenset(int(number) for number in request.POST.getlist("skip") if number.isdecimal())
            made = services.create_groups(wish=form.wish(), rule=form.rule(), skip=skip, by=by, at=at)
        else:
            groups = services.plan_groups(wish=form.wish(), rule=form.rule(), by=by, at=at)
            return render(request, "scheduling/group_new.html", {"form": form, "groups": groups})
    except DomainError as error:
        add_refusal(form, error)
        groups = getattr(error, "groups", None)
        return render(request, "scheduling/group_new.html", {"form": form, "groups": groups}, status=error.status)
    messages.success(request, _("In the calendar: %(count)d.") % {"count": len(made)})
    return redirect("scheduling:group", group_id=made[0].pk) if len(made) == 1 else redirect("scheduling:groups")


@page("scheduling.manage_groups")
def group(request: Request, group_id: UUID) -> HttpResponse:
    """The group, who comes, and changing it."""
    session = _visible(request, group_id)
    form = GroupChangeForm(request.POST or None, location=session.location, initial=GroupChangeForm.values_of(session))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.change_group(session=session, change=form.change(session), by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Changed, with everybody who comes."))
            return redirect("scheduling:group", group_id=session.pk)
    elif request.method == "POST":
        status = 422
    return _show(request, _visible(request, group_id), form, status=status)


@action("scheduling.manage_groups")
def cancellation(request: Request, group_id: UUID) -> HttpResponse:
    session = _visible(request, group_id)
    form = GroupCancelForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    tell = services.Tell.SOON if form.is_valid() and form.cleaned_data["notify"] else services.Tell.NOT
    called_off = services.CallOff(reason=reason, tell=tell)
    services.cancel_group(session=session, cancellation=called_off, by=request.user, at=timezone.now())
    messages.success(request, _("Called off. Everybody who was to come is told."))
    return redirect("scheduling:group", group_id=session.pk)


@action("scheduling.book")
def joining(request: Request, group_id: UUID) -> HttpResponse:
    """Take a place for somebody, or let them wait for one."""
    session = _visible(request, group_id)
    patient_id, by, at = as_uuid(request.POST.get("patient", ""), "patient_id"), request.user, timezone.now()
    try:
        if request.POST.get("step") == "wait":
            wait = services.Wait(patient_id=patient_id, session_id=session.pk, first_day=timezone.localdate())
            services.add_entry(wait=wait, by=by, at=at)
            messages.success(request, _("On the waiting list of the group."))
        else:
            package_id = package_in(request.POST)
            services.join_group(session=session, patient_id=patient_id, package_id=package_id, by=by, at=at)
            messages.success(request, _("In the group. A mail says so."))
    except DomainError as error:
        form = GroupChangeForm(location=session.location, initial=GroupChangeForm.values_of(session))
        return _show(request, session, form, problem=error, status=error.status)
    return redirect("scheduling:group", group_id=session.pk)


@action("scheduling.change_appointment")
def change(request: Request, appointment_id: UUID) -> HttpResponse:
    """Have a visit be in another group."""
    visit = get_object_or_404(Appointment.objects.visible_to(request.user), pk=appointment_id)
    other = get_object_or_404(
        GroupSession.objects.visible_to(request.user), pk=as_uuid(request.POST.get("group", ""), "session_id")
    )
    services.change_to_group(appointment=visit, session=other, by=request.user, at=timezone.now())
    messages.success(request, _("Moved to the other group. A mail says so."))
    return redirect("scheduling:group", group_id=other.pk)


def _show(
    request: Request,
    session: GroupSession,
    form: GroupChangeForm,
    *,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = Appointment.objects.visible_to(request.user).for_display().filter(session=session)
    people = list(rows.order_by("session_place", "created_at"))
    coming = [visit for visit in people if visit.status in HOLDS_ITS_TIME]
    now = timezone.now()
    waiting = WaitingEntry.objects.visible_to(request.user).live().for_display().filter(session=session).in_order()
    others = sessions_between(now, now + AHEAD, seen_by=request.user).standing().filter(service=session.service)
    context: dict[str, Any] = {
        "group": session,
        "form": form,
        "cancel_form": GroupCancelForm(),
        "people": people,
        "flagged": crm.flags_of([visit.patient_id for visit in people], seen_by=request.user, at=now),
        "coming": len(coming),
        "is_full": len(coming) >= session.places,
        "waiting": waiting,
        "others": others.exclude(pk=session.pk),
        "problem": problem,
        "is_ahead": session.starts_at > now,
        "may_change": session.status == "SCHEDULED" and session.ends_at > now,
    }
    note_listed(people, by=request.user)
    audit.viewed(of=session, by=request.user)
    return render(request, "scheduling/group.html", context, status=status)


def _visible(request: Request, group_id: UUID) -> GroupSession:
    return get_object_or_404(GroupSession.objects.visible_to(request.user).for_display(), pk=group_id)
