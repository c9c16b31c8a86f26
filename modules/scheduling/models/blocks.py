"""When somebody is away, a location closed, or a room or device out of order."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.scheduling.domain.repeating import Repeating
from modules.scheduling.models.people import Practitioner
from modules.scheduling.models.places import Equipment, Location, Room


class BlockKind(StrEnum):
    LEAVE = "LEAVE"
    BREAK = "BREAK"
    PERSONAL = "PERSONAL"  # set by practitioners for themselves
    CLOSURE = "CLOSURE"
    MAINTENANCE = "MAINTENANCE"


KIND_LABELS = {
    BlockKind.LEAVE: _("Leave"),
    BlockKind.BREAK: _("Break"),
    BlockKind.PERSONAL: _("Block"),
    BlockKind.CLOSURE: _("Closure"),
    BlockKind.MAINTENANCE: _("Maintenance"),
}
OF_PEOPLE = (BlockKind.LEAVE, BlockKind.BREAK, BlockKind.PERSONAL)


def _only(target: str = "") -> Q:
    """Of the things that a block may be about, this one is set."""
    return Q(**{f"{name}__isnull": name != target for name in ("practitioner", "room", "equipment")})


# Written as alternatives: Postgres would print an IN list differently each time a schema's DDL is replayed.
ABOUT_PEOPLE = Q(kind="LEAVE") | Q(kind="BREAK") | Q(kind="PERSONAL")


class BlockQuerySet(models.QuerySet["Block"]):
    def visible_to(self, user: Any) -> BlockQuerySet:
        """All for who keeps the hours; their own for practitioners."""
        return narrow(self, user, "scheduling.block_time", care=Q(practitioner__user_id=user.pk))

    def current(self) -> BlockQuerySet:
        """Those that have not been called off."""
        return self.filter(ended_at=None)

    def with_targets(self) -> BlockQuerySet:
        return self.select_related("practitioner", "room", "equipment", "location")


@keeps_history
class Block(models.Model):
    """A stretch of time in which something cannot be had, once or again and again. Called off, never deleted.

    The times are those of the location's wall clock; without them, it is whole days, the last included. `rule` is an
    RRULE of RFC 5545 that repeats it, but for the days in `skipped`; `runs_until` is then the last day of all.
    """

    kept_from_the_log = ("note", "end_reason")  # why somebody is away may be about their health

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=11, choices=[(kind.value, label) for kind, label in KIND_LABELS.items()])
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")  # whose clock it is in; what is closed
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, related_name="blocks")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="blocks")
    equipment = models.ForeignKey(Equipment, models.PROTECT, null=True, related_name="blocks")
    first_day = models.DateField()
    starts = models.TimeField(null=True)
    last_day = models.DateField()
    ends = models.TimeField(null=True)
    rule = models.CharField(max_length=200, blank=True)
    skipped = ArrayField(models.DateField(), default=list, blank=True)
    runs_until = models.DateField(null=True)  # none: without an end
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.UUIDField(null=True)
    ended_by_name = models.CharField(max_length=150, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(ABOUT_PEOPLE & _only("practitioner"))
                | (Q(kind="CLOSURE") & _only())
                | (Q(kind="MAINTENANCE") & (_only("room") | _only("equipment"))),
                name="block_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gt=F("first_day"), starts__isnull=False, ends__isnull=False)
                | Q(last_day=F("first_day"), starts__isnull=False, ends__gt=F("starts"))
                | Q(last_day__gte=F("first_day"), starts__isnull=True, ends__isnull=True),
                name="block_takes_time",
            ),
        ]
        indexes = [
            models.Index(fields=["runs_until"], condition=Q(ended_at=None), name="block_current_by_end"),
        ]

    def __str__(self) -> str:
        return str(self.target)

    @property
    def target(self) -> Practitioner | Room | Equipment | Location:
        return self.practitioner or self.room or self.equipment or self.location

    @property
    def repeating(self) -> Repeating:
        return Repeating(self.first_day, self.starts, self.last_day, self.ends, self.rule, self.skipped)
