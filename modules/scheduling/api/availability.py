"""When people work, and what is blocked."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.scheduling.models import Block, BlockKind, DayHours, Location, Practitioner, WorkingHours
from modules.scheduling.schemas.availability import (
    BlockIn,
    BlockOut,
    BlockSetOut,
    BlocksIn,
    BlockTimesIn,
    CallOffIn,
    DayIn,
    DayOut,
    HoursOut,
    PlanIn,
)
from modules.scheduling.services.practice import blocking, hours
from modules.scheduling.services.practice.blocking import BlockWish
from tenancy.requests import Request

router = Router()


@router.get("/practitioners/{uuid:practitioner_id}/hours/", response=Page[HoursOut], summary="Weekly hours")
@endpoint("scheduling.manage")
def list_hours(request: Request, practitioner_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    rows = WorkingHours.objects.filter(practitioner=_practitioner(practitioner_id))
    return page_of(rows.order_by("valid_from", "weekday", "starts", "pk"), page, HoursOut.of)


@router.put("/practitioners/{uuid:practitioner_id}/hours/", response={204: None}, summary="Set weekly hours")
@endpoint("scheduling.manage")
def set_hours(request: Request, practitioner_id: UUID, body: PlanIn) -> Status[None]:
    hours.set_week(
        practitioner=_practitioner(practitioner_id),
        location=get_object_or_404(Location, pk=body.location_id),
        week=[(each.weekday, each.starts, each.ends) for each in body.stretches],
        plan=hours.Plan(body.valid_from, body.valid_until, body.every_weeks, body.offered),
        ending_others=body.ending_others,
        by=request.user,
        at=timezone.now(),
    )
    return Status(204, None)


@router.get("/practitioners/{uuid:practitioner_id}/days/", response=Page[DayOut], summary="Days with other hours")
@endpoint("scheduling.manage")
def list_days(request: Request, practitioner_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    rows = DayHours.objects.filter(practitioner=_practitioner(practitioner_id))
    return page_of(rows.order_by("-day", "starts", "pk"), page, DayOut.of)


@router.put("/practitioners/{uuid:practitioner_id}/days/{day}/", response={204: None}, summary="Set one day's hours")
@endpoint("scheduling.manage")
def set_day(request: Request, practitioner_id: UUID, day: date, body: DayIn) -> Status[None]:
    hours.set_day(
        practitioner=_practitioner(practitioner_id),
        location=get_object_or_404(Location, pk=body.location_id),
        day=day,
        stretches=[(each.starts, each.ends) for each in body.stretches],
        offered=body.offered,
        by=request.user,
        at=timezone.now(),
    )
    return Status(204, None)


@router.delete(
    "/practitioners/{uuid:practitioner_id}/days/{day}/", response={204: None}, summary="Give a day its usual hours"
)
@endpoint("scheduling.manage")
def clear_day(request: Request, practitioner_id: UUID, day: date) -> Status[None]:
    hours.clear_day(practitioner=_practitioner(practitioner_id), day=day, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/blocks/", response=Page[BlockOut], summary="Leave, breaks, closures and maintenance")
@endpoint("scheduling.block_time")
def list_blocks(request: Request, page: Query[PageIn], wanted: Query[BlocksIn]) -> dict[str, Any]:
    rows = Block.objects.visible_to(request.user).with_targets().order_by("first_day", "pk")
    if not wanted.called_off:
        rows = rows.current()
    if wanted.from_:
        rows = rows.exclude(runs_until__lt=wanted.from_)
    if wanted.to:
        rows = rows.filter(first_day__lte=wanted.to)
    named = {"kind": wanted.kind, "practitioner_id": wanted.practitioner_id, "room_id": wanted.room_id}
    return page_of(rows.filter(**{name: value for name, value in named.items() if value}), page, BlockOut.of)


@router.post("/blocks/", response={201: BlockSetOut}, summary="Block time")
@endpoint("scheduling.block_time")
def add_block(request: Request, body: BlockIn) -> Status[BlockSetOut]:
    block = blocking.block_time(wish=body.wish(), by=request.user, at=timezone.now())
    return Status(201, _with_visits(request, block))


@router.get("/blocks/{uuid:block_id}/", response=BlockSetOut, summary="One block, and the visits it falls on")
@endpoint("scheduling.block_time")
def get_block(request: Request, block_id: UUID) -> BlockSetOut:
    return _with_visits(request, _block(request, block_id))


@router.patch("/blocks/{uuid:block_id}/", response=BlockSetOut, summary="Change a block's times")
@endpoint("scheduling.block_time")
def change_block(request: Request, block_id: UUID, body: BlockTimesIn) -> BlockSetOut:
    block = _block(request, block_id)
    wish = BlockWish(**(body.dict() | {"kind": BlockKind(block.kind)}))
    changed = blocking.change_block(block=block, wish=wish, by=request.user, at=timezone.now())
    return _with_visits(request, changed)


@router.post("/blocks/{uuid:block_id}/cancellation/", response=BlockOut, summary="Call a block off")
@endpoint("scheduling.block_time")
def call_off(request: Request, block_id: UUID, body: CallOffIn) -> BlockOut:
    block = _block(request, block_id)
    return BlockOut.of(blocking.call_off(block=block, reason=body.reason, by=request.user, at=timezone.now()))


def _practitioner(practitioner_id: UUID) -> Practitioner:
    return get_object_or_404(Practitioner.objects.current(), pk=practitioner_id)


def _block(request: Request, block_id: UUID) -> Block:
    return get_object_or_404(Block.objects.visible_to(request.user).with_targets(), pk=block_id)


def _with_visits(request: Request, block: Block) -> BlockSetOut:
    visits = blocking.visits_within(block=block, seen_by=request.user, at=timezone.now())
    return BlockSetOut(block=BlockOut.of(block), visit_ids=[visit.pk for visit in visits])
