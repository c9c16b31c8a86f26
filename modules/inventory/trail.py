"""What the audit log says of the stock."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.words import Named, Trail
from modules.inventory.models import Item, Shortage, UsedMaterial

DEEDS = {
    "inventory.item.added": _("%(who)s put %(what)s on the list"),
    "inventory.item.changed": _("%(who)s changed %(what)s"),
    "inventory.item.ended": _("%(who)s took %(what)s off the list"),
    "inventory.material.set": _("%(who)s said how much of %(what)s a service uses"),
    "inventory.stock.inbound": _("%(who)s put %(what)s on the shelf"),
    "inventory.stock.outbound": _("%(who)s took %(what)s off the shelf"),
    "inventory.stock.use": _("%(what)s was used, by %(who)s"),
    "inventory.stock.sale": _("%(who)s sold %(what)s"),
    "inventory.stock.return": _("%(who)s took %(what)s back"),
    "inventory.stock.adjustment": _("%(who)s corrected the stock of %(what)s"),
    "inventory.stock.counted": _("%(who)s counted %(what)s"),
    "inventory.usedmaterial.noted": _("%(who)s noted that %(what)s was used"),
    "inventory.usedmaterial.taken_back": _("%(who)s noted that %(what)s was not used after all"),
    "inventory.usedmaterial.listed": _("%(who)s saw what was used on %(what)s"),
    "inventory.shortage.noted": _("The ledger had too little of %(what)s"),
    "inventory.shortage.resolved": _("%(who)s settled a shortage of %(what)s"),
    "inventory.shortage.listed": _("%(who)s saw shortages of visits of %(what)s"),
    "inventory.stockmove.listed": _("%(who)s saw what was used at visits of %(what)s"),
}


def names_of(kind: str, ids: Collection[str], *, seen_by: Any) -> dict[str, Named]:
    items = Item.objects.visible_to(seen_by)
    if kind == "inventory.item":
        return {str(item.pk): _of_item(item) for item in items.filter(pk__in=ids)}
    if kind == "inventory.usedmaterial":
        used = UsedMaterial.objects.filter(pk__in=ids, item__in=items).in_notes_of(seen_by).select_related("item")
        return {str(row.pk): _of_item(row.item) for row in used}
    rows = Shortage.objects.filter(pk__in=ids, item__in=items).select_related("item")
    return {str(row.pk): _of_item(row.item) for row in rows}


def _of_item(item: Item) -> Named:
    return Named(item.name, reverse("inventory:item", args=[item.pk]))


TRAIL = Trail(_("Stock"), DEEDS, names_of)
