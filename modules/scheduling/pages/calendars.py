"""Calendars elsewhere: addresses for calendar apps, and calendars whose busy times are read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from httpapi.transactions import own_transaction
from kernel.errors import DomainError
from modules.scheduling.forms.feeds import ConnectForm, FeedForm
from modules.scheduling.gateways.elsewhere import sentence_of
from modules.scheduling.models import CalendarFeed, CalendarSync, ExternalCalendar, Practitioner, calendars_shared_by
from modules.scheduling.services.elsewhere import external_calendars, feeds
from modules.scheduling.services.elsewhere.feeds import MadeFeed
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("scheduling.share_calendar")
def overview(request: Request) -> HttpResponse:
    now, may_connect = timezone.now(), request.user.has_perm("scheduling.connect_calendar")
    outside = ExternalCalendar.objects.visible_to(request.user).current().by_address().in_order()
    practitioners = calendars_shared_by(request.user).prefetch_related(
        Prefetch("feeds", CalendarFeed.objects.visible_to(request.user).current().in_order(), to_attr="shared"),
        Prefetch("external_calendars", outside, to_attr="connected"),
    )
    people = list(practitioners)
    for calendar in (each for practitioner in people for each in practitioner.connected):
        calendar.sentence, calendar.stale = sentence_of(calendar.problem), calendar.is_stale(now)
    kept, ended = _syncs(request, now)
    for practitioner in people:
        practitioner.kept = [sync for sync in kept if sync.calendar.practitioner_id == practitioner.pk]
        practitioner.ended = [sync for sync in ended if sync.calendar.practitioner_id == practitioner.pk]
    return render(request, "scheduling/calendars.html", {"people": people, "may_connect": may_connect})


def _syncs(request: Request, now: datetime) -> tuple[list[Any], list[Any]]:
    """Return the calendars that are kept in step, and those that were and are not done with."""
    rows = CalendarSync.objects.visible_to(request.user).for_display().in_order()
    kept: list[Any] = list(rows.current())
    ended: list[Any] = list(rows.just_ended(now))
    for sync in kept + ended:
        sync.sentence = sentence_of(sync.calendar.problem)
        sync.stale = sync.is_chosen and sync.calendar.is_stale(now)
    return kept, ended


@page("scheduling.share_calendar")
@own_transaction
def new_feed(request: Request, practitioner_id: UUID) -> HttpResponse:
    """Make an address, and show it: this once, so the answer is the page itself and no redirect."""
    practitioner = get_object_or_404(calendars_shared_by(request.user), pk=practitioner_id)
    form = FeedForm(request.POST or None, of_patient=False)
    if made := make_from(form, practitioner=practitioner, by=request.user):
        return _show_made(request, made)
    return _form_page(request, form, title=_("New calendar address"), practitioner=practitioner)


@page("scheduling.share_calendar")
def feed(request: Request, feed_id: UUID) -> HttpResponse:
    """Change what an address tells, or take it back."""
    known = _feed(request, feed_id)
    initial = {"label": known.label, "shows": known.shows}
    form = FeedForm(request.POST or None, initial=initial, of_patient=False)
    if form.is_valid():
        feeds.change_feed(feed=known, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved. The app shows it when it asks the next time."))
        return redirect("scheduling:calendars")
    return _form_page(request, form, title=known.label, practitioner=known.practitioner, feed=known)


@page("scheduling.share_calendar")
@own_transaction
def renewal(request: Request, feed_id: UUID) -> HttpResponse:
    known = _feed(request, feed_id)
    if request.method != "POST":
        return redirect("scheduling:shared_feed", feed_id=known.pk)
    return _show_made(request, feeds.renew_feed(feed=known, by=request.user))


@action("scheduling.share_calendar")
def revocation(request: Request, feed_id: UUID) -> HttpResponse:
    known = _feed(request, feed_id)
    feeds.revoke_feed(feed=known, by=request.user, at=timezone.now())
    messages.success(request, _("Revoked. What the app has loaded already stays there until it is removed."))
    return redirect("scheduling:calendars")


@page("scheduling.connect_calendar")
def connect(request: Request, practitioner_id: UUID) -> HttpResponse:
    practitioner = get_object_or_404(calendars_shared_by(request.user), pk=practitioner_id)
    form = ConnectForm(request.POST or None)
    if form.is_valid():
        try:
            external_calendars.connect_calendar(
                practitioner=practitioner, by=request.user, at=timezone.now(), **form.cleaned_data
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Connected. Its busy times are here in a minute."))
            return redirect("scheduling:calendars")
    return _form_page(request, form, title=_("Read busy times from a calendar"), practitioner=practitioner)


@action("scheduling.connect_calendar")
def reading(request: Request, calendar_id: UUID) -> HttpResponse:
    external_calendars.ask_for_reading(calendar=_calendar(request, calendar_id), by=request.user)
    messages.success(request, _("It is being read. Look again in a minute."))
    return redirect("scheduling:calendars")


@action("scheduling.connect_calendar")
def disconnection(request: Request, calendar_id: UUID) -> HttpResponse:
    calendar = _calendar(request, calendar_id)
    external_calendars.disconnect_calendar(calendar=calendar, by=request.user, at=timezone.now())
    messages.success(request, _("Disconnected. The times it kept free can be booked."))
    return redirect("scheduling:calendars")


def make_from(form: FeedForm, *, practitioner: Practitioner | None, by: Any) -> MadeFeed | None:
    """Make the feed that a form describes. None if it does not, or if it was refused, which the form then says."""
    if not form.is_valid():
        return None
    try:
        return feeds.make_feed(practitioner=practitioner, by=by, at=timezone.now(), **form.cleaned_data)
    except DomainError as error:
        add_refusal(form, error)
        return None


def app_url(made: MadeFeed) -> str:
    """Return the address in the form that makes a telephone offer to subscribe."""
    return f"webcal://{made.url.partition('://')[2]}"


def _show_made(request: Request, made: MadeFeed) -> HttpResponse:
    context = {"feed": made.feed, "url": made.url, "app_url": app_url(made)}
    return render(request, "scheduling/calendar_made.html", context, status=201)


def _form_page(
    request: Request, form: Any, *, title: str, practitioner: Practitioner | None, feed: CalendarFeed | None = None
) -> HttpResponse:
    context = {"form": form, "title": title, "practitioner": practitioner, "feed": feed}
    return render(request, "scheduling/calendar_form.html", context, status=422 if form.is_bound else 200)


def _feed(request: Request, feed_id: UUID) -> CalendarFeed:
    visible = CalendarFeed.objects.visible_to(request.user).current().exclude(practitioner=None)
    return get_object_or_404(visible.select_related("practitioner"), pk=feed_id)


def _calendar(request: Request, calendar_id: UUID) -> ExternalCalendar:
    return get_object_or_404(ExternalCalendar.objects.visible_to(request.user).current().by_address(), pk=calendar_id)
