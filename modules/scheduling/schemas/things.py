"""What is set: services, rooms, equipment. A field that is not sent stays as it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from httpapi.schemas import Schema
from kernel.money import Money
from modules.scheduling.models import Equipment, EquipmentKind, Practitioner, Room, RoomType
from modules.scheduling.schemas.availability import OfferedName
from modules.scheduling.schemas.offers import AudienceName

LINKS = {
    "practitioner_ids": ("practitioners", Practitioner),
    "room_ids": ("rooms", Room),
    "room_type_ids": ("room_types", RoomType),
    "equipment_kind_ids": ("equipment_kinds", EquipmentKind),
}


class ServiceIn(Schema):
    """Times in minutes. Named rooms go before types of rooms; with neither, any room will do."""

    name: str | None = Field(None, min_length=1, max_length=100)
    duration: int | None = None
    buffer_before: int | None = None
    buffer_after: int | None = None
    price: str | None = None
    tax_rate: str | None = None
    needs_room: bool | None = None
    offered: OfferedName | None = None
    audience: AudienceName | None = None
    notice_minutes: int | None = None
    horizon_days: int | None = None
    step_minutes: int | None = None
    daily_limit: int | None = None
    needs_confirmation: bool | None = None
    by_video: bool | None = None
    practitioner_ids: list[UUID] | None = None
    room_ids: list[UUID] | None = None
    room_type_ids: list[UUID] | None = None
    equipment_kind_ids: list[UUID] | None = None

    def values(self, currency: str) -> dict[str, Any]:
        """Return what is to be set; only a horizon, a step and a limit can be set to nothing."""
        empty = {"horizon_days", "step_minutes", "daily_limit"}
        sent = self.dict(exclude_unset=True).items()
        values = {name: value for name, value in sent if value is not None or name in empty}
        if "price" in values:
            values["price_minor"] = Money.parse(values.pop("price"), currency).minor
        for name, (many, model) in LINKS.items():
            if name in values:
                values[many] = list(model._default_manager.filter(pk__in=values.pop(name)))
        return values


class RoomIn(Schema):
    name: str = Field(min_length=1, max_length=60)
    capacity: int = 1
    location_id: UUID
    room_type: str = Field("", max_length=60)  # by its name; one that is not known yet is added


class EquipmentIn(Schema):
    name: str = Field(min_length=1, max_length=60)
    kind: str = Field(min_length=1, max_length=60)  # by its name; one that is not known yet is added
    capacity: int = 1
    location_id: UUID


class EquipmentOut(Schema):
    id: UUID
    name: str
    kind: str
    kind_id: UUID
    capacity: int
    location_id: UUID

    @staticmethod
    def of(piece: Equipment) -> EquipmentOut:
        return EquipmentOut(
            id=piece.pk,
            name=piece.name,
            kind=piece.kind.name,
            kind_id=piece.kind_id,
            capacity=piece.capacity,
            location_id=piece.location_id,
        )


class NamedOut(Schema):
    id: UUID
    name: str

    @staticmethod
    def of(row: RoomType | EquipmentKind) -> NamedOut:
        return NamedOut(id=row.pk, name=row.name)
