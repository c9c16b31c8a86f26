"""What was used on somebody, as the note about them says: it leaves the shelf as it is written down."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from modules.crm import public as crm
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, MaterialTakenBack, Shortage, StockMove, UsedMaterial
from modules.inventory.services.stock import Cause, UnknownItem, check_quantity, lock_items, write_move
from modules.inventory.services.visits import MATERIAL

LONGEST_REASON = 200


class ReasonNeeded(Invalid):
    """A signed note is corrected, and a correction says why."""

    code = "reason-needed"


class AlreadyTakenBack(Conflict):
    code = "material-taken-back"


@transaction.atomic
def use_material(
    *,
    note_id: UUID,
    item_id: UUID,
    quantity: Decimal,
    by: Any,
    at: datetime,
    reason: str = "",
    even_if_missing: bool = False,
) -> UsedMaterial:
    """Write down in a note that something was used, and take it off the shelf: both or neither.

    What the ledger does not have is refused with `InsufficientStock`, for a slip of the finger is likelier than a wrong
    ledger. `even_if_missing` says that it was used all the same: it is noted with a shortage, for somebody to count.
    Raises `NoSuchNote`, `NotInCare`, `NotYourNote`, `NotAllowed`, `UnknownItem`, `NotAQuantity` or `ReasonNeeded`.
    """
    check_quantity(quantity)
    note, reason = _note_to_change(note_id, reason, by=by)
    item = lock_items([item_id])[item_id]
    if item.ended_at is not None:
        raise UnknownItem(_("This is no longer on the list."))
    material = UsedMaterial.objects.create(
        note_id=note.pk, item=item, quantity=quantity, reason=reason, by_id=by.pk, by_name=str(by), at=at
    )
    if even_if_missing and quantity > item.on_hand:
        _note_shortage(material, by=by, at=at)
    else:
        write_move(item=item, kind=Kind.USE, delta=-quantity, by=by, at=at, cause=_cause_of(material))
    changes = audit.created(material, ["note_id", "item_id", "quantity", "reason"])
    audit.record(action="inventory.usedmaterial.noted", of=material, by=by, changes=changes)
    return material


@transaction.atomic
def take_back_material(*, material: UsedMaterial, by: Any, at: datetime, reason: str = "") -> MaterialTakenBack:
    """Say that something was not used after all. What had left the shelf for it is put back by a second move.

    Raises what `use_material` raises of the note, `ReasonNeeded` or `AlreadyTakenBack`.
    """
    _note, reason = _note_to_change(material.note_id, reason, by=by)
    item = lock_items([material.item_id])[material.item_id]
    if MaterialTakenBack.objects.filter(material=material).exists():
        raise AlreadyTakenBack(_("This was taken back already."))
    back = MaterialTakenBack.objects.create(material=material, reason=reason, by_id=by.pk, by_name=str(by), at=at)
    _put_back(item, material, by=by, at=at)
    changes: dict[str, tuple[Any, Any]] = {"quantity": (material.quantity, None), "reason": (None, reason)}
    audit.record(action="inventory.usedmaterial.taken_back", of=material, by=by, changes=changes)
    return back


def _note_to_change(note_id: UUID, reason: str, *, by: Any) -> tuple[crm.NoteCard, str]:
    if not by.has_perm("inventory.take_stock"):
        raise NotAllowed(_("You may not take from the shelf."))
    note, reason = crm.note_to_add_to(note_id, by=by), " ".join(reason.split())
    if len(reason) > LONGEST_REASON or (note.is_signed and not reason):
        sentence = _("This note is signed. Say in at most 200 characters why that is put right.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    return note, reason


def _put_back(item: Item, material: UsedMaterial, *, by: Any, at: datetime) -> None:
    """Undo the move. Of what was missing nothing had left; the shelf may have been counted since, and that holds."""
    Shortage.objects.open().filter(material_id=material.pk).update(resolved_at=at)
    cause = _cause_of(material)
    if StockMove.objects.filter(item=item, kind=Kind.USE, cause_type=cause.type, cause_id=cause.id).exists():
        write_move(item=item, kind=Kind.RETURN, delta=material.quantity, by=by, at=at, cause=cause)


def _note_shortage(material: UsedMaterial, *, by: Any, at: datetime) -> None:
    shortage = Shortage.objects.create(
        item=material.item, material_id=material.pk, quantity=material.quantity, noted_at=at
    )
    changes = audit.created(shortage, ["item_id", "material_id", "quantity"])
    audit.record(action="inventory.shortage.noted", of=shortage, by=by, changes=changes)


def _cause_of(material: UsedMaterial) -> Cause:
    return Cause(type=MATERIAL, id=material.pk)
