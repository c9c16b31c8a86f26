"""What is kept about whoever uses the portal: a copy to take along, and whether it may be counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import selectors
from modules.crm.domain.profiles import Right
from modules.crm.models import OwnCopy, Patient
from modules.crm.pages.seen import patient_to_sign_for
from modules.crm.selectors.statistics import Standing, statistics_standings
from modules.crm.services import taking
from tenancy.requests import Request
from webui.doors import action, page


@page("access.use_portal")
def data(request: Request) -> HttpResponse:
    """For each of their profiles the copy that was made last, and what was said to statistics."""
    at, profiles = timezone.now(), selectors.profiles_of(request.user.pk)
    patients = [each.patient.pk for each in profiles]
    audit.listed(what=Patient, subjects=patients, by=request.user, how="viewed_copies")
    copies = OwnCopy.objects.visible_to(request.user).filter(patient__in=patients).newest_first()
    latest: dict[UUID, OwnCopy] = {}
    for copy in copies:
        latest.setdefault(copy.patient_id, copy)
    signed = statistics_standings([each.patient.pk for each in profiles if Right.SIGN in each.rights])
    people = [
        _shown(each.patient, latest.get(each.patient.pk), signed.get(each.patient.pk), at=at) for each in profiles
    ]
    context = {"people": people, "back": reverse("crm:portal_home")}
    return render(request, "crm/taking/portal.html", context)


def _shown(patient: Patient, copy: OwnCopy | None, standing: Standing | None, *, at: datetime) -> dict[str, Any]:
    return {
        "patient": patient,
        "copy": copy,
        "is_there": copy is not None and copy.is_there(at),
        "may_ask": copy is None or copy.state == "failed" or copy.asked_at <= at - taking.EVERY,
        "statistics": standing,
    }


@action("access.use_portal")
def ask(request: Request, patient_id: UUID) -> HttpResponse:
    profile = next((each for each in selectors.profiles_of(request.user.pk) if each.patient.pk == patient_id), None)
    if profile is None:
        raise Http404
    return _tell(
        request,
        lambda: taking.ask_copy(patient=profile.patient, by=request.user, at=timezone.now()),
        _("Your copy is being made. An e-mail tells you when it is ready."),
    )


@action("access.use_portal")
def say(request: Request, patient_id: UUID) -> HttpResponse:
    patient, allowed = patient_to_sign_for(request, patient_id), request.POST.get("allowed") == "yes"
    return _tell(
        request,
        lambda: taking.say_about_statistics(patient=patient, allowed=allowed, by=request.user, at=timezone.now()),
        _("Saved. It holds from now on."),
    )


@page("access.use_portal")
def open_file(request: Request, copy_id: UUID) -> HttpResponseBase:
    """Send the file, to the account that it was made for."""
    rows = OwnCopy.objects.visible_to(request.user).select_related("file", "client", "patient__client")
    found = get_object_or_404(rows, pk=copy_id)
    try:
        wanted = request.headers.get("Range", "")
        return taking.fetch_copy(copy=found, by=request.user, at=timezone.now(), wanted=wanted)
    except taking.NotThere as gone:
        messages.error(request, str(gone))
        return redirect("crm:portal_data")


def _tell(request: Request, do: Callable[[], Any], words: str) -> HttpResponse:
    try:
        do()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return redirect("crm:portal_data")
