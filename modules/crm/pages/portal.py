"""What patients and clients see of themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import recording as audit
from httpapi.transactions import own_transaction
from modules.crm import services
from modules.crm.forms.people import BirthDateForm
from modules.crm.models import Note, Patient
from modules.crm.pages.profiles import claim as claim_by
from modules.crm.pages.seen import shown_patients
from modules.crm.selectors import consents_missing, forms_missing, plans_at_a_glance
from tenancy.requests import Request
from tenants.activity.selecting import Place
from tenants.activity.telling import Line
from webui.doors import page, signed_in_page


@signed_in_page("whom the practice does not know yet is sent to say who they are")
def home(request: Request) -> HttpResponse:
    if not request.user.has_perm("access.use_portal"):
        return redirect("crm:claim")
    patients = shown_patients(request, Patient.objects.visible_to(request.user))
    signs_for = shown_patients(request, Patient.objects.agreeing_by(request.user))
    notes = Note.objects.visible_to(request.user).filter(patient__in=patients).select_related("patient")
    audit.listed(what=Patient, subjects=[patient.pk for patient in patients], by=request.user)
    missing = consents_missing([patient.pk for patient in signs_for])
    unfilled = forms_missing([patient.pk for patient in patients])
    context = {
        "patients": patients,
        "plans": plans_at_a_glance(patients, seen_by=request.user),
        "notes": notes.order_by("-signed_at")[:5],
        "unsigned": sum(map(len, missing.values())),
        "unfilled": sum(map(len, unfilled.values())),
    }
    return render(request, "crm/portal_home.html", context)


class Look(NamedTuple):
    """What somebody did once or more often on a day."""

    line: Line
    first: datetime
    last: datetime
    times: int

    @property
    def is_at_once(self) -> bool:
        """Test whether it was within a minute or so."""
        return self.last - self.first < timedelta(minutes=1)


@page("access.use_portal")
@require_safe
def looks(request: Request) -> HttpResponse:
    """Who else looked at what is kept about whoever asks."""
    after = Place.read(request.GET.get("after", ""))
    shown = services.read_looks(by=request.user, after=after)
    context = {
        "days": [{"day": day, "looks": _told_once(lines)} for day, lines in groupby(shown.lines, key=_day_of)],
        "is_first": after is None,
        "older": str(shown.next) if shown.next else "",
        "back": reverse("crm:portal_home"),
    }
    return render(request, "crm/portal_looks.html", context)


def _day_of(line: Line) -> date:
    return timezone.localdate(line.entry.at)


def _told_once(lines: Iterable[Line]) -> list[Look]:
    """Put together what the same person did in the same way, the latest first."""
    alike: dict[tuple[Any, ...], list[Line]] = defaultdict(list)
    for line in lines:
        alike[line.entry.user_id, line.entry.role, line.sentence, line.is_by_support].append(line)
    return [Look(same[0], same[-1].entry.at, same[0].entry.at, len(same)) for same in alike.values()]


@signed_in_page("somebody whom the practice does not know yet can still say who they are")
@own_transaction
def claim(request: Request) -> HttpResponse:
    """Somebody signed in whose record was not found by their e-mail alone."""
    if request.user.has_perm("access.use_portal"):
        return redirect("crm:portal_home")
    form = BirthDateForm(request.POST if request.method == "POST" else None)
    tried = form.is_bound and form.is_valid()
    if tried and claim_by(request, form):
        return redirect("crm:portal_home")
    context = {"form": form, "tried": tried}
    return render(request, "crm/claim.html", context, status=422 if form.is_bound else 200)
