"""The exercises that a practice gives: written and changed in the settings, shown wherever a sheet is."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from filestore.serving import SAFE_HEADERS
from filestore.storage import read_file
from modules.crm import selectors
from modules.crm.forms.exercises import ExerciseForm
from modules.crm.models import Exercise, ExerciseVersion
from modules.crm.services import exercises as services
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.manage_exercises")
def library(request: Request) -> HttpResponse:
    return render(request, "crm/exercises/library.html", {"exercises": selectors.library()})


@page("crm.manage_exercises")
def new(request: Request) -> HttpResponse:
    form = ExerciseForm(request.POST or None, request.FILES or None, initial={"times_per_week": 7})
    status = tried(
        form,
        lambda: services.add_exercise(
            details=form.details(), picture=form.upload(), by=request.user, at=timezone.now()
        ),
    )
    if status:
        return _show(request, form, status=status)
    messages.success(request, _("Saved."))
    return redirect("crm:exercises")


@page("crm.manage_exercises")
def exercise(request: Request, exercise_id: UUID) -> HttpResponse:
    """How it is done; what is changed holds for sheets that are composed from now on."""
    found = get_object_or_404(Exercise, pk=exercise_id, ended_at=None)
    versions = list(found.versions.select_related("picture").order_by("-number"))
    form = ExerciseForm(request.POST or None, request.FILES or None, version=versions[0])
    status = tried(
        form,
        lambda: services.change_exercise(
            exercise=found, details=form.details(), picture=form.upload(), by=request.user, at=timezone.now()
        ),
    )
    if status:
        return _show(request, form, status=status, exercise=found, versions=versions)
    messages.success(request, _("Saved."))
    return redirect("crm:exercises")


@action("crm.manage_exercises")
def end(request: Request, exercise_id: UUID) -> HttpResponse:
    found = get_object_or_404(Exercise, pk=exercise_id)
    services.end_exercise(exercise=found, by=request.user, at=timezone.now())
    messages.success(request, _("It goes on no new sheet. Sheets that have it keep it."))
    return redirect("crm:exercises")


@page("crm.view_plan")
def picture(request: Request, exercise_version_id: UUID) -> HttpResponse:
    """Answer with the picture of an exercise. It says nothing of anybody."""
    found = get_object_or_404(ExerciseVersion.objects.select_related("picture"), pk=exercise_version_id)
    if found.picture is None:
        raise Http404
    return HttpResponse(read_file(found.picture), content_type=found.picture.media_type, headers=SAFE_HEADERS)


def _show(request: Request, form: ExerciseForm, *, status: int, **more: object) -> HttpResponse:
    context = {"form": form, "hosts": sorted(settings.VIDEO_HOSTS), **more}
    return render(request, "crm/exercises/exercise.html", context, status=status)
