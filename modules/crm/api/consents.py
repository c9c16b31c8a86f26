"""What people are asked to agree to, and what they signed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import NotAllowed
from modules.crm import selectors, services
from modules.crm.models import Consent, ConsentKind, ConsentText, Patient
from modules.crm.schemas.consents import (
    ConsentKindIn,
    ConsentKindOut,
    ConsentOut,
    ConsentTextOut,
    PaperIn,
    PublicationIn,
    SignatureIn,
    StandingOut,
    StandingsOut,
    WithdrawalIn,
    WordingIn,
)
from tenancy.requests import Request

router = Router()


@router.get("/consent-kinds/", response=list[ConsentKindOut], summary="What people are asked to agree to")
@endpoint("crm.manage_consents")
def list_kinds(request: Request) -> list[ConsentKindOut]:
    return [ConsentKindOut.of(kind, texts) for kind, texts in selectors.kinds_with_texts()]


@router.post("/consent-kinds/", response={201: ConsentKindOut}, summary="Add something to agree to")
@endpoint("crm.manage_consents")
def add_kind(request: Request, body: ConsentKindIn) -> Status[ConsentKindOut]:
    return Status(201, ConsentKindOut.of(services.add_kind(details=body.details(), by=request.user), []))


@router.put("/consent-kinds/{uuid:kind_id}/", response=ConsentKindOut, summary="Change its name, or when it is asked")
@endpoint("crm.manage_consents")
def change_kind(request: Request, kind_id: UUID, body: ConsentKindIn) -> ConsentKindOut:
    kind = services.change_kind(kind=_kind(kind_id), details=body.details(), by=request.user)
    return ConsentKindOut.of(kind, list(kind.texts.order_by("language", "-version")))


@router.delete("/consent-kinds/{uuid:kind_id}/", response={204: None}, summary="Ask nobody any more")
@endpoint("crm.manage_consents")
def end_kind(request: Request, kind_id: UUID) -> Status[None]:
    """What was signed stays."""
    services.end_kind(kind=_kind(kind_id), by=request.user, at=timezone.now())
    return Status(204, None)


@router.put("/consent-kinds/{uuid:kind_id}/draft/", response=ConsentTextOut, summary="Write the next version")
@endpoint("crm.manage_consents")
def write_text(request: Request, kind_id: UUID, body: WordingIn) -> ConsentTextOut:
    text = services.write_text(kind=_kind(kind_id), wording=body.wording(), by=request.user, at=timezone.now())
    return ConsentTextOut.of(text)


@router.post("/consent-kinds/{uuid:kind_id}/publication/", response={201: ConsentTextOut}, summary="Publish the draft")
@endpoint("crm.manage_consents")
def publish_text(request: Request, kind_id: UUID, body: PublicationIn) -> Status[ConsentTextOut]:
    """It never changes again; who signed an earlier version is asked anew."""
    text = services.publish_text(kind=_kind(kind_id), language=body.language, by=request.user, at=timezone.now())
    return Status(201, ConsentTextOut.of(text))


@router.get("/{uuid:patient_id}/standing/", response=StandingsOut, summary="How a patient stands to what is asked")
@endpoint("crm.view_consent")
def list_standing(request: Request, patient_id: UUID) -> StandingsOut:
    patient = _seen(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    return StandingsOut(items=[StandingOut.of(each) for each in selectors.standing_of(patient)])


@router.get("/{uuid:patient_id}/consents/", response=Page[ConsentOut], summary="Everything a patient said to it")
@endpoint("crm.view_consent")
def list_consents(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """The latest first."""
    patient = _seen(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    rows = Consent.objects.visible_to(request.user).filter(patient=patient).select_related("text", "patient__client")
    return page_of(rows.order_by("-at", "-id"), page, lambda row: ConsentOut.of(row, seen_by=request.user))


@router.post("/{uuid:patient_id}/consents/", response={201: ConsentOut}, summary="Sign")
@endpoint("crm.take_consent")
def sign(request: Request, patient_id: UUID, body: SignatureIn) -> Status[ConsentOut]:
    """Signing the same text twice returns the first signature."""
    evidence = services.Evidence(
        digest=body.digest,
        agreed=body.agreed,
        drawing=json.dumps(body.drawing) if body.drawing is not None else "",
        ip=request.ip,
        user_agent=request.headers.get("User-Agent", ""),
    )
    patient, text = _patient(request, patient_id), _text(body.text_id)
    signed = services.sign_consent(
        patient=patient, text=text, signer=body.signer(), evidence=evidence, by=request.user, at=timezone.now()
    )
    return Status(201, ConsentOut.of(signed, seen_by=request.user))


@router.post("/{uuid:patient_id}/consents/paper/", response={201: ConsentOut}, summary="Note a signature on paper")
@endpoint("crm.take_consent")
def note_paper(request: Request, patient_id: UUID, body: PaperIn) -> Status[ConsentOut]:
    noted = services.note_paper(
        patient=_patient(request, patient_id),
        text=_text(body.text_id),
        signer=body.signer(),
        paper=services.Paper(signed_on=body.signed_on, witness=body.witness),
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, ConsentOut.of(noted, seen_by=request.user))


@router.post("/{uuid:patient_id}/consents/withdrawal/", response={201: ConsentOut}, summary="Withdraw an agreement")
@endpoint("crm.take_consent")
def withdraw(request: Request, patient_id: UUID, body: WithdrawalIn) -> Status[ConsentOut]:
    withdrawn = services.withdraw_consent(
        patient=_patient(request, patient_id),
        kind=_kind(body.kind_id),
        signer=body.signer(),
        reason=body.reason,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, ConsentOut.of(withdrawn, seen_by=request.user))


def _seen(request: Request, patient_id: UUID) -> Patient:
    patient = _patient(request, patient_id)
    if not request.user.has_perm("crm.view_consent", Consent(patient=patient)):
        raise NotAllowed("Your role does not allow this for this record.")
    return patient


def _kind(kind_id: UUID) -> ConsentKind:
    return get_object_or_404(ConsentKind, pk=kind_id)


def _text(text_id: UUID) -> ConsentText:
    text = ConsentText.objects.published().select_related("kind").filter(pk=text_id).first()
    if text is None:
        raise Http404
    return text


def _patient(request: Request, patient_id: UUID) -> Patient:
    return get_object_or_404(Patient.objects.agreeing_by(request.user).select_related("client"), pk=patient_id)
