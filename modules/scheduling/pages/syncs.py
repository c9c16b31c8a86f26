"""Calendars elsewhere that are kept in step: sign in, choose, look after, disconnect."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from httpapi.transactions import own_transaction
from kernel.errors import DomainError
from modules.scheduling.forms.feeds import AccountForm, PasswordForm, SyncForm
from modules.scheduling.gateways.elsewhere import sentence_of
from modules.scheduling.gateways.sync import Account
from modules.scheduling.models import CalendarSync, calendars_shared_by
from modules.scheduling.services.elsewhere import connections
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("scheduling.connect_calendar")
@own_transaction
def connect(request: Request, practitioner_id: UUID) -> HttpResponse:
    """Sign in at the calendar server. It is asked at once, and outside of any transaction."""
    practitioner = get_object_or_404(calendars_shared_by(request.user), pk=practitioner_id)
    form = AccountForm(request.POST or None)
    if form.is_valid():
        given = dict(form.cleaned_data)
        label = given.pop("label")
        try:
            made = connections.connect(
                practitioner=practitioner, label=label, account=Account(**given), by=request.user, at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Signed in. Now choose the calendar, and what is kept in step."))
            return redirect("scheduling:synced_calendar", calendar_id=made.calendar_id)
    context = {"form": form, "practitioner": practitioner}
    return render(request, "scheduling/sync_account.html", context, status=422 if form.is_bound else 200)


@page("scheduling.connect_calendar")
def sync(request: Request, calendar_id: UUID) -> HttpResponse:
    """Choose the calendar and what is kept in step, and see how far it is."""
    known = _sync(request, calendar_id)
    form = SyncForm(request.POST or None, sync=known)
    if form.is_valid():
        try:
            connections.choose(sync=known, wanted=form.settings, by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved. It is in step in a minute."))
            return redirect("scheduling:calendars")
    return _page(request, known, form=form)


@page("scheduling.connect_calendar")
@own_transaction
def password(request: Request, calendar_id: UUID) -> HttpResponse:
    known = _sync(request, calendar_id)
    if request.method != "POST":
        return redirect("scheduling:synced_calendar", calendar_id=calendar_id)
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            connections.renew_password(sync=known, password=form.cleaned_data["password"], by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The new password is good. It is in step in a minute."))
            return redirect("scheduling:calendars")
    return _page(request, known, password_form=form)


@action("scheduling.connect_calendar")
def reading(request: Request, calendar_id: UUID) -> HttpResponse:
    connections.ask_for_sync(sync=_sync(request, calendar_id), by=request.user)
    messages.success(request, _("It is being brought into step. Look again in a minute."))
    return redirect("scheduling:calendars")


@action("scheduling.connect_calendar")
def disconnection(request: Request, calendar_id: UUID) -> HttpResponse:
    connections.disconnect(sync=_sync(request, calendar_id), by=request.user, at=timezone.now())
    messages.success(request, _("Disconnected. What was put there is being taken out; here you see if it could not."))
    return redirect("scheduling:calendars")


def _page(
    request: Request, known: CalendarSync, *, form: SyncForm | None = None, password_form: PasswordForm | None = None
) -> HttpResponse:
    is_refused = (form is not None and form.is_bound) or password_form is not None
    context = {
        "sync": known,
        "form": form or SyncForm(sync=known),
        "password_form": password_form or PasswordForm(),
        "sentence": sentence_of(known.calendar.problem),
        "is_stale": known.is_chosen and known.calendar.is_stale(timezone.now()),
    }
    return render(request, "scheduling/sync.html", context, status=422 if is_refused else 200)


def _sync(request: Request, calendar_id: UUID) -> CalendarSync:
    rows = CalendarSync.objects.visible_to(request.user).current().for_display()
    return get_object_or_404(rows, calendar_id=calendar_id)
