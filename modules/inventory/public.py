"""What other modules may ask of the stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kernel.money import Money
from modules.inventory import services
from modules.inventory.models import Item
from modules.inventory.services import InsufficientStock, Sold, UnknownItem

__all__ = [
    "InsufficientStock",
    "ItemCard",
    "Sold",
    "UnknownItem",
    "counts",
    "find_items",
    "items_on_list",
    "put_back",
    "take_for_sale",
]


@dataclass(frozen=True, slots=True)
class ItemCard:
    """An item as a till needs it. The price is what a customer pays, tax included."""

    id: UUID
    code: str
    name: str
    unit: str
    price: Money
    tax_rate: Decimal  # per cent
    on_hand: Decimal


def find_items(ids: Sequence[UUID]) -> dict[UUID, ItemCard]:
    """Return those of the items that are on the list now, by id."""
    return {item.pk: _card(item) for item in Item.objects.current().filter(pk__in=ids)}


def items_on_list() -> list[ItemCard]:
    """Return everything that can be sold or used now, by name."""
    return [_card(item) for item in Item.objects.current().order_by("name", "pk")]


def take_for_sale(*, lines: Sequence[Sold], by: Any, at: datetime) -> None:
    """Take what was sold off the shelf, all of it or nothing. Raises `UnknownItem` or `InsufficientStock`."""
    services.sell(lines=lines, by=by, at=at)


def put_back(*, lines: Sequence[Sold], by: Any, at: datetime) -> None:
    """Put what was sold and came back on the shelf again. Raises `UnknownItem`."""
    services.put_back(lines=lines, by=by, at=at)


def counts() -> dict[str, int]:
    """Return what an operator may know of this module's size."""
    return {"items": Item.objects.current().count()}


def _card(item: Item) -> ItemCard:
    return ItemCard(
        id=item.pk,
        code=item.code,
        name=item.name,
        unit=item.unit,
        price=item.price,
        tax_rate=item.tax_rate,
        on_hand=item.on_hand,
    )
