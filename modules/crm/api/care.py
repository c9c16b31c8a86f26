"""Who has a patient in their care, to whom the record is lent, who sees it and why."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.transactions import own_transaction
from kernel import limits
from kernel.errors import Invalid, NotAllowed
from modules.crm import selectors, services
from modules.crm.api.patients import visible_patient
from modules.crm.models import CARE, KINDS, Patient
from modules.crm.schemas.people import (
    AccessIn,
    AccessOut,
    CareOut,
    ColleagueOut,
    DescribedIn,
    EmergencyIn,
    EndAccessIn,
    OpenedOut,
    ReaderOut,
    ReadersOut,
)
from modules.crm.selectors import Described
from tenancy.requests import Request

router = Router()

CODENAMES = {kind: codename for codename, kind in KINDS.items()}


@router.get("/{uuid:patient_id}/care/", response=CareOut, summary="Who reaches a record by name")
@endpoint("crm.manage_care")
def list_care(request: Request, patient_id: UUID) -> CareOut:
    patient = _managed(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_care")
    return _care_of(patient)


@router.post("/{uuid:patient_id}/care/", response={201: CareOut}, summary="Let a colleague in")
@endpoint("crm.manage_care")
def give_access(request: Request, patient_id: UUID, body: AccessIn) -> Status[CareOut]:
    patient = _managed(request, patient_id)
    if body.kind == KINDS[CARE]:
        if body.until is not None:
            sentence = "Care has no end: it is ended or handed over. Or share the record."
            raise Invalid(sentence, fields={"until": [sentence]})
        services.put_into_care(
            patient=patient, member_id=body.member_id, reason=body.reason, by=request.user, at=timezone.now()
        )
    else:
        services.share_record(
            patient=patient,
            member_id=body.member_id,
            reason=body.reason,
            until=body.until,
            by=request.user,
            at=timezone.now(),
        )
    return Status(201, _care_of(patient))


@router.post("/{uuid:patient_id}/care/end/", response=CareOut, summary="End access, or hand care over")
@endpoint("crm.manage_care")
def end_access(request: Request, patient_id: UUID, body: EndAccessIn) -> CareOut:
    patient = _managed(request, patient_id)
    services.end_access(
        patient=patient,
        user_id=body.user_id,
        kind=CODENAMES[body.kind],
        reason=body.reason,
        to=body.to_member_id,
        by=request.user,
        at=timezone.now(),
    )
    return _care_of(patient)


@router.get("/colleagues/", response=list[ColleagueOut], summary="Who treats here, and can be let in")
@endpoint("crm.manage_care")
def list_colleagues(request: Request) -> list[ColleagueOut]:
    return [ColleagueOut.of(colleague) for colleague in selectors.colleagues_who_treat()]


@router.post("/emergency/", response={201: OpenedOut}, summary="Open a record in an emergency, by what is known")
@own_transaction
@endpoint("crm.open_in_emergency")
def open_described(request: Request, body: DescribedIn) -> Status[OpenedOut]:
    limits.count("emergency", str(request.user.pk), at_most=services.EMERGENCIES_PER_HOUR, seconds=3600)
    grant = services.open_described(
        described=Described(**body.dict(exclude={"reason"})), reason=body.reason, by=request.user, at=timezone.now()
    )
    return Status(201, OpenedOut.of(grant))


@router.post("/{uuid:patient_id}/emergency/", response={201: OpenedOut}, summary="Open notes in an emergency")
@endpoint("crm.open_in_emergency")
def open_in_emergency(request: Request, patient_id: UUID, body: EmergencyIn) -> Status[OpenedOut]:
    patient = visible_patient(request, patient_id)
    grant = services.open_in_emergency(patient=patient, reason=body.reason, by=request.user, at=timezone.now())
    return Status(201, OpenedOut.of(grant))


@router.get("/{uuid:patient_id}/access/", response=ReadersOut, summary="Who can see a person, and why")
@endpoint("crm.view_access")
def list_readers(request: Request, patient_id: UUID) -> ReadersOut:
    patient = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.view_access", patient):
        raise NotAllowed("You see this of your own patients only.")
    audit.viewed(of=patient, by=request.user, how="viewed_care")
    readers = selectors.who_can_see(patient)
    names = selectors.names_of(giver for reader in readers for giver in reader.givers)
    return ReadersOut(items=[ReaderOut.of(reader, names) for reader in readers])


def _managed(request: Request, patient_id: UUID) -> Patient:
    patient = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.manage_care", patient):
        raise NotAllowed("You hand over, share and end the care of your own patients only.")
    return patient


def _care_of(patient: Patient) -> CareOut:
    return CareOut(
        in_force=[AccessOut.of(entry) for entry in selectors.access_in_force(patient)],
        ended=[AccessOut.of(entry) for entry in selectors.access_ended(patient)],
    )
