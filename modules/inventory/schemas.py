"""The wire shapes of the stock. Quantities are JSON numbers with up to three decimal places; money is text."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from modules.inventory.models import Item, ServiceMaterial, Shortage, StockMove, UsedMaterial

KindName = Literal["INBOUND", "OUTBOUND", "ADJUSTMENT", "USE", "SALE", "RETURN"]


class ItemsIn(Schema):
    """Filters: `search` looks into name, code, category and barcode; `low` leaves what is at its reorder point."""

    search: str = ""
    low: bool = False


class ItemIn(Schema):
    """A new item. Prices include tax and are in the currency of the practice."""

    code: str = Field(max_length=40)
    name: str = Field(max_length=120)
    unit: str = Field("piece", max_length=20)
    category: str = Field("", max_length=60)
    barcode: str = Field("", max_length=40)
    price: Amount = Decimal(0)
    cost: Amount = Decimal(0)
    tax_rate: Decimal = Decimal(0)
    reorder_point: Decimal = Decimal(0)


class ItemPatch(Schema):
    code: str | None = Field(None, max_length=40)
    name: str | None = Field(None, max_length=120)
    unit: str | None = Field(None, max_length=20)
    category: str | None = Field(None, max_length=60)
    barcode: str | None = Field(None, max_length=40)
    price: Amount | None = None
    cost: Amount | None = None
    tax_rate: Decimal | None = None
    reorder_point: Decimal | None = None


class ItemOut(Schema):
    id: UUID
    code: str
    name: str
    unit: str
    category: str
    barcode: str
    price: str
    cost: str
    currency: str
    tax_rate: str
    reorder_point: float
    on_hand: float
    is_low: bool
    is_current: bool

    @staticmethod
    def of(item: Item) -> ItemOut:
        return ItemOut(
            id=item.pk,
            code=item.code,
            name=item.name,
            unit=item.unit,
            category=item.category,
            barcode=item.barcode,
            price=str(item.price),
            cost=str(item.cost),
            currency=item.currency,
            tax_rate=str(item.tax_rate),
            reorder_point=float(item.reorder_point),
            on_hand=float(item.on_hand),
            is_low=item.is_low,
            is_current=item.ended_at is None,
        )


class TransactionIn(Schema):
    """INBOUND puts stock on the shelf, OUTBOUND takes it off. The quantity is always more than nothing."""

    item_id: UUID
    quantity: Decimal
    transaction_type: Literal["INBOUND", "OUTBOUND"]
    reason: str = Field("", max_length=200)


class CountIn(Schema):
    """What was found on the shelf."""

    counted: Decimal
    reason: str = Field("", max_length=200)


class MoveOut(Schema):
    """A line of the ledger. `change` adds up to what is on hand; `quantity` is its size."""

    id: UUID
    item_id: UUID
    transaction_type: KindName
    quantity: float
    change: float
    reason: str
    cause_type: str
    cause_id: UUID | None
    by_name: str
    at: Moment

    @staticmethod
    def of(move: StockMove) -> MoveOut:
        return MoveOut(
            id=move.pk,
            item_id=move.item_id,
            transaction_type=cast("KindName", move.kind),
            quantity=float(move.quantity),
            change=float(move.delta),
            reason=move.reason,
            cause_type=move.cause_type,
            cause_id=move.cause_id,
            by_name=move.by_name,
            at=move.at,
        )


class TransactionOut(MoveOut):
    """The line just written, and what is on hand now."""

    on_hand: float

    @staticmethod
    def after(move: StockMove) -> TransactionOut:
        return TransactionOut(**MoveOut.of(move).model_dump(), on_hand=float(move.item.on_hand))


class MaterialIn(Schema):
    """What each visit of a service uses of an item; 0 for nothing any more."""

    service_id: UUID
    item_id: UUID
    quantity: Decimal


class MaterialOut(Schema):
    service_id: UUID
    item_id: UUID
    item_name: str
    unit: str
    quantity: float

    @staticmethod
    def of(material: ServiceMaterial) -> MaterialOut:
        return MaterialOut(
            service_id=material.service_id,
            item_id=material.item_id,
            item_name=material.item.name,
            unit=material.item.unit,
            quantity=float(material.quantity),
        )


class ShortageOut(Schema):
    """A visit, or a note about one, used something that the ledger did not have; `appointment_id` is of a visit."""

    id: UUID
    item_id: UUID
    item_name: str
    unit: str
    appointment_id: UUID | None
    quantity: float
    on_hand: float
    noted_at: Moment
    resolved_at: Moment | None

    @staticmethod
    def of(shortage: Shortage) -> ShortageOut:
        return ShortageOut(
            id=shortage.pk,
            item_id=shortage.item_id,
            item_name=shortage.item.name,
            unit=shortage.item.unit,
            appointment_id=shortage.appointment_id,
            quantity=float(shortage.quantity),
            on_hand=float(shortage.item.on_hand),
            noted_at=shortage.noted_at,
            resolved_at=shortage.resolved_at,
        )


class UseIn(Schema):
    """Something that was used. A note that is signed asks for a reason; `even_if_missing` notes a shortage."""

    item_id: UUID
    quantity: Decimal = Decimal(1)
    reason: str = Field("", max_length=200)
    even_if_missing: bool = False


class RetractionIn(Schema):
    reason: str = Field("", max_length=200)


class UsedMaterialOut(Schema):
    """What a note says was used. One that was taken back stays, and says why."""

    id: UUID
    note_id: UUID
    item_id: UUID
    item_name: str
    unit: str
    quantity: float
    reason: str
    by_name: str
    at: Moment
    taken_back_at: Moment | None
    taken_back_by_name: str
    taken_back_because: str

    @staticmethod
    def of(material: UsedMaterial) -> UsedMaterialOut:
        back = material.taken_back if material.is_taken_back else None
        return UsedMaterialOut(
            id=material.pk,
            note_id=material.note_id,
            item_id=material.item_id,
            item_name=material.item.name,
            unit=material.item.unit,
            quantity=float(material.quantity),
            reason=material.reason,
            by_name=material.by_name,
            at=material.at,
            taken_back_at=back.at if back else None,
            taken_back_by_name=back.by_name if back else "",
            taken_back_because=back.reason if back else "",
        )
