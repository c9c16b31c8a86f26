"""What visits use up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from access.models import Member
from audit import recording as audit
from kernel.errors import Conflict
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, ServiceMaterial, Shortage, StockMove
from modules.inventory.services.stock import Cause, lock_items, write_move

APPOINTMENT, MATERIAL = "appointment", "note_material"  # causes of moves


class AlreadyResolved(Conflict):
    """The stock that a visit used was taken off later on."""

    code = "shortage-resolved"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody known by id and name, where there is no request and so no user."""

    pk: UUID
    name: str
    role: str

    def __str__(self) -> str:
        return self.name


@transaction.atomic
def consume_for_visit(*, appointment_id: UUID, service_ids: Sequence[UUID], by_id: UUID | None, at: datetime) -> None:
    """Take what the services of a completed visit used off the shelf. Asked again, it takes nothing.

    Of what there is not enough, nothing is taken; the shortage is noted instead, for somebody to look into.
    """
    needed = _needed(service_ids)
    items = lock_items(needed)
    seen_to = _seen_to(appointment_id)
    by = _colleague(by_id)
    for item_id, quantity in needed.items():
        item = items[item_id]
        if item.pk in seen_to:
            continue
        if quantity > item.on_hand:
            _note_shortage(item, quantity, appointment_id, by=by, at=at)
        else:
            _use(item, quantity, appointment_id, by=by, at=at)


def _needed(service_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """Return how much of each item all of these services use; one that is done twice uses it twice."""
    times, needed = Counter(service_ids), defaultdict[UUID, Decimal](Decimal)
    for material in ServiceMaterial.objects.filter(service_id__in=times):
        needed[material.item_id] += material.quantity * times[material.service_id]
    return dict(needed)


@transaction.atomic
def resolve_shortage(*, shortage: Shortage, by: Any, at: datetime) -> Shortage:
    """Take off the shelf what a visit used, now that it is there. Raises `InsufficientStock` or `AlreadyResolved`."""
    (item,) = lock_items([shortage.item_id]).values()
    shortage = Shortage.objects.select_for_update().get(pk=shortage.pk)
    if shortage.resolved_at is not None:
        raise AlreadyResolved(_("This was seen to already."))
    write_move(item=item, kind=Kind.USE, delta=-shortage.quantity, by=by, at=at, cause=_cause_of(shortage))
    shortage.resolved_at = at
    shortage.save(update_fields=["resolved_at"])
    audit.record(action="inventory.shortage.resolved", of=shortage, by=by, changes={"resolved_at": (None, at)})
    return shortage


def _cause_of(shortage: Shortage) -> Cause:
    if shortage.material_id:
        return Cause(type=MATERIAL, id=shortage.material_id)
    if shortage.appointment_id:
        return Cause(type=APPOINTMENT, id=shortage.appointment_id)
    raise LookupError(f"shortage {shortage.pk} is of nothing")


def _seen_to(appointment_id: UUID) -> set[UUID]:
    """Return the items that an earlier delivery of the news has dealt with. Their locks are held, so none is missed."""
    used = StockMove.objects.filter(cause_type=APPOINTMENT, cause_id=appointment_id)
    short = Shortage.objects.filter(appointment_id=appointment_id)
    return set(used.values_list("item_id", flat=True)) | set(short.values_list("item_id", flat=True))


def _use(item: Item, quantity: Decimal, appointment_id: UUID, *, by: Any, at: datetime) -> None:
    cause = Cause(type=APPOINTMENT, id=appointment_id)
    write_move(item=item, kind=Kind.USE, delta=-quantity, by=by, at=at, cause=cause)


def _note_shortage(item: Item, quantity: Decimal, appointment_id: UUID, *, by: Any, at: datetime) -> None:
    shortage = Shortage.objects.create(item=item, appointment_id=appointment_id, quantity=quantity, noted_at=at)
    changes = audit.created(shortage, ["item_id", "appointment_id", "quantity"])
    audit.record(action="inventory.shortage.noted", of=shortage, by=by, changes=changes)


def _colleague(user_id: UUID | None) -> Colleague | None:
    member = Member.objects.of_user(user_id).first() if user_id else None
    return Colleague(user_id, member.name, member.role) if user_id and member else None
