"""Every way stock moves. The item is locked first, so whoever comes second counts with what the first one left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid, NotAllowed, NotFound
from kernel.events import publish
from kernel.numbers import plain
from modules.inventory.domain.stock import TAKES, Kind, delta_of, is_quantity, ran_low
from modules.inventory.events import StockRanLow
from modules.inventory.models import Item, Shortage, StockMove
from modules.inventory.services import telling


class InsufficientStock(Invalid):
    """There is less on the shelf than was to be taken."""

    code = "insufficient-stock"


class NotAQuantity(Invalid):
    """Nothing, less than nothing, or finer than a thousandth."""

    code = "quantity-invalid"


class UnknownItem(NotFound):
    code = "item-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a movement was done for, if not by hand."""

    type: str
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """So much of an item, sold on one line of an invoice, or taken back on one of a credit note."""

    item_id: UUID
    quantity: Decimal
    line_id: UUID


@transaction.atomic
def move_stock(*, item: Item, kind: Kind, quantity: Decimal, by: Any, at: datetime, reason: str = "") -> StockMove:
    """Put stock on the shelf or take it off. Raises `NotAQuantity`, `NotAllowed` or `InsufficientStock`.

    The returned move's item carries what is on hand now.
    """
    check_quantity(quantity)
    _check_may(kind, by)
    (locked,) = lock_items([item.pk]).values()
    return write_move(item=locked, kind=kind, delta=delta_of(kind, quantity), by=by, at=at, reason=reason)


@transaction.atomic
def count_stock(*, item: Item, counted: Decimal, by: Any, at: datetime, reason: str = "") -> StockMove | None:
    """Make the ledger agree with what was counted; None if it did. Raises `NotAQuantity` or `NotAllowed`.

    What a visit used without the ledger having it is gone from the shelf, so a count settles the item's shortages.
    """
    if not is_quantity(counted) or counted < 0:
        raise _not_a_quantity("counted", counted)
    _check_may(Kind.ADJUSTMENT, by)
    (locked,) = lock_items([item.pk]).values()
    settled = Shortage.objects.open().filter(item=locked).update(resolved_at=at)
    difference = counted - locked.on_hand
    changes = {"counted": (locked.on_hand, counted), "shortages": (settled, 0)}
    audit.record(action="inventory.stock.counted", of=locked, by=by, changes=changes)
    if not difference:
        return None
    return write_move(item=locked, kind=Kind.ADJUSTMENT, delta=difference, by=by, at=at, reason=reason)


@transaction.atomic
def sell(*, lines: Sequence[Sold], by: Any, at: datetime) -> None:
    """Take what was sold off the shelf, all of it or nothing. Raises `UnknownItem` or `InsufficientStock`."""
    items = lock_items(line.item_id for line in lines)
    for line in lines:
        write_move(
            item=items[line.item_id],
            kind=Kind.SALE,
            delta=-line.quantity,
            by=by,
            at=at,
            cause=Cause(type="invoice_line", id=line.line_id),
        )


@transaction.atomic
def put_back(*, lines: Sequence[Sold], by: Any, at: datetime) -> None:
    """Put what was sold and came back on the shelf again; each line names the line of a credit note."""
    items = lock_items(line.item_id for line in lines)
    for line in lines:
        write_move(
            item=items[line.item_id],
            kind=Kind.RETURN,
            delta=line.quantity,
            by=by,
            at=at,
            cause=Cause(type="credit_line", id=line.line_id),
        )


def lock_items(ids: Iterable[UUID]) -> dict[UUID, Item]:
    """Lock items until the transaction ends, always in the same order, so that no two wait for each other.

    Raises `UnknownItem`.
    """
    wanted = set(ids)
    rows = Item.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
    items = {item.pk: item for item in rows}
    if items.keys() != wanted:
        raise UnknownItem(_("There is no such item."))
    return items


def write_move(
    *,
    item: Item,
    kind: Kind,
    delta: Decimal,
    by: Any,
    at: datetime,
    reason: str = "",
    cause: Cause | None = None,
) -> StockMove:
    """Write a line of the ledger for a locked item. Raises `InsufficientStock`; the database would refuse as well."""
    before = item.on_hand
    check_enough(item=item, quantity=-delta)
    move = StockMove.objects.create(
        item=item,
        kind=kind,
        delta=delta,
        reason=reason,
        cause_type=cause.type if cause else "",
        cause_id=cause.id if cause else None,
        by_id=getattr(by, "pk", None),
        by_name=str(by) if by is not None else "",
        at=at,
    )
    item.on_hand = before + delta  # as the trigger has just done in the database
    changes: dict[str, tuple[Any, Any]] = {"on_hand": (before, item.on_hand)}
    changes |= {"reason": (None, reason)} if reason else {}
    changes |= {cause.type: (None, cause.id)} if cause else {}
    audit.record(action=f"inventory.stock.{kind.lower()}", of=item, by=by, changes=changes)
    if ran_low(before=before, after=item.on_hand, reorder_point=item.reorder_point):
        publish(StockRanLow(item_id=item.pk, move_id=move.pk))
        telling.about_low_stock(item=item, move=move, at=at)
    return move


def check_enough(*, item: Item, quantity: Decimal) -> None:
    """Raise `InsufficientStock` if the shelf does not have this much of a locked item."""
    if quantity > item.on_hand:
        sentence = _("Insufficient stock. You have %(have)s but tried to remove %(wanted)s.") % {
            "have": plain(item.on_hand),
            "wanted": plain(quantity),
        }
        raise InsufficientStock(sentence, fields={"quantity": [sentence]})


def check_quantity(quantity: Decimal) -> None:
    """Raise `NotAQuantity` for what cannot be moved."""
    if not is_quantity(quantity) or quantity <= 0:
        raise _not_a_quantity("quantity", quantity)


def _not_a_quantity(field: str, quantity: Decimal) -> NotAQuantity:
    sentence = _("%(quantity)s is not a quantity: more than nothing, to the thousandth.") % {"quantity": quantity}
    return NotAQuantity(sentence, fields={field: [sentence]})


def _check_may(kind: Kind, by: Any) -> None:
    permission = "inventory.take_stock" if kind in TAKES else "inventory.change_stock"
    if not by.has_perm(permission):
        raise NotAllowed(_("You can register what was used. Restocking is done at the desk."))
