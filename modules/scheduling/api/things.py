"""Services, rooms and equipment: what is set about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from access.permissions import is_staff
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.scheduling.domain.hours import Offered
from modules.scheduling.models import Equipment, EquipmentKind, Location, Room, RoomType, Service
from modules.scheduling.schemas.offers import RoomOut, ServiceOut
from modules.scheduling.schemas.things import EquipmentIn, EquipmentOut, NamedOut, RoomIn, ServiceIn
from modules.scheduling.services.practice import catalogue, staffing
from tenancy.requests import Request

router = Router()


@router.get("/services/", response=Page[ServiceOut], summary="Services")
@endpoint("scheduling.view_services")
def list_services(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    linked = ("practitioners", "rooms", "room_types", "equipment_kinds")
    rows = Service.objects.current().prefetch_related(*linked).order_by("name")
    if not is_staff(request.user):
        rows = rows.exclude(offered=Offered.STAFF)
    return page_of(rows, page, ServiceOut.of)


@router.post("/services/", response={201: ServiceOut}, summary="Add a service")
@endpoint("scheduling.manage")
def add_service(request: Request, body: ServiceIn) -> Status[ServiceOut]:
    values = body.values(request.tenant.currency)
    new = Service(currency=request.tenant.currency)
    return Status(201, ServiceOut.of(catalogue.save_thing(thing=new, values=values, by=request.user)))


@router.patch("/services/{uuid:service_id}/", response=ServiceOut, summary="Change a service")
@endpoint("scheduling.manage")
def change_service(request: Request, service_id: UUID, body: ServiceIn) -> ServiceOut:
    service = get_object_or_404(Service.objects.current(), pk=service_id)
    return ServiceOut.of(catalogue.save_thing(thing=service, values=body.values(service.currency), by=request.user))


@router.delete("/services/{uuid:service_id}/", response={204: None}, summary="No longer offer a service")
@endpoint("scheduling.manage")
def end_service(request: Request, service_id: UUID) -> Status[None]:
    return _end(request, get_object_or_404(Service.objects.current(), pk=service_id))


@router.get("/rooms/", response=Page[RoomOut], summary="Rooms")
@endpoint("scheduling.view_rooms")
def list_rooms(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(Room.objects.current().select_related("room_type").order_by("name"), page, RoomOut.of)


@router.post("/rooms/", response={201: RoomOut}, summary="Add a room")
@endpoint("scheduling.manage")
def add_room(request: Request, body: RoomIn) -> Status[RoomOut]:
    return Status(201, _room(request, Room(), body))


@router.put("/rooms/{uuid:room_id}/", response=RoomOut, summary="Change a room")
@endpoint("scheduling.manage")
def change_room(request: Request, room_id: UUID, body: RoomIn) -> RoomOut:
    return _room(request, get_object_or_404(Room.objects.current(), pk=room_id), body)


@router.delete("/rooms/{uuid:room_id}/", response={204: None}, summary="Take a room out of use")
@endpoint("scheduling.manage")
def end_room(request: Request, room_id: UUID) -> Status[None]:
    return _end(request, get_object_or_404(Room.objects.current(), pk=room_id))


@router.get("/room-types/", response=Page[NamedOut], summary="Types of rooms")
@endpoint("scheduling.view_rooms")
def list_room_types(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(RoomType.objects.order_by("name"), page, NamedOut.of)


@router.get("/equipment/", response=Page[EquipmentOut], summary="Equipment")
@endpoint("scheduling.view_rooms")
def list_equipment(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(Equipment.objects.current().select_related("kind").order_by("name"), page, EquipmentOut.of)


@router.post("/equipment/", response={201: EquipmentOut}, summary="Add equipment")
@endpoint("scheduling.manage")
def add_equipment(request: Request, body: EquipmentIn) -> Status[EquipmentOut]:
    return Status(201, _equipment(request, Equipment(), body))


@router.put("/equipment/{uuid:equipment_id}/", response=EquipmentOut, summary="Change equipment")
@endpoint("scheduling.manage")
def change_equipment(request: Request, equipment_id: UUID, body: EquipmentIn) -> EquipmentOut:
    return _equipment(request, get_object_or_404(Equipment.objects.current(), pk=equipment_id), body)


@router.delete("/equipment/{uuid:equipment_id}/", response={204: None}, summary="Take equipment out of use")
@endpoint("scheduling.manage")
def end_equipment(request: Request, equipment_id: UUID) -> Status[None]:
    return _end(request, get_object_or_404(Equipment.objects.current(), pk=equipment_id))


@router.get("/equipment-kinds/", response=Page[NamedOut], summary="Kinds of equipment")
@endpoint("scheduling.view_rooms")
def list_equipment_kinds(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(EquipmentKind.objects.order_by("name"), page, NamedOut.of)


def _room(request: Request, room: Room, body: RoomIn) -> RoomOut:
    values = {
        "name": body.name,
        "capacity": body.capacity,
        "location": get_object_or_404(Location, pk=body.location_id),
        "room_type": catalogue.room_type_named(body.room_type),
    }
    return RoomOut.of(catalogue.save_thing(thing=room, values=values, by=request.user))


def _equipment(request: Request, piece: Equipment, body: EquipmentIn) -> EquipmentOut:
    values = {
        "name": body.name,
        "capacity": body.capacity,
        "location": get_object_or_404(Location, pk=body.location_id),
        "kind": catalogue.equipment_kind_named(body.kind),
    }
    return EquipmentOut.of(catalogue.save_thing(thing=piece, values=values, by=request.user))


def _end(request: Request, thing: Any) -> Status[None]:
    staffing.end(thing=thing, by=request.user, at=timezone.now())
    return Status(204, None)
