"""Who may see and move stock."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from access.permissions import anything

PERMISSIONS = {
    "inventory.view_items": {"all": anything},
    "inventory.take_stock": {"all": anything},
    "inventory.change_stock": {"all": anything},
    "inventory.manage_items": {"all": anything},
}

WORDS = {
    "inventory.view_items": _("See the stock"),
    "inventory.take_stock": _("Take from the shelf"),
    "inventory.change_stock": _("Receive deliveries and count"),
    "inventory.manage_items": _("Add and change items and materials"),
}
