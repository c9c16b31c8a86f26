"""Calendars elsewhere that are kept in step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from httpapi.transactions import own_transaction
from kernel.errors import Invalid
from modules.scheduling.gateways.sync import Account
from modules.scheduling.models import CalendarSync
from modules.scheduling.schemas.syncs import SyncChangeIn, SyncIn, SyncOut, SyncPasswordIn
from modules.scheduling.services.elsewhere import connections, feeds
from tenancy.requests import Request

router = Router()


@router.get("/synced-calendars/", response=Page[SyncOut], summary="Calendars kept in step")
@endpoint("scheduling.connect_calendar")
def list_syncs(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    rows = CalendarSync.objects.visible_to(request.user).current().for_display().in_order()
    now = timezone.now()
    return page_of(rows, page, lambda sync: SyncOut.of(sync, at=now))


@router.post("/synced-calendars/", response={201: SyncOut}, summary="Sign in at a calendar server")
@own_transaction
@endpoint("scheduling.connect_calendar")
def connect(request: Request, body: SyncIn) -> Status[SyncOut]:
    """Sign in, and find the calendars to choose from. Nothing is kept in step before one is chosen."""
    practitioner = feeds.calendar_to_share(practitioner_id=body.practitioner_id, by=request.user)
    if practitioner is None:
        raise Invalid("Say whose calendar it is.", fields={"practitioner_id": ["Say whose calendar it is."]})
    made = connections.connect(
        practitioner=practitioner,
        label=body.label,
        account=Account(body.address, body.user_name, body.password),
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, _out(made.calendar_id))


@router.get("/synced-calendars/{uuid:calendar_id}/", response=SyncOut, summary="A calendar kept in step")
@endpoint("scheduling.connect_calendar")
def get_sync(request: Request, calendar_id: UUID) -> SyncOut:
    """Tell of one that was disconnected, too: whether everything could be taken out there."""
    rows = CalendarSync.objects.visible_to(request.user).for_display()
    return SyncOut.of(get_object_or_404(rows, calendar_id=calendar_id), at=timezone.now())


@router.patch("/synced-calendars/{uuid:calendar_id}/", response=SyncOut, summary="Choose what is kept in step")
@endpoint("scheduling.connect_calendar")
def change_sync(request: Request, calendar_id: UUID, body: SyncChangeIn) -> SyncOut:
    connections.choose(sync=_sync(request, calendar_id), wanted=body.settings(), by=request.user)
    return _out(calendar_id)


@router.post("/synced-calendars/{uuid:calendar_id}/password/", response=SyncOut, summary="Give a new app password")
@own_transaction
@endpoint("scheduling.connect_calendar")
def renew_password(request: Request, calendar_id: UUID, body: SyncPasswordIn) -> SyncOut:
    connections.renew_password(sync=_sync(request, calendar_id), password=body.password, by=request.user)
    return _out(calendar_id)


@router.post("/synced-calendars/{uuid:calendar_id}/reading/", response={202: None}, summary="Bring into step now")
@endpoint("scheduling.connect_calendar")
def sync_now(request: Request, calendar_id: UUID) -> Status[None]:
    connections.ask_for_sync(sync=_sync(request, calendar_id), by=request.user)
    return Status(202, None)


@router.delete("/synced-calendars/{uuid:calendar_id}/", response=SyncOut, summary="Disconnect a calendar")
@endpoint("scheduling.connect_calendar")
def disconnect(request: Request, calendar_id: UUID) -> SyncOut:
    """Its busy times are free at once. What was put there is taken out by a job; `state` and `left_behind` tell."""
    connections.disconnect(sync=_sync(request, calendar_id), by=request.user, at=timezone.now())
    return _out(calendar_id)


def _sync(request: Request, calendar_id: UUID) -> CalendarSync:
    rows = CalendarSync.objects.visible_to(request.user).current().select_related("calendar__practitioner")
    return get_object_or_404(rows, calendar_id=calendar_id)


def _out(calendar_id: UUID) -> SyncOut:
    return SyncOut.of(CalendarSync.objects.for_display().get(calendar_id=calendar_id), at=timezone.now())
