"""A group that comes again: every one is looked at, and all are put into the calendar, or none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.periods import Period, as_utc
from modules.scheduling.domain.series import Occasion, occasions_of, refused
from modules.scheduling.models import GroupSession, Location, Room, Series
from modules.scheduling.selectors import Look, Wanted, read_occasions, suitable_rooms
from modules.scheduling.services.groups.making import GroupWish, create_group
from modules.scheduling.services.placing.locking import lock_resources
from modules.scheduling.services.visits.wishes import read_practitioner, services_named


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """One group of a series: free, or what is in its way."""

    number: int
    starts_at: datetime
    look: Look

    @property
    def is_free(self) -> bool:
        return bool(self.look.slots)

    @property
    def in_the_way(self) -> list[str]:
        return list(dict.fromkeys(obstacle.sentence for obstacle in self.look.obstacles))


class GroupsTaken(Conflict):
    """Some of them cannot be had. `taken` are their numbers, with what is in the way; nothing was saved."""

    code = "groups-taken"

    def __init__(self, detail: str, *, groups: list[PlannedGroup]) -> None:
        super().__init__(detail)
        self.groups = groups

    def extra(self) -> dict[str, object]:
        return {
            "taken": [
                {"number": each.number, "start_time": each.starts_at.isoformat(), "reasons": each.in_the_way}
                for each in self.groups
                if not each.is_free
            ]
        }


def plan_groups(*, wish: GroupWish, rule: str, by: Any, at: datetime) -> list[PlannedGroup]:
    """Return each group of a series as it could be now. Raises `CannotBook`, `RuleRefused` or `NotAllowed`."""
    services = services_named((wish.service_id,))
    practitioner = read_practitioner(wish.practitioner_id, services=services, by=by)
    zone = _location_of(wish).zone
    length = (as_utc(wish.ends_at) - as_utc(wish.starts_at)) if wish.ends_at else services.length
    wanted = Wanted(
        services.all,
        practitioner_ids=frozenset({practitioner.pk}),
        room_id=wish.room_id,
        length=int(length.total_seconds() // 60),
    )
    starts = [as_utc(occasion.starts_at(zone)) for occasion in _occasions(wish, rule, zone)]
    known = read_occasions(wanted=wanted, span=Period(min(starts), max(starts) + length), patient_id=None, at=at)
    return [
        PlannedGroup(number, start.astimezone(zone), known.look(start)) for number, start in enumerate(starts, start=1)
    ]


def create_groups(
    *, wish: GroupWish, rule: str, by: Any, at: datetime, skip: Collection[int] = ()
) -> list[GroupSession]:
    """Put every group of a series into the calendar but those skipped: all, or none. Raises `GroupsTaken`."""
    location = _location_of(wish)
    occasions = [each for each in _occasions(wish, rule, location.zone) if each.number not in skip]
    if not occasions:
        raise refused(_("Choose at least one."), at="visits")
    made: list[GroupSession] = []
    failed = False
    with transaction.atomic():
        _lock(wish)
        series = _series(wish, rule, location, occasions[0], by=by)
        for occasion in occasions:
            try:
                made.append(create_group(wish=_at(wish, occasion, series), by=by, at=at))
            except Conflict:
                failed = True
        if failed:
            transaction.set_rollback(True)
    if failed:
        groups = [each for each in plan_groups(wish=wish, rule=rule, by=by, at=at) if each.number not in skip]
        numbers = ", ".join(str(each.number) for each in groups if not each.is_free)
        sentence = _("In the way of number %(numbers)s. Nothing has been saved.") % {"numbers": numbers}
        raise GroupsTaken(sentence, groups=groups)
    changes = audit.created(series, ["rule", "first_day", "starts"]) | {"groups": (None, len(made))}
    audit.record(action="scheduling.series.booked", of=series, by=by, changes=changes)
    return made


def _location_of(wish: GroupWish) -> Location:
    room = Room.objects.select_related("location").filter(pk=wish.room_id).first() if wish.room_id else None
    return room.location if room else Location.objects.order_by("pk")[0]


def _occasions(wish: GroupWish, rule: str, zone: ZoneInfo) -> list[Occasion]:
    return occasions_of(rule, wish.starts_at.astimezone(zone).replace(tzinfo=None))


def _series(wish: GroupWish, rule: str, location: Location, first: Occasion, *, by: Any) -> Series:
    services = services_named((wish.service_id,))
    length = (as_utc(wish.ends_at) - as_utc(wish.starts_at)) if wish.ends_at else services.length
    return Series.objects.create(
        location=location,
        service_ids=[wish.service_id],
        practitioner_ids=[wish.practitioner_id],
        room_id=wish.room_id,
        rule=rule.upper(),
        first_day=first.day,
        starts=first.time,
        length=int(length.total_seconds() // 60),
        created_by_id=by.pk,
        created_by_name=str(by),
    )


def _at(wish: GroupWish, occasion: Occasion, series: Series) -> GroupWish:
    starts_at = as_utc(occasion.starts_at(series.location.zone))
    ends_at = starts_at + (as_utc(wish.ends_at) - as_utc(wish.starts_at)) if wish.ends_at else None
    return replace(wish, starts_at=starts_at, ends_at=ends_at, series=series)


def _lock(wish: GroupWish) -> None:
    services = services_named((wish.service_id,))
    lock_resources(
        practitioners=[wish.practitioner_id],
        others=suitable_rooms(*services.all).values_list("pk", flat=True),
    )
