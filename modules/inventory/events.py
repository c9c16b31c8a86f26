"""What the stock tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRanLow(Event):
    """A movement crossed an item's reorder point downwards. Told once per crossing."""

    item_id: UUID
    move_id: UUID
