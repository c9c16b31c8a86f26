"""Phones and e-mails of whoever is written to about a patient: the first ones, and further ones."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from modules.crm.api.patients import visible_patient
from modules.crm.models import ContactPoint, Patient
from modules.crm.schemas.contacts.points import ContactPointIn, ContactPointOut, ContactPointPatch, ContactPointsOut
from modules.crm.selectors.contacts.points import ways_to
from modules.crm.services.contacts.points import (
    add_contact_point,
    change_contact_point,
    make_first,
    remove_contact_point,
)
from tenancy.requests import Request

router = Router()
ALL = "/{uuid:patient_id}/contact-points/"
ONE = "/{uuid:patient_id}/contact-points/{uuid:contact_point_id}/"


@router.get(ALL, response=ContactPointsOut, summary="The phones and e-mails of a patient's client")
@endpoint("crm.view_patient")
def list_contact_points(request: Request, patient_id: UUID) -> ContactPointsOut:
    """In the order in which they are tried. The first of each kind is also `phone` and `email` of the patient."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user)
    return _all(request, patient)


@router.post(ALL, response={201: ContactPointsOut}, summary="Keep one more phone or e-mail")
@endpoint("crm.change_patient")
def add(request: Request, patient_id: UUID, body: ContactPointIn) -> Status[ContactPointsOut]:
    patient = visible_patient(request, patient_id)
    add_contact_point(client=patient.client, details=body.details(), by=request.user)
    return Status(201, _all(request, patient))


@router.patch(ONE, response=ContactPointsOut, summary="Change a phone or e-mail, or what is said of it")
@endpoint("crm.change_patient")
def change(request: Request, patient_id: UUID, contact_point_id: UUID, body: ContactPointPatch) -> ContactPointsOut:
    patient = visible_patient(request, patient_id)
    point = _point(patient, contact_point_id)
    change_contact_point(point=point, details=body.details(point), by=request.user)
    return _all(request, patient)


@router.post(f"{ONE}first/", response=ContactPointsOut, summary="Have a phone or e-mail be tried first")
@endpoint("crm.change_patient")
def first(request: Request, patient_id: UUID, contact_point_id: UUID) -> ContactPointsOut:
    """The one that was first stays among the others."""
    patient = visible_patient(request, patient_id)
    make_first(point=_point(patient, contact_point_id), by=request.user)
    return _all(request, patient)


@router.delete(ONE, response={204: None}, summary="Keep a phone or e-mail no longer")
@endpoint("crm.change_patient")
def remove(request: Request, patient_id: UUID, contact_point_id: UUID) -> Status[None]:
    remove_contact_point(point=_point(visible_patient(request, patient_id), contact_point_id), by=request.user)
    return Status(204, None)


def _point(patient: Patient, contact_point_id: UUID) -> ContactPoint:
    rows = ContactPoint.objects.select_related("client")
    return get_object_or_404(rows, pk=contact_point_id, client=patient.client)


def _all(request: Request, patient: Patient) -> ContactPointsOut:
    patient.client.refresh_from_db()
    ways = ways_to(patient.client, seen_by=request.user)
    return ContactPointsOut(items=[ContactPointOut.of(way) for way in ways])
