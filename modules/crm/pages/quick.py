"""Register somebody in passing: a dialog over the form in which they were searched for and not found."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from access.fields import may_change
from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import services
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.domain.typed import read_typed
from modules.crm.forms.people import quick_form
from modules.crm.models import Patient
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("crm.register_patient")
def quick(request: Request) -> HttpResponse:
    """Ask for the least there is, and choose the new one in the form beneath."""
    subject = subject_of(request.tenant.vertical)
    is_sent = request.method == "POST"
    start = {} if is_sent else _start(request.GET.get("patient_search", ""), subject)
    may_set = partial(may_change, request.user)
    form = quick_form(request.tenant.vertical, request.POST if is_sent else None, initial=start, may_set=may_set)
    if is_sent and form.is_valid():
        try:
            patient = services.register_patient(
                patient=form.patient(), contact=form.contact(), by=request.user, at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            audit.listed(what=Patient, subjects=[patient.pk], by=request.user)
            return render(request, "crm/quick_chosen.html", {"patients": [patient], "search": patient.name})
    return render(request, "crm/quick.html", {"form": form}, status=422 if is_sent else 200)


def _start(typed: str, subject: Subject) -> dict[str, Any]:
    """Return what the form begins with, and put the cursor where there is something to type."""
    said = {name: value for name, value in read_typed(typed)._asdict().items() if value}
    if subject is Subject.ANIMAL and "last_name" in said:  # an animal has one name; two are its owner's
        said["owner_first_name"], said["owner_last_name"] = said.pop("first_name"), said.pop("last_name")
    return said
