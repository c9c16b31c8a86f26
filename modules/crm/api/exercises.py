"""Exercises for at home: the library, the sheets people are given, what they did."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, tag, version_in
from modules.crm import selectors
from modules.crm.api.patients import visible_patient
from modules.crm.models import Exercise, ExerciseSheet
from modules.crm.schemas.exercises import (
    DayIn,
    DayOut,
    ExerciseIn,
    ExerciseOut,
    ExercisesOut,
    FollowedOut,
    SheetIn,
    SheetOut,
    SheetsOut,
)
from modules.crm.services import exercises as services
from tenancy.requests import Request

router = Router()
LIBRARY, SHEETS = "/exercises/", "/{uuid:patient_id}/exercise-sheets/"
SHEET = SHEETS + "{uuid:sheet_id}/"


@router.get(LIBRARY, response=ExercisesOut, summary="The exercises that a practice gives")
@endpoint("crm.write_plan")
def list_exercises(request: Request) -> ExercisesOut:
    return ExercisesOut(items=[ExerciseOut.of(version) for version in selectors.library()])


@router.post(LIBRARY, response={201: ExerciseOut}, summary="Add an exercise")
@endpoint("crm.manage_exercises")
def add_exercise(request: Request, body: ExerciseIn) -> Status[ExerciseOut]:
    added = services.add_exercise(details=body.details(), by=request.user, at=timezone.now())
    return Status(201, ExerciseOut.of(added))


@router.put(LIBRARY + "{uuid:exercise_id}/", response=ExerciseOut, summary="Change an exercise")
@endpoint("crm.manage_exercises")
def change_exercise(request: Request, exercise_id: UUID, body: ExerciseIn) -> ExerciseOut:
    """It is a new version: sheets keep the one they were given."""
    exercise = get_object_or_404(Exercise, pk=exercise_id)
    at = timezone.now()
    return ExerciseOut.of(services.change_exercise(exercise=exercise, details=body.details(), by=request.user, at=at))


@router.delete(LIBRARY + "{uuid:exercise_id}/", response={204: None}, summary="Take an exercise off the library")
@endpoint("crm.manage_exercises")
def end_exercise(request: Request, exercise_id: UUID) -> Status[None]:
    exercise = get_object_or_404(Exercise, pk=exercise_id)
    services.end_exercise(exercise=exercise, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get(SHEETS, response=SheetsOut, summary="The exercise sheets of a patient")
@endpoint("crm.view_plan")
def list_sheets(request: Request, patient_id: UUID) -> SheetsOut:
    """The latest first. On the portal, those that were sent."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_exercises")
    return SheetsOut(items=[SheetOut.of(sheet) for sheet in selectors.sheets_of(patient, seen_by=request.user)])


@router.post(SHEETS, response={201: SheetOut}, summary="Give a patient exercises")
@endpoint("crm.write_plan")
def compose_sheet(request: Request, patient_id: UUID, body: SheetIn) -> Status[SheetOut]:
    patient = visible_patient(request, patient_id)
    made = services.compose_sheet(patient=patient, details=body.details(), by=request.user, at=timezone.now())
    return Status(201, SheetOut.of(_sheet(request, patient_id, made.pk)))


@router.get(SHEET, response=SheetOut, summary="One sheet")
@endpoint("crm.view_plan")
def read_sheet(request: Request, patient_id: UUID, sheet_id: UUID, response: HttpResponse) -> SheetOut:
    found = _sheet(request, patient_id, sheet_id)
    audit.viewed(of=found, by=request.user)
    tag(response, found.version)
    return SheetOut.of(found)


@router.put(SHEET, response=SheetOut, summary="Set a sheet right")
@endpoint("crm.write_plan")
def change_sheet(
    request: Request, patient_id: UUID, sheet_id: UUID, body: SheetIn, response: HttpResponse, if_match: IfMatch = ""
) -> SheetOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409. It is a new version."""
    found, seen = _sheet(request, patient_id, sheet_id), version_in(if_match)
    services.change_sheet(sheet=found, details=body.details(), seen=seen, by=request.user, at=timezone.now())
    changed = _sheet(request, patient_id, sheet_id)
    tag(response, changed.version)
    return SheetOut.of(changed)


@router.delete(SHEET, response={204: None}, summary="End a sheet")
@endpoint("crm.write_plan")
def end_sheet(request: Request, patient_id: UUID, sheet_id: UUID) -> Status[None]:
    """It stays to be read."""
    found = _sheet(request, patient_id, sheet_id)
    services.end_sheet(sheet=found, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get(SHEET + "followed/", response=FollowedOut, summary="How far a sheet is kept to")
@endpoint("crm.view_plan")
def read_followed(request: Request, patient_id: UUID, sheet_id: UUID) -> FollowedOut:
    found = _sheet(request, patient_id, sheet_id)
    audit.viewed(of=found, by=request.user)
    return FollowedOut.of(selectors.followed(found, on=timezone.localdate()))


@router.put(
    SHEET + "days/{day}/{uuid:exercise_id}/", response=DayOut, summary="Say that an exercise was done, and how it was"
)
@endpoint("access.use_portal")
def note_day(request: Request, patient_id: UUID, sheet_id: UUID, day: date, exercise_id: UUID, body: DayIn) -> DayOut:
    """On the portal, of today: said again, it replaces what was said before."""
    found, exercise = _sheet(request, patient_id, sheet_id), get_object_or_404(Exercise, pk=exercise_id)
    return DayOut.of(
        services.note_day(sheet=found, exercise=exercise, day=day, done=body.done(), by=request.user, at=timezone.now())
    )


def _sheet(request: Request, patient_id: UUID, sheet_id: UUID) -> ExerciseSheet:
    rows = ExerciseSheet.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, pk=sheet_id)
