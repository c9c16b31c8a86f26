"""For whom somebody answers on the portal."""

from __future__ import annotations

from ninja import Router

from audit import recording as audit
from httpapi.doors import endpoint
from modules.crm import selectors
from modules.crm.models import Patient
from modules.crm.schemas.profiles import ProfileOut, ProfilesOut
from tenancy.requests import Request

router = Router()


@router.get("/profiles/", response=ProfilesOut, summary="Whom I answer for here, and what I see of them")
@endpoint("access.use_portal")
def list_profiles(request: Request) -> ProfilesOut:
    """Themself, a child, an animal; with what one is to them now, and the rights that this gives."""
    found = selectors.profiles_of(request.user.pk)
    audit.listed(what=Patient, subjects=[each.patient.pk for each in found], by=request.user)
    return ProfilesOut(items=[ProfileOut.of(each) for each in found])
