"""What patients and clients see of themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from audit import recording as audit
from httpapi.transactions import own_transaction
from modules.crm import services
from modules.crm.forms.people import BirthDateForm
from modules.crm.models import Document, Note, Patient, TreatmentPlan
from modules.crm.pages.profiles import claim as claim_by
from modules.crm.pages.seen import shown_patients
from modules.crm.selectors import consents_missing, done_on, forms_missing, plans_at_a_glance, sheets_in_force
from tenancy.requests import Request
from tenants.activity.selecting import Place
from tenants.activity.telling import Line
from webui.doors import page, signed_in_page

SHOWN = 3


class ToDo(NamedTuple):
    """What waits for whoever uses the portal, and where it is done."""

    what: str
    detail: str
    icon: str
    address: str


@signed_in_page("whom the practice does not know yet is sent to say who they are")
def home(request: Request) -> HttpResponse:
    """The patient's summary: the next visit, what to do, what is planned, what was shared, what is to be paid."""
    user = request.user
    if not user.has_perm("access.use_portal"):
        return redirect("crm:claim")
    patients = shown_patients(request, Patient.objects.visible_to(user))
    notes = Note.objects.visible_to(user).filter(patient__in=patients).select_related("patient")
    documents = Document.objects.visible_to(user).filter(patient__in=patients).select_related("patient")
    audit.listed(what=Patient, subjects=[patient.pk for patient in patients], by=user)
    plans = plans_at_a_glance(patients, seen_by=user)
    context = {
        "patients": patients,
        "plans": plans,
        "todo": [*_papers_to_do(request, patients), *_exercises_to_do(request, patients), *_plans_to_do(plans)],
        "notes": notes.order_by("-signed_at")[:SHOWN],
        "documents": documents.order_by("-created_at", "-pk")[:SHOWN],
    }
    return render(request, "crm/portal_home.html", context)


def _papers_to_do(request: Request, patients: list[Patient]) -> Iterator[ToDo]:
    """Say which forms wait to be filled in, and which texts to be signed."""
    signs_for = shown_patients(request, Patient.objects.agreeing_by(request.user))
    if unfilled := [form for forms in forms_missing([each.pk for each in patients]).values() for form in forms]:
        n, names = len(unfilled), ", ".join(dict.fromkeys(form.name for form in unfilled))
        words = ngettext("A form waits to be filled in.", "%(n)d forms wait to be filled in.", n) % {"n": n}
        yield ToDo(words, names, "clipboard-list", reverse("crm:own_forms"))
    if unsigned := [text for texts in consents_missing([each.pk for each in signs_for]).values() for text in texts]:
        n, names = len(unsigned), ", ".join(dict.fromkeys(text.name for text in unsigned))
        words = ngettext(
            "One text waits for your signature before the next visit.",
            "%(n)d texts wait for your signature before the next visit.",
            n,
        )
        yield ToDo(words % {"n": n}, names, "file-pen-line", reverse("crm:portal_consents"))


def _exercises_to_do(request: Request, patients: list[Patient]) -> Iterator[ToDo]:
    """Say how many exercises are done of those of today."""
    today = timezone.localdate()
    sheets = [each for each in sheets_in_force(patients, seen_by=request.user, on=today) if each.is_done_on(today)]
    said = done_on(sheets, day=today) if sheets else {}
    for sheet in sheets:
        given = [item.exercise_version.exercise_id for item in sheet.latest.items.all()]
        done = sum(row.is_done for row in (said.get((sheet.pk, each)) for each in given) if row)
        words = _("%(done)s of %(of)s done today") % {"done": done, "of": len(given)}
        of_whom = f"{sheet.patient.name} · " if len(patients) > 1 else ""
        yield ToDo(sheet.latest.title, of_whom + words, "dumbbell", reverse("crm:portal_exercises"))


def _plans_to_do(plans: list[TreatmentPlan]) -> Iterator[ToDo]:
    """Say which plans wait for a word."""
    for plan in plans:
        if not plan.is_agreed:
            yield ToDo(plan.title, _("waits for your word"), "target", reverse("crm:portal_plans"))


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
