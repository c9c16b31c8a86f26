"""Who is booked, and when they work."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from modules.scheduling.domain.hours import Offered
from modules.scheduling.models.places import CurrentQuerySet, Location

OFFERED_LABELS = {
    Offered.ONLINE: _("Book online"),
    Offered.CONTACT: _("Contact us to book"),
    Offered.STAFF: _("Staff only"),
}
OFFERED_CHOICES = [(each.value, label) for each, label in OFFERED_LABELS.items()]


class Practitioner(models.Model):
    """Somebody who is booked. `user_id` is their account, once they have one here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField(null=True, editable=False)
    name = models.CharField(max_length=150)
    category = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(8)])
    daily_limit = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])  # visits
    video_room = models.URLField(
        blank=True, db_default="", validators=[URLValidator(["https"])]
    )  # the address of their own room
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id"], name="practitioner_once")]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """A stretch of a practitioner's week, in the wall-clock time of the location: a weekly rule of RFC 5545.

    It ends the next day if `ends` is not after `starts`; midnight to midnight is a whole day. With `every_weeks`, it
    holds in the week of `valid_from` and in each n-th week after.
    """

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="hours")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    starts = models.TimeField()
    ends = models.TimeField()
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)  # the last day
    every_weeks = models.PositiveSmallIntegerField(default=1, db_default=1)
    offered = models.CharField(
        max_length=8, choices=OFFERED_CHOICES, default=Offered.ONLINE.value, db_default=Offered.ONLINE.value
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="hours_on_a_weekday"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="hours_valid_for_a_day",
            ),
            models.CheckConstraint(
                condition=Q(every_weeks=1) | Q(every_weeks__gte=1, every_weeks__lte=52, valid_from__isnull=False),
                name="hours_counted_from_a_week",
            ),
            models.UniqueConstraint(
                fields=["practitioner", "weekday", "starts", "valid_from", "location"],
                nulls_distinct=False,
                name="hours_once_from_a_day",
            ),
        ]


class DayHours(models.Model):
    """The hours of one day instead of the weekly ones, wherever those are. Without `starts`, the day is off."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="day_hours")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    day = models.DateField()
    starts = models.TimeField(null=True, blank=True)
    ends = models.TimeField(null=True, blank=True)
    offered = models.CharField(max_length=8, choices=OFFERED_CHOICES, default=Offered.ONLINE.value)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True) | Q(starts__isnull=False, ends__isnull=False),
                name="day_hours_whole_or_off",
            ),
            models.UniqueConstraint(
                fields=["practitioner", "day", "starts"], nulls_distinct=False, name="day_hours_once"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="day_hours_by_day")]
