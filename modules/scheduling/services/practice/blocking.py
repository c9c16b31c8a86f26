"""Leave, breaks, closures and maintenance: set, changed, called off, and never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from kernel.periods import Period, as_utc
from modules.scheduling.domain.recurrence import check_rule
from modules.scheduling.models import (
    OF_PEOPLE,
    Appointment,
    Block,
    BlockKind,
    Equipment,
    Location,
    Practitioner,
    Room,
)
from modules.scheduling.selectors.blocked import times_of_block
from modules.scheduling.services.practice.opening import opening_time, soon

RECORDED = ("kind", "first_day", "starts", "last_day", "ends", "rule", "skipped", "note")
TARGETS = ("practitioner_id", "room_id", "equipment_id", "location_id")
FARTHEST = timedelta(days=3660)
LOOKED_AT = timedelta(days=400)  # visits that a block without an end meets


class BlockRefused(Invalid):
    code = "block-invalid"


class BlockOver(Conflict):
    """It was called off already."""

    code = "block-called-off"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockWish:
    """What is to be blocked, on the wall clock of its location; without times, whole days."""

    kind: BlockKind
    first_day: date
    last_day: date | None = None
    starts: time | None = None
    ends: time | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    equipment_id: UUID | None = None
    location_id: UUID | None = None
    rule: str = ""
    skipped: Sequence[date] = field(default=())
    note: str = ""


@transaction.atomic
def block_time(*, wish: BlockWish, by: Any, at: datetime) -> Block:
    """Block time of somebody or something. Raises `BlockRefused`, `RuleRefused`, or `NotAllowed`.

    Visits that are booked then stay as they are: `visits_within` lists them.
    """
    block = Block(kind=wish.kind, created_at=at, created_by_id=getattr(by, "pk", None), created_by_name=str(by or ""))
    _set_target(block, wish)
    _check_reach(block, by=by)
    _set_times(block, wish, at=at)
    block.save(force_insert=True)
    changes = audit.created(block, [*RECORDED, *TARGETS])
    audit.record(action="scheduling.block.set", of=block, by=by, changes=changes)
    return block


@transaction.atomic
def change_block(*, block: Block, wish: BlockWish, by: Any, at: datetime) -> Block:
    """Give a block other times, or another note; whom it is about stays. Raises what `block_time` raises."""
    block = _current(block)
    _check_reach(block, by=by)
    before = audit.snapshot(block, RECORDED)
    with _opening(block, at=at):
        _set_times(block, wish, at=at)
        block.save()
    audit.record(action="scheduling.block.changed", of=block, by=by, changes=audit.difference(before, block))
    return block


@transaction.atomic
def call_off(*, block: Block, reason: str, by: Any, at: datetime) -> Block:
    """Have a block no longer hold. The row stays, with who called it off, when and why."""
    block = _current(block)
    _check_reach(block, by=by)
    block.ended_at, block.end_reason = at, reason[:200]
    block.ended_by_id, block.ended_by_name = getattr(by, "pk", None), str(by or "")
    with _opening(block, at=at):
        block.save()
    changes = {"ended_at": (None, at), "end_reason": ("", block.end_reason)}
    audit.record(action="scheduling.block.called_off", of=block, by=by, changes=changes)
    return block


def visits_within(*, block: Block, seen_by: Any, at: datetime) -> list[Appointment]:
    """Return the visits of the next year that a block falls on, as far as this user may see them."""
    ahead = Period(at, at + LOOKED_AT)
    times = list(times_of_block(block, ahead))
    if not times:
        return []
    hull = Period(times[0].start, max(each.end for each in times))
    rows = Appointment.objects.visible_to(seen_by).for_display().holding_time().not_begun()
    met = rows.filter(_about(block)).within(hull.start, hull.end).in_order()
    return [visit for visit in met if any(each.overlaps(Period(visit.starts_at, visit.ends_at)) for each in times)]


def _opening(block: Block, *, at: datetime) -> AbstractContextManager[None]:
    """Tell the waiting list of what the times that a block has until now leave free."""
    times = list(times_of_block(block, soon(at)))
    search = Period(max(as_utc(times[0].start), at), max(as_utc(each.end) for each in times)) if times else None
    people = [block.practitioner_id] if block.practitioner_id else None
    return opening_time(search, practitioner_ids=people, at=at)


def _about(block: Block) -> Q:
    if block.practitioner_id:
        return Q(practitioner=block.practitioner_id)
    if block.room_id:
        return Q(room=block.room_id)
    if block.equipment_id:
        return Q(equipment__equipment=block.equipment_id)
    return Q(location=block.location_id)


def _current(block: Block) -> Block:
    block = lock_row(Block.objects.with_targets(), block.pk)
    if block.ended_at is not None:
        raise BlockOver(_("This was called off already."))
    return block


def _check_reach(block: Block, *, by: Any) -> None:
    if reach_of(by, "scheduling.block_time") is Reach.ALL:
        return
    if block.practitioner is None or block.practitioner.user_id != by.pk:
        raise NotAllowed(_("You can block your own time only."))


def _set_target(block: Block, wish: BlockWish) -> None:
    """Say whom or what it is about, and in which location's time."""
    if wish.kind in OF_PEOPLE:
        block.practitioner = _found(Practitioner.objects.current(), wish.practitioner_id, "practitioner_id")
        block.location = _location_of(wish, block.practitioner)
    elif wish.kind == BlockKind.CLOSURE:
        block.location = _found(Location.objects.all(), wish.location_id, "location_id")
    elif wish.equipment_id is not None:
        block.equipment = _found(Equipment.objects.select_related("location"), wish.equipment_id, "equipment_id")
        block.location = block.equipment.location
    else:
        block.room = _found(Room.objects.select_related("location"), wish.room_id, "room_id")
        block.location = block.room.location


def _location_of(wish: BlockWish, practitioner: Practitioner) -> Location:
    if wish.location_id is not None:
        return _found(Location.objects.all(), wish.location_id, "location_id")
    hours = practitioner.hours.select_related("location").order_by("pk").first()
    location = hours.location if hours else Location.objects.order_by("pk").first()
    if location is None:
        raise _refused("location_id", _("The practice has no location yet. Add one in the settings."))
    return location


def _found(rows: Any, wanted: UUID | None, name: str) -> Any:
    thing = rows.filter(pk=wanted).first() if wanted is not None else None
    if thing is None:
        raise _refused(name, _("Say whom or what it is about."))
    return thing


def _set_times(block: Block, wish: BlockWish, *, at: datetime) -> None:
    block.first_day, block.last_day = wish.first_day, wish.last_day or wish.first_day
    block.starts, block.ends = wish.starts, wish.ends
    if (wish.starts is None) != (wish.ends is None):
        raise _refused("ends", _("Give both a beginning and an end, or neither for whole days."))
    first, end = block.repeating.first_time
    if end <= first:
        raise _refused("last_day" if block.last_day < block.first_day else "ends", _("It ends after it begins."))
    if abs(block.first_day - at.date()) > FARTHEST or block.last_day - block.first_day > FARTHEST:
        raise _refused("first_day", _("That is more than ten years away."))
    block.rule, block.note = wish.rule.strip().upper(), wish.note[:300]
    block.skipped = sorted(set(wish.skipped))
    block.runs_until = block.last_day
    if block.rule:
        last = check_rule(block.rule, first)
        block.runs_until = last + (block.last_day - block.first_day) if last else None


def _refused(name: str, sentence: str) -> BlockRefused:
    return BlockRefused(sentence, fields={name: [sentence]})
