"""Who is booked, and when they work."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from kernel.ids import new_id
from modules.scheduling.models.places import CurrentQuerySet, Location


class Practitioner(models.Model):
    """Somebody who is booked. `user_id` is their account, once they have one here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField(null=True, editable=False)
    name = models.CharField(max_length=150)
    category = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(8)])
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id"], name="practitioner_once")]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """A stretch of a practitioner's week, in the wall-clock time of the location."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="hours")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="hours_on_a_weekday"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="hours_end_after_start"),
            models.UniqueConstraint(fields=["practitioner", "weekday", "starts"], name="hours_once"),
        ]
