"""What can be booked, where, with whom and when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.scheduling.forms.settings import EquipmentForm, LocationForm, PractitionerForm, RoomForm, ServiceForm
from modules.scheduling.models import Equipment, Location, Practitioner, Room, Service
from modules.scheduling.pages.days import first_location
from modules.scheduling.services.practice import catalogue, staffing
from tenancy.requests import Request
from webui.doors import action, page

ENDED: dict[str, Any] = {"service": Service, "room": Room, "practitioner": Practitioner, "equipment": Equipment}


@page("scheduling.manage")
def overview(request: Request) -> HttpResponse:
    context = {
        "services": Service.objects.current().prefetch_related("practitioners").order_by("name"),
        "practitioners": Practitioner.objects.current().prefetch_related("hours").order_by("name"),
        "rooms": Room.objects.current().select_related("room_type", "location").order_by("name"),
        "equipment": Equipment.objects.current().select_related("kind", "location").order_by("name"),
        "locations": Location.objects.order_by("pk"),
    }
    return render(request, "scheduling/settings.html", context)


@page("scheduling.manage")
def service(request: Request, service_id: UUID | None = None) -> HttpResponse:
    known = get_object_or_404(Service.objects.current(), pk=service_id) if service_id else None
    form = ServiceForm(request.POST or None, instance=known, currency=request.tenant.currency)
    return _save(request, form, title=known.name if known else _("New service"), thing=known)


@page("scheduling.manage")
def room(request: Request, room_id: UUID | None = None) -> HttpResponse:
    known = get_object_or_404(Room.objects.current(), pk=room_id) if room_id else Room(location=first_location())
    form = RoomForm(request.POST or None, instance=known)
    if form.is_bound and form.is_valid():
        form.instance.room_type = catalogue.room_type_named(form.cleaned_data["type_name"])
    return _save(request, form, title=known.name or _("New room"), thing=known if room_id else None)


@page("scheduling.manage")
def equipment(request: Request, equipment_id: UUID | None = None) -> HttpResponse:
    pieces = Equipment.objects.current().select_related("kind")
    known = get_object_or_404(pieces, pk=equipment_id) if equipment_id else Equipment(location=first_location())
    form = EquipmentForm(request.POST or None, instance=known)
    if form.is_bound and form.is_valid():
        form.instance.kind = catalogue.equipment_kind_named(form.cleaned_data["kind_name"])
    return _save(request, form, title=known.name or _("New equipment"), thing=known if equipment_id else None)


@page("scheduling.manage")
def location(request: Request, location_id: UUID | None = None) -> HttpResponse:
    known = get_object_or_404(Location, pk=location_id) if location_id else first_location()
    form = LocationForm(request.POST or None, instance=known, at=timezone.now())
    return _save(request, form, title=known.name, thing=None)


@page("scheduling.manage")
def new_location(request: Request) -> HttpResponse:
    form = LocationForm(request.POST or None, initial={"time_zone": first_location().time_zone}, at=timezone.now())
    return _save(request, form, title=_("New location"), thing=None)


@page("scheduling.manage")
def practitioner(request: Request) -> HttpResponse:
    """Somebody who is booked without signing in: a locum, a visiting colleague."""
    form = PractitionerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = staffing.add_practitioner(name=form.cleaned_data["name"], user_id=None, by=request.user)
        limits = {name: form.cleaned_data[name] for name in ("daily_limit", "video_room")}
        catalogue.save_thing(thing=added, values=limits, by=request.user)
        return redirect("scheduling:week", practitioner_id=added.pk)
    return _form_page(request, form, title=_("New practitioner"), thing=None)


@page("scheduling.manage")
def person(request: Request, practitioner_id: UUID) -> HttpResponse:
    known = get_object_or_404(Practitioner.objects.current(), pk=practitioner_id)
    return _save(request, PractitionerForm(request.POST or None, instance=known), title=known.name, thing=known)


@action("scheduling.manage")
def end(request: Request, kind: str, thing_id: UUID) -> HttpResponse:
    """Take a service, room or practitioner out of use."""
    model = ENDED.get(kind)
    if model is None:
        raise Http404
    thing = get_object_or_404(model.objects.current(), pk=thing_id)
    staffing.end(thing=thing, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is no longer offered. What is booked stays booked.") % {"name": thing.name})
    return redirect("scheduling:settings")


def _save(request: Request, form: Any, *, title: str, thing: Any) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        is_new = form.instance._state.adding
        saved = form.save()
        before = {} if is_new else {name: form[name].initial for name in form.changed_data}
        after = {name: form.cleaned_data[name] for name in form.changed_data}
        staffing.note_settings(thing=saved, before=before, after=after, by=request.user)
        messages.success(request, _("Saved."))
        return redirect("scheduling:settings")
    return _form_page(request, form, title=title, thing=thing)


def _form_page(request: Request, form: Any, *, title: str, thing: Any) -> HttpResponse:
    context = {"form": form, "title": title, "thing": thing, "kind": thing._meta.model_name if thing else ""}
    return render(request, "scheduling/setting.html", context, status=422 if form.is_bound else 200)
