"""A record is changed at the desk, by two at once too."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from access.fields import may_change
from audit import recording as audit
from kernel.errors import DomainError, NotAllowed
from modules.crm import services
from modules.crm.forms.changing import change_form, put_over
from modules.crm.forms.contacts.points import lines_over
from modules.crm.forms.people import RegistrationForm
from modules.crm.models import Patient
from modules.crm.pages.contacts import points
from modules.crm.pages.seen import visible_patient
from modules.crm.services.states import RecordChanged, state_of
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("crm.change_patient")
def change(request: Request, patient_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.change_patient", record):
        raise NotAllowed(_("Your role does not allow changing this record."))
    audit.viewed(of=record, by=request.user)
    data = request.POST if request.method == "POST" else None
    form = change_form(request.tenant.vertical, data, patient=record, may_set=_may_set(request, record))
    lines = points.lines_of(request, record.client)
    if data is None or points.asks_for_lines(request):
        return _shown(request, record, form, lines)
    if not (points.are_fine(lines) and form.is_valid()):
        return _shown(request, record, form, lines, status=422)
    try:
        _save(request, record, form, lines)
    except RecordChanged as error:
        return _shown_anew(request, error, form, lines)
    except DomainError as error:
        add_refusal(form, error)
        return _shown(request, record, form, lines, status=422)
    messages.success(request, _("Saved."))
    return redirect("crm:patient", patient_id=record.pk)


def _save(request: Request, record: Patient, form: RegistrationForm, lines: points.Typed) -> None:
    services.change_patient(
        patient=record,
        details=form.patient(),
        contact=form.contact(),
        seen=request.POST.get("seen"),
        by=request.user,
        at=timezone.now(),
    )
    points.keep_lines(lines, record.client, by=request.user)


def _shown_anew(request: Request, error: RecordChanged, form: RegistrationForm, lines: points.Typed) -> HttpResponse:
    """Show what was typed over what stands there now; whoever sends that has seen both."""
    now = error.patient
    merged = put_over(form, now, vertical=request.tenant.vertical, may_set=_may_set(request, now))
    add_refusal(merged, error)
    lines = lines_over(lines, client=now.client)
    return _shown(request, now, merged, lines, status=error.status, seen=state_of(now))


def _shown(
    request: Request, record: Patient, form: RegistrationForm, lines: points.Typed, *, status: int = 200, seen: str = ""
) -> HttpResponse:
    seen = seen or request.POST.get("seen") or state_of(record)
    looks = request.user.has_perm("crm.register_patient")  # who else they may be, as when they are registered
    context = {"form": form, "lines": lines, "patient": record, "seen": seen, "looks": looks}
    return render(request, "crm/change.html", context, status=status)


def _may_set(request: Request, record: Patient) -> Any:
    return partial(_may_set_field, request.user, record)


def _may_set_field(user: Any, record: Patient, model: type[Model], name: str) -> bool:
    return may_change(user, model, name, record if model is Patient else record.client)
