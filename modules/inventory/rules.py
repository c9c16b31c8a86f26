"""Who may see and move stock."""

from __future__ import annotations

from access.permissions import anything

PERMISSIONS = {
    "inventory.view_items": {"all": anything},
    "inventory.take_stock": {"all": anything},
    "inventory.change_stock": {"all": anything},
    "inventory.manage_items": {"all": anything},
}
