"""What is kept in stock, and what each visit uses up of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotFound
from kernel.money import Money
from modules.inventory.domain.stock import is_quantity
from modules.inventory.models import Item, ServiceMaterial
from modules.inventory.services.stock import check_quantity
from modules.scheduling import public as scheduling

COLUMNS = (
    "code", "name", "unit", "category", "barcode", "price_minor", "cost_minor", "tax_rate", "reorder_point",
)  # fmt: skip
TAKEN = {
    "item_code_once": ("code", gettext_lazy("Another item has this code.")),
    "item_barcode_once": ("barcode", gettext_lazy("Another item has this barcode.")),
}


class ItemNotValid(Invalid):
    """What was given does not make an item; `fields` says where."""

    code = "item-invalid"


class CodeTaken(Conflict):
    """A code or a barcode names one item only."""

    code = "item-code-taken"


class UnknownService(NotFound):
    code = "service-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetails:
    """An item as people describe it. Prices are of the tenant's currency, what a customer pays including tax."""

    code: str
    name: str
    price: Money
    cost: Money
    unit: str = "piece"
    category: str = ""
    barcode: str = ""
    tax_rate: Decimal = Decimal(0)
    reorder_point: Decimal = Decimal(0)


@transaction.atomic
def add_item(*, details: ItemDetails, by: Any) -> Item:
    """Put a new item on the list, with nothing on hand yet. Raises `ItemNotValid` or `CodeTaken`."""
    _check(details)
    item = Item(currency=details.price.currency, **_columns(details))
    with _code_still_free():
        item.save()
    audit.record(action="inventory.item.added", of=item, by=by, changes=audit.created(item, COLUMNS))
    return item


@transaction.atomic
def change_item(*, item: Item, details: ItemDetails, by: Any) -> Item:
    """Describe an item anew. Raises `ItemNotValid` or `CodeTaken`. Stock is changed by moves only."""
    _check(details)
    before = audit.snapshot(item, COLUMNS)
    for name, value in _columns(details).items():
        setattr(item, name, value)
    with _code_still_free():
        item.save(update_fields=COLUMNS)
    if changes := audit.difference(before, item):
        audit.record(action="inventory.item.changed", of=item, by=by, changes=changes)
    return item


@transaction.atomic
def end_item(*, item: Item, by: Any, at: datetime) -> Item:
    """Take an item off the list, and off the materials of every service. Its ledger stays."""
    used_by = ServiceMaterial.objects.filter(item=item)
    changes: dict[str, tuple[Any, Any]] = {"ended_at": (None, at)}
    changes |= {f"material:{each.service_id}": (each.quantity, None) for each in used_by}
    used_by.delete()
    item.ended_at = at
    item.save(update_fields=["ended_at"])
    audit.record(action="inventory.item.ended", of=item, by=by, changes=changes)
    return item


@transaction.atomic
def set_material(*, service_id: UUID, item: Item, quantity: Decimal, by: Any) -> ServiceMaterial | None:
    """Say how much of an item each visit of a service uses; 0 takes it off.

    Raises `UnknownService` or `NotAQuantity`.
    """
    if service_id not in {service.id for service in scheduling.services_offered()}:
        raise UnknownService(_("There is no such service."))
    known = ServiceMaterial.objects.filter(service_id=service_id, item=item).first()
    before = known.quantity if known else None
    if quantity == 0:
        ServiceMaterial.objects.filter(service_id=service_id, item=item).delete()
        material = None
    else:
        check_quantity(quantity)
        material, _made = ServiceMaterial.objects.update_or_create(
            service_id=service_id, item=item, defaults={"quantity": quantity}
        )
    _note_material(item, service_id, (before, quantity or None), by)
    return material


@transaction.atomic
def add_materials(*, service_id: UUID, used: Mapping[Item, Decimal], by: Any) -> None:
    """Say how much of several items each visit of a new service uses. Raises `NotAQuantity`."""
    for quantity in used.values():
        check_quantity(quantity)
    rows = [ServiceMaterial(service_id=service_id, item=item, quantity=used[item]) for item in used]
    ServiceMaterial.objects.bulk_create(rows)
    for row in rows:
        _note_material(row.item, service_id, (None, row.quantity), by)


def _note_material(item: Item, service_id: UUID, change: tuple[Decimal | None, Decimal | None], by: Any) -> None:
    changes = {f"material:{service_id}": change}
    audit.record(action="inventory.material.set", of=item, by=by, changes=changes)


def _columns(details: ItemDetails) -> dict[str, Any]:
    return {
        "code": details.code.strip(),
        "name": details.name.strip(),
        "unit": details.unit.strip(),
        "category": details.category.strip(),
        "barcode": details.barcode.strip(),
        "price_minor": details.price.minor,
        "cost_minor": details.cost.minor,
        "tax_rate": details.tax_rate,
        "reorder_point": details.reorder_point,
    }


def _check(details: ItemDetails) -> None:
    wrong = {
        "code": (not details.code.strip(), _("A code is needed.")),
        "name": (not details.name.strip(), _("A name is needed.")),
        "unit": (not details.unit.strip(), _("Say what one of it is: a piece, a roll, a litre.")),
        "price": (details.price.minor < 0, _("A price is not negative.")),
        "cost": (details.cost.minor < 0, _("A cost is not negative.")),
        "tax_rate": (not _is_rate(details.tax_rate), _("A tax rate is between 0 and 100 per cent.")),
        "reorder_point": (not _is_level(details.reorder_point), _("Reorder at nothing or more.")),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise ItemNotValid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)


def _is_rate(rate: Decimal) -> bool:
    return rate.is_finite() and 0 <= rate <= 100 and rate == round(rate, 2)


def _is_level(quantity: Decimal) -> bool:
    return is_quantity(quantity) and quantity >= 0


@contextmanager
def _code_still_free() -> Iterator[None]:
    """Translate the database's refusal of a second item with the same code or barcode."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis: Any = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", None) not in TAKEN:
            raise
        field, sentence = TAKEN[diagnosis.constraint_name]
        raise CodeTaken(str(sentence), fields={field: [str(sentence)]}) from None
