"""Searches of the list of people that are kept by name."""

from __future__ import annotations

from uuid import UUID

from ninja import Router, Status

from httpapi.doors import endpoint
from modules.crm import services
from modules.crm.models import SavedSearch
from modules.crm.schemas.saved_searches import SavedSearchesOut, SavedSearchIn, SavedSearchOut
from tenancy.requests import Request

router = Router()


@router.get("/searches/", response=SavedSearchesOut, summary="One's own kept searches, and everybody's")
@endpoint("crm.view_patient")
def list_searches(request: Request) -> SavedSearchesOut:
    return SavedSearchesOut(items=[SavedSearchOut.of(each) for each in SavedSearch.objects.of(request.user)])


@router.post("/searches/", response={201: SavedSearchOut}, summary="Keep a search by a name")
@endpoint("crm.view_patient")
def keep_search(request: Request, body: SavedSearchIn) -> Status[SavedSearchOut]:
    """One of the same name gives way to it."""
    return Status(201, SavedSearchOut.of(services.save_search(**body.dict(), by=request.user)))


@router.delete("/searches/{uuid:search_id}/", response={204: None}, summary="Remove a kept search")
@endpoint("crm.view_patient")
def remove_search(request: Request, search_id: UUID) -> Status[None]:
    services.remove_search(search_id=search_id, by=request.user)
    return Status(204, None)
