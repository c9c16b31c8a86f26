"""Where visits are held, and in what."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id


class Location(models.Model):
    """A place of the practice. Its clock is what opening hours mean."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    street = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    time_zone = models.CharField(max_length=64)
    change_notice_hours = models.PositiveSmallIntegerField(default=2)  # until when patients may move or cancel

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def address(self) -> str:
        town = f"{self.postal_code} {self.city}".strip()
        return ", ".join(line for line in (self.street, town) if line)


class CurrentQuerySet(models.QuerySet[Any]):
    def current(self) -> Any:
        """Those that have not been ended."""
        return self.filter(ended_at=None)


class RoomType(models.Model):
    """What a room is for, so that a service may ask for a kind of room."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="room_type_once")]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    capacity = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(50)], help_text=_("How many visits at a time.")
    )
    room_type = models.ForeignKey(RoomType, models.PROTECT, null=True, blank=True, related_name="rooms")
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(capacity__gte=1), name="room_has_a_place")]

    def __str__(self) -> str:
        return self.name


class EquipmentKind(models.Model):
    """What a piece of equipment is: a service asks for one of a kind."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="equipment_kind_once")]

    def __str__(self) -> str:
        return self.name


class Equipment(models.Model):
    """A piece of equipment, or several alike: `capacity` visits use it at a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="equipment")
    kind = models.ForeignKey(EquipmentKind, models.PROTECT, related_name="equipment")
    name = models.CharField(max_length=60)
    capacity = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(50)], help_text=_("How many visits at a time.")
    )
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(capacity__gte=1), name="equipment_has_a_place")]

    def __str__(self) -> str:
        return self.name
