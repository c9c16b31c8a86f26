"""Erasing somebody over the wire: what it would do, doing it, its receipts, and for how long what is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from identity.proofs import require_proof
from kernel.errors import NotFound
from modules.crm.domain.erasing import Term
from modules.crm.models import Client, Erasure, Patient
from modules.crm.schemas.erasing import (
    EraseIn,
    ErasureOut,
    ErasurePlanOut,
    RetentionIn,
    RetentionOut,
    WhoIn,
)
from modules.crm.services import erasing
from tenancy.requests import Request

router = Router()
KEPT = (Term.CLINICAL, Term.MONEY)


@router.post("/erasure-previews/", response=ErasurePlanOut, summary="What erasing somebody would do")
@endpoint("crm.erase_people")
def preview_erasure(request: Request, body: WhoIn) -> ErasurePlanOut:
    """Kind by kind: what goes, what is emptied, what is kept until when, by what rule. Nothing is changed."""
    people, at = _people(request, body), timezone.now()
    return ErasurePlanOut.of_plan(erasing.plan_here(people, at=at), erasing.hindrances(people, at=at))


@router.post("/erasures/", response={201: ErasureOut}, summary="Erase somebody")
@endpoint("crm.erase_people")
def erase(request: Request, body: EraseIn) -> Status[ErasureOut]:
    """At once nobody finds them; the rest is a job. Asks for a recent proof of who you are (401 `proof-needed`).

    409 if something stands in the way, or changed since the preview. Whoever was erased already is not erased twice.
    """
    require_proof(request)
    done = Erasure.objects.of(body.patient_id or body.client_id or UUID(int=0)).first()
    if done is None:
        _people(request, body)
        whom = {"patient_id": body.patient_id, "client_id": body.client_id}
        done = erasing.erase_person(**whom, mark=body.mark, by=request.user, at=timezone.now())
    return Status(201, ErasureOut.of(done))


@router.get("/erasures/", response=Page[ErasureOut], summary="Who was erased")
@endpoint("crm.erase_people")
def list_erasures(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    """The receipts, the latest first."""
    return page_of(Erasure.objects.order_by("-at", "-pk"), page, ErasureOut.of)


@router.get("/erasures/{uuid:erasure_id}/", response=ErasureOut, summary="A receipt")
@endpoint("crm.erase_people")
def get_erasure(request: Request, erasure_id: UUID) -> ErasureOut:
    return ErasureOut.of(get_object_or_404(Erasure, pk=erasure_id))


@router.get("/retention/", response=list[RetentionOut], summary="For how long what is kept")
@endpoint("crm.erase_people")
def list_retention(request: Request) -> list[RetentionOut]:
    """The default of the country, with its source, or the practice's own years."""
    terms = erasing.terms_here()
    return [RetentionOut.of(terms, term) for term in KEPT]


@router.put("/retention/{str:kind}/", response=RetentionOut, summary="Say for how long a kind is kept")
@endpoint("crm.erase_people")
def set_retention(request: Request, kind: str, body: RetentionIn) -> RetentionOut:
    if kind not in KEPT:
        raise NotFound("There is no such kind.")
    erasing.set_years(kind=kind, years=body.years, by=request.user)
    return RetentionOut.of(erasing.terms_here(), Term(kind))


def _people(request: Request, body: WhoIn) -> erasing.People:
    """Return who it is about, whom whoever asks has to see."""
    if body.patient_id:
        patient = Patient.objects.visible_to(request.user).select_related("client").filter(pk=body.patient_id).first()
        if patient is not None:
            audit.viewed(of=patient, by=request.user)
            return erasing.people_with(patient)
    elif body.client_id:
        client = Client.objects.of_patients_seen_by(request.user).filter(pk=body.client_id).first()
        if client is not None:
            audit.listed(what=Client, subjects=[client.pk], by=request.user)
            return erasing.people_of_client(client)
    raise NotFound("There is no such record.")
