"""The regions and districts that addresses suggest."""

from __future__ import annotations

from django.utils import timezone
from ninja import Router, Status

from httpapi.doors import endpoint
from modules.crm.schemas.regions import RegionsIn, RegionsOut
from modules.crm.selectors.regions import regions_of
from modules.crm.services.regions import drop_regions, load_regions
from tenancy.requests import Request

router = Router()
AT = "/regions/"


@router.get(AT, response=RegionsOut, summary="The regions of a country, and their districts")
@endpoint("crm.register_patient")
def get_regions(request: Request, country: str) -> RegionsOut:
    """The workspace's own list, else that of ISO 3166-2. `country` is an ISO 3166-1 alpha-2 code; of one that there is
    not, none. In an address other names may stand, too."""
    return RegionsOut.of(country, regions_of(country))


@router.put(AT, response=RegionsOut, summary="Suggest a list of one's own for a country")
@endpoint("crm.manage_regions")
def put_regions(request: Request, country: str, body: RegionsIn) -> RegionsOut:
    """In place of the whole list before. What stands in records stays as it is."""
    load_regions(country=country, districts=body.districts(), by=request.user, at=timezone.now())
    return RegionsOut.of(country, regions_of(country))


@router.delete(AT, response={204: None}, summary="Suggest the usual list of a country again")
@endpoint("crm.manage_regions")
def delete_regions(request: Request, country: str) -> Status[None]:
    drop_regions(country=country, by=request.user)
    return Status(204, None)
