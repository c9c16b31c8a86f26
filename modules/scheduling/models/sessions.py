"""Visits of several at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import DateTimeRangeField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.ranges import as_period
from modules.scheduling.models.catalogue import Service
from modules.scheduling.models.people import Practitioner
from modules.scheduling.models.places import Location, Room
from modules.scheduling.models.series import Series


class SessionStatus(models.TextChoices):
    SCHEDULED = "SCHEDULED", _("Scheduled")
    CANCELLED = "CANCELLED", _("Cancelled")


class GroupSessionQuerySet(models.QuerySet["GroupSession"]):
    def visible_to(self, user: Any) -> GroupSessionQuerySet:
        """All for the desk; their own for practitioners."""
        return narrow(self, user, "scheduling.manage_groups", care=Q(practitioner__user_id=user.pk))

    def standing(self) -> GroupSessionQuerySet:
        return self.filter(status=SessionStatus.SCHEDULED)

    def within(self, start: datetime, end: datetime) -> GroupSessionQuerySet:
        return self.filter(period__overlap=(start, end))

    def for_display(self) -> GroupSessionQuerySet:
        return self.select_related("service", "practitioner", "room", "location")


class GroupSession(models.Model):
    """A class or group: it takes the practitioner's and the room's time; whoever comes has an appointment in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    practitioner_place = models.PositiveSmallIntegerField(default=1)
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="+")
    room_place = models.PositiveSmallIntegerField(default=1)
    series = models.ForeignKey(Series, models.PROTECT, null=True, related_name="sessions")
    title = models.CharField(max_length=100, blank=True)
    places = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(500)])
    period = DateTimeRangeField()
    occupies = DateTimeRangeField()
    status = models.CharField(max_length=12, choices=SessionStatus.choices, default=SessionStatus.SCHEDULED)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    objects = GroupSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(places__gte=1), name="session_has_a_place"),
            models.CheckConstraint(condition=Q(occupies__contains=F("period")), name="session_occupies_its_period"),
            models.CheckConstraint(condition=Q(period__isempty=False), name="session_takes_time"),
        ]
        indexes = [models.Index(Lower("period"), name="session_by_time")]

    def __str__(self) -> str:
        return self.title or self.service.name

    @property
    def starts_at(self) -> datetime:
        return as_period(self.period).start

    @property
    def ends_at(self) -> datetime:
        return as_period(self.period).end
