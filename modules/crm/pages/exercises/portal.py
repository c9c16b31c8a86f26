"""The exercises that were sent to whoever uses the portal, and what they did of them today."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import selectors
from modules.crm.forms.exercises import DayForm
from modules.crm.models import MOST_PAIN, Exercise, ExerciseSheet, Patient
from modules.crm.pages.exercises.sheets import to_paper
from modules.crm.pages.seen import shown_patients
from modules.crm.services import exercises as services
from tenancy.requests import Request
from webui.doors import action, page


@page("access.use_portal")
def exercises(request: Request) -> HttpResponse:
    patients, today = shown_patients(request, Patient.objects.visible_to(request.user)), timezone.localdate()
    sheets = selectors.sheets_in_force(patients, seen_by=request.user, on=today)
    said = selectors.done_on(sheets, day=today)
    shown = [_shown(sheet, said, is_now=sheet.is_done_on(today)) for sheet in sheets]
    people = [(patient, list(own)) for patient, own in groupby(shown, key=lambda each: each["sheet"].patient)]
    audit.listed(what=Patient, subjects=[each.pk for each in patients], by=request.user, how="viewed_exercises")
    context = {
        "people": people,
        "several": len(patients) > 1,
        "scale": range(MOST_PAIN + 1),
        "back": reverse("crm:portal_home"),
    }
    return render(request, "crm/exercises/portal.html", context)


def _shown(sheet: ExerciseSheet, said: dict[tuple[UUID, UUID], Any], *, is_now: bool) -> dict[str, Any]:
    lines = [(item, said.get((sheet.pk, item.exercise_version.exercise_id))) for item in sheet.latest.items.all()]
    done = sum(row is not None and row.is_done for _item, row in lines)
    return {"sheet": sheet, "lines": lines, "done": done, "is_now": is_now}


@action("access.use_portal")
def note(request: Request, sheet_id: UUID, exercise_id: UUID) -> HttpResponse:
    """Keep whether an exercise was done today, and how it was."""
    found, exercise = _own(request, sheet_id), get_object_or_404(Exercise, pk=exercise_id)
    form, at = DayForm(request.POST), timezone.now()
    if not form.is_valid():
        messages.error(request, _("Pain is said from 0 to 10, and words in at most 500 letters."))
    else:
        try:
            services.note_day(
                sheet=found, exercise=exercise, day=timezone.localdate(), done=form.done(), by=request.user, at=at
            )
        except DomainError as error:
            messages.error(request, str(error))
    return redirect(reverse("crm:portal_exercises") + f"#e-{exercise_id}")


@page("access.use_portal")
def print_out(request: Request, sheet_id: UUID) -> HttpResponse:
    return to_paper(request, _own(request, sheet_id))


def _own(request: Request, sheet_id: UUID) -> ExerciseSheet:
    return get_object_or_404(ExerciseSheet.objects.visible_to(request.user).for_display(), pk=sheet_id)
