"""Who hears that something runs low. What the mail says is in messages.py."""

from __future__ import annotations

from datetime import datetime

from access.models import Member, Role
from modules.inventory.models import Item, StockMove
from notify.sending import send


def about_low_stock(*, item: Item, move: StockMove, at: datetime) -> None:
    """Write to each owner, once for this crossing of the reorder point."""
    for owner in Member.objects.current().filter(role=Role.OWNER):
        send(
            cause=f"inventory.low:{move.pk}:{owner.pk}",
            composer="modules.inventory.messages.compose_low_stock",
            about={"item_id": str(item.pk), "member_id": str(owner.pk)},
            at=at,
        )
