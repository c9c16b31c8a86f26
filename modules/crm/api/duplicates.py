"""Who may be known already, over the wire."""

from __future__ import annotations

from ninja import Router

from audit import recording as audit
from httpapi.doors import endpoint
from modules.crm.models import Patient
from modules.crm.schemas.duplicates import CandidateOut, FactsIn
from modules.crm.selectors.duplicates import candidates
from tenancy.requests import Request

router = Router()


@router.post("/duplicates/", response=list[CandidateOut], summary="Who may be registered already")
@endpoint("crm.register_patient")
def find_duplicates(request: Request, body: FactsIn) -> list[CandidateOut]:
    """By phone, e-mail, tax code, microchip, and by name and date of birth, with typos; the likeliest first. Nothing is
    changed: it is a POST because names and numbers do not belong in an address."""
    found = candidates(body.facts(), seen_by=request.user)
    audit.listed(what=Patient, subjects=[each.patient.pk for each in found], by=request.user)
    return [CandidateOut.of(each) for each in found]
