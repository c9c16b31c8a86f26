"""Copies of what is kept about people, what they say to statistics, and figures without names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm import selectors
from modules.crm.models import Client, Extract, OwnCopy, Patient
from modules.crm.schemas.taking import (
    CopiesOut,
    CopyIn,
    CopyOut,
    ExtractIn,
    ExtractOut,
    StatisticsChoiceIn,
    StatisticsChoiceOut,
)
from modules.crm.selectors.copies import who_may_have_one
from modules.crm.selectors.statistics import statistics_standing
from modules.crm.services import taking
from tenancy.requests import Request

router = Router()
COPIES = "/{uuid:patient_id}/copies/"
STATISTICS = "/{uuid:patient_id}/statistics-choice/"
MOST = 50


@router.get("/extracts/", response=Page[ExtractOut], summary="Figures without names that were made")
@endpoint("crm.export_statistics")
def list_extracts(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    """The latest first."""
    return page_of(Extract.objects.newest_first(), page, ExtractOut.of)


@router.post("/extracts/", response={201: ExtractOut}, summary="Have figures without names be made")
@endpoint("crm.export_statistics")
def ask_extract(request: Request, body: ExtractIn) -> Status[ExtractOut]:
    """A job makes a file; it is there for seven days. One at a time: 409 `extract-under-way`."""
    made = taking.ask_extract(period=body.period(), k=body.k, by=request.user, at=timezone.now())
    return Status(201, ExtractOut.of(made))


@router.get("/extracts/{uuid:extract_id}/", response=ExtractOut, summary="How far an extract is")
@endpoint("crm.export_statistics")
def get_extract(request: Request, extract_id: UUID) -> ExtractOut:
    return ExtractOut.of(get_object_or_404(Extract, pk=extract_id))


@router.get("/extracts/{uuid:extract_id}/file/", summary="The file of an extract, as a zip")
@endpoint("crm.export_statistics")
def fetch_extract(request: Request, extract_id: UUID) -> Any:
    """409 `file-not-there` after seven days; 409 `extract-outdated` once somebody said no, or was erased, since."""
    found = get_object_or_404(Extract.objects.select_related("file"), pk=extract_id)
    return taking.fetch_extract(extract=found, by=request.user, at=timezone.now())


@router.get(COPIES, response=CopiesOut, summary="The copies that were made about a patient")
@endpoint("crm.view_copy")
def list_copies(request: Request, patient_id: UUID) -> CopiesOut:
    """Those that one may open, or could, the latest first."""
    patient = _asked_about(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_copies")
    rows, at = OwnCopy.objects.visible_to(request.user).filter(patient=patient).newest_first()[:MOST], timezone.now()
    return CopiesOut(items=[CopyOut.of(row, at=at) for row in rows])


@router.post(COPIES, response={201: CopyOut}, summary="Ask for a copy of what is kept about a patient")
@endpoint("crm.ask_copy")
def ask_copy(request: Request, patient_id: UUID, body: CopyIn) -> Status[CopyOut]:
    """What a client sees of the patient on the portal. While one is being made, that one is answered; one a day, else
    409 `copy-asked-lately`."""
    patient, at = _asked_about(request, patient_id), timezone.now()
    client = get_object_or_404(_offered(patient), pk=body.client_id) if body.client_id else None
    made = taking.ask_copy(patient=patient, client=client, by=request.user, at=at)
    return Status(201, CopyOut.of(made, at=at))


@router.get(COPIES + "{uuid:copy_id}/file/", summary="The file of a copy, as a zip")
@endpoint("crm.view_copy")
def fetch_copy(request: Request, patient_id: UUID, copy_id: UUID) -> Any:
    rows = OwnCopy.objects.visible_to(request.user).filter(patient=patient_id)
    found = get_object_or_404(rows.select_related("file", "client", "patient__client"), pk=copy_id)
    return taking.fetch_copy(copy=found, by=request.user, at=timezone.now())


@router.get(STATISTICS, response=StatisticsChoiceOut, summary="Whether somebody is counted in statistics")
@endpoint("crm.view_consent")
def get_statistics_choice(request: Request, patient_id: UUID) -> StatisticsChoiceOut:
    patient = _signed_for(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    return StatisticsChoiceOut.of(statistics_standing(patient))


@router.put(STATISTICS, response=StatisticsChoiceOut, summary="Say whether somebody may be counted in statistics")
@endpoint("crm.take_consent")
def say_about_statistics(request: Request, patient_id: UUID, body: StatisticsChoiceIn) -> StatisticsChoiceOut:
    """It holds at once: files that were made before are not handed out any more."""
    patient = _signed_for(request, patient_id)
    taking.say_about_statistics(patient=patient, allowed=body.allowed, by=request.user, at=timezone.now())
    return StatisticsChoiceOut.of(statistics_standing(patient))


def _asked_about(request: Request, patient_id: UUID) -> Patient:
    """Return a patient whom somebody sees, or of whom they see something on the portal."""
    own = selectors.profile_ids(request.user.pk)
    rows = Patient.objects.visible_to(request.user) | Patient.objects.filter(pk__in=own)
    return get_object_or_404(rows.select_related("client"), pk=patient_id)


def _signed_for(request: Request, patient_id: UUID) -> Patient:
    return get_object_or_404(Patient.objects.agreeing_by(request.user).select_related("client"), pk=patient_id)


def _offered(patient: Patient) -> Any:
    return Client.objects.filter(pk__in=[each.pk for each in who_may_have_one(patient)])
