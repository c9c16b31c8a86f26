"""Everything that changes the stock, by family of verbs."""

from modules.inventory.services.catalogue import (
    CodeTaken,
    ItemDetails,
    ItemNotValid,
    add_item,
    add_materials,
    change_item,
    end_item,
    set_material,
)
from modules.inventory.services.noting import AlreadyTakenBack, ReasonNeeded, take_back_material, use_material
from modules.inventory.services.stock import (
    InsufficientStock,
    NotAQuantity,
    Sold,
    UnknownItem,
    count_stock,
    move_stock,
    put_back,
    sell,
)
from modules.inventory.services.visits import AlreadyResolved, consume_for_visit, resolve_shortage

__all__ = [
    "AlreadyResolved",
    "AlreadyTakenBack",
    "CodeTaken",
    "InsufficientStock",
    "ItemDetails",
    "ItemNotValid",
    "NotAQuantity",
    "ReasonNeeded",
    "Sold",
    "UnknownItem",
    "add_item",
    "add_materials",
    "change_item",
    "consume_for_visit",
    "count_stock",
    "end_item",
    "move_stock",
    "put_back",
    "resolve_shortage",
    "sell",
    "set_material",
    "take_back_material",
    "use_material",
]
