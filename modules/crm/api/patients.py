"""Find, register, read and change patients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from access.fields import hidden_fields
from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, state_in, tag
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import NotAllowed
from modules.crm import selectors, services
from modules.crm.api.narrowing import PARAMETERS, read_narrowing
from modules.crm.models import Client, Patient
from modules.crm.schemas.people import ContactIn, PatientIn, PatientOut, PatientPatch
from modules.crm.selectors.flags import flags_of
from modules.crm.services import ContactDetails, PatientDetails
from modules.crm.services.registering import names_in
from modules.crm.services.states import state_of
from tenancy.requests import Request

router = Router()

CONTACT_FIELDS = ("email", "phone", "street", "postal_code", "city", "region", "district", "country")
CLIENT_FIELDS = ("organisation", "client_tax_code")
PATIENT_FIELDS = tuple(names_in(PatientDetails))


@router.get("/", response=Page[PatientOut], summary="List, narrow and search patients", openapi_extra=PARAMETERS)
@endpoint("crm.view_patient")
def list_patients(request: Request, page: Query[PageIn], search: str = "") -> dict[str, Any]:
    """`search` is what one would type: names in any script, parts of a phone number or e-mail, a date of birth in any
    usual form. It finds 300 at most, the likeliest first. What else is asked has to be true of everybody listed."""
    patients = selectors.narrowed(read_narrowing(request), by=request.user, at=timezone.now())
    known: dict[UUID, PatientOut] = {}

    def look(rows: list[Patient]) -> None:
        _note(request, rows)
        known.update((each.id, each) for each in patients_out(request, rows))

    return page_of(patients.paged_by(search, seen_by=request.user), page, lambda patient: known[patient.pk], seen=look)


@router.post("/", response={201: PatientOut}, summary="Register a patient")
@endpoint("crm.register_patient")
def register_patient(request: Request, body: PatientIn) -> Status[PatientOut]:
    patient = services.register_patient(
        patient=PatientDetails(**{name: getattr(body, name) for name in PATIENT_FIELDS}),
        contact=_contact(body),
        client_id=body.client_id,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, patient_out(request, patient))


@router.get("/{uuid:patient_id}/", response=PatientOut, summary="One patient")
@endpoint("crm.view_patient")
def get_patient(request: Request, patient_id: UUID, response: HttpResponse) -> PatientOut | HttpResponse:
    """A record that was merged leads to the one that stayed. The `ETag` is its state."""
    if stays := Patient.objects.visible_to(request.user).filter(merged_from=patient_id).first():
        return HttpResponseRedirect(f"/api/patients/{stays.pk}/")
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user)
    tag(response, state_of(patient))
    return patient_out(request, patient)


@router.patch("/{uuid:patient_id}/", response=PatientOut, summary="Change a patient")
@endpoint("crm.change_patient")
def change_patient(
    request: Request, patient_id: UUID, body: PatientPatch, response: HttpResponse, if_match: IfMatch = ""
) -> PatientOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409."""
    patient = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.change_patient", patient):
        raise NotAllowed("Your role does not allow changing this record.")
    changes = body.dict(exclude_unset=True)
    of_client = {name.removeprefix("client_"): changes[name] for name in CLIENT_FIELDS if name in changes}
    changed = services.change_patient(
        patient=patient,
        details=PatientDetails(**_merged(patient, changes, PATIENT_FIELDS)),
        contact=ContactDetails(
            **_contact_names(patient, changes),
            **_merged(patient.client, changes, CONTACT_FIELDS),
            **_merged(patient.client, of_client, ("organisation", "tax_code")),
        ),
        seen=state_in(if_match),
        by=request.user,
        at=timezone.now(),
    )
    tag(response, state_of(changed))
    return patient_out(request, changed)


def patient_out(request: Request, patient: Patient) -> PatientOut:
    """Return a patient as whoever asks may see them."""
    return patients_out(request, [patient])[0]


def patients_out(request: Request, patients: list[Patient]) -> list[PatientOut]:
    user = request.user
    hidden = {model: hidden_fields(user, model) for model in (Patient, Client)}  # asked once, not for each of many
    if not user.has_perm("crm.view_alert"):
        return [PatientOut.of(patient, hidden=hidden, flags=None) for patient in patients]
    flags = flags_of([patient.pk for patient in patients], seen_by=user, at=timezone.now())
    return [PatientOut.of(patient, hidden=hidden, flags=flags.get(patient.pk, ())) for patient in patients]


def _note(request: Request, patients: list[Patient]) -> None:
    audit.listed(what=Patient, subjects=[patient.pk for patient in patients], by=request.user)


def visible_patient(request: Request, patient_id: UUID) -> Patient:
    return get_object_or_404(Patient.objects.visible_to(request.user).select_related("client"), pk=patient_id)


def _contact(body: PatientIn) -> ContactDetails | None:
    """Return whom to write to: the client that was given, else the patient themself."""
    given = body.client or ContactIn(
        first_name=body.first_name, last_name=body.last_name, **{name: getattr(body, name) for name in CONTACT_FIELDS}
    )
    return ContactDetails(**given.dict())


def _merged(row: Any, changes: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: changes.get(name, getattr(row, name)) for name in names}


def _contact_names(patient: Patient, changes: dict[str, Any]) -> dict[str, str]:
    """Return the client's names. A patient who is their own client has one name, not two."""
    client = patient.client
    same = (patient.first_name, patient.last_name) == (client.first_name, client.last_name)
    source = changes if same else {}
    return {name: source.get(name, getattr(client, name)) for name in ("first_name", "last_name")}
