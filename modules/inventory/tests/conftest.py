"""What the stock's tests start from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from identity.models import User
from kernel.money import Money
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item
from modules.inventory.services import ItemDetails, add_item, move_stock
from tenancy import TenantRef


def make_item(code: str, *, by: Any, at: datetime, stock: str = "5", reorder_point: str = "0") -> Item:
    """Put an item on the list and `stock` of it on the shelf."""
    details = ItemDetails(
        code=code,
        name=f"Item {code}",
        price=Money(650, "GBP"),
        cost=Money(260, "GBP"),
        tax_rate=Decimal(20),
        reorder_point=Decimal(reorder_point),
    )
    item = add_item(details=details, by=by)
    if Decimal(stock):
        move_stock(item=item, kind=Kind.INBOUND, quantity=Decimal(stock), by=by, at=at)
        item.refresh_from_db()
    return item


@pytest.fixture
def tape(in_clinic: TenantRef, ana: User, now: datetime) -> Item:
    """Five rolls, to be reordered at two."""
    return make_item("TAPE", by=ana, at=now, reorder_point="2")
