"""Calendars elsewhere: addresses at which an app reads visits from here, and calendars whose busy times are read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.lasting import Lasts
from modules.scheduling.models.people import Practitioner
from privacy.fields import SealedTextField

STALE_AFTER = timedelta(hours=6)


class Shows(models.TextChoices):
    """How much of a visit a feed tells. Whatever it tells, the company behind the calendar app reads, too."""

    VISIT = "visit", _("Only that there is a visit")
    INITIALS = "initials", _("The patient's initials")
    EVERYTHING = "everything", _("Names and services")


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def visible_to(self, user: Any) -> CalendarFeedQuerySet:
        """All for managers; those of one's own calendar for practitioners; one's own for patients."""
        care, own = Q(practitioner__user_id=user.pk), Q(user_id=user.pk)
        return narrow(self, user, "scheduling.share_calendar", care=care, own=own)

    def current(self) -> CalendarFeedQuerySet:
        """Those that have not been revoked, of nobody who has left."""
        return self.filter(ended_at=None, practitioner__ended_at=None)

    def in_order(self) -> CalendarFeedQuerySet:
        return self.order_by("practitioner__name", "created_at", "pk")


def calendars_shared_by(user: Any) -> Any:
    """Return the practitioners whose calendars somebody may put into apps: all for managers, else one's own."""
    rows = Practitioner.objects.current()
    return narrow(rows, user, "scheduling.share_calendar", care=Q(user_id=user.pk)).order_by("name")


class CalendarFeed(models.Model):
    """A secret address with somebody's visits: a practitioner's (`practitioner`), or a patient account's (`user_id`).

    Of the secret itself only a digest is kept. One for each device, so that a lost telephone costs one address.
    """

    kept_out_of_exports = ("digest",)  # elsewhere the address would be another one
    when_restored = Lasts(ends=("ended_at", "now"))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, null=True, related_name="feeds")
    user_id = models.UUIDField(null=True)
    label = models.CharField(max_length=60)
    shows = models.CharField(max_length=12, choices=Shows)
    digest = models.CharField(max_length=64, blank=True)
    made_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    last_fetched_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(practitioner__isnull=False, user_id=None) | Q(practitioner=None, user_id__isnull=False),
                name="feed_is_of_a_practitioner_or_an_account",
            ),
            models.UniqueConstraint(fields=["digest"], condition=~Q(digest=""), name="feed_secret_once"),
        ]
        indexes = [models.Index(fields=["user_id"], name="feed_of_account")]

    def __str__(self) -> str:
        return self.label

    @property
    def reader_id(self) -> UUID | None:
        """Whose rights it reads with: its owner's; where they have no account, those of whoever made it."""
        if self.practitioner is None:
            return self.user_id
        return self.practitioner.user_id or self.made_by_id


class ExternalCalendarQuerySet(models.QuerySet["ExternalCalendar"]):
    def visible_to(self, user: Any) -> ExternalCalendarQuerySet:
        """All for managers; their own for practitioners."""
        return narrow(self, user, "scheduling.connect_calendar", care=Q(practitioner__user_id=user.pk))

    def current(self) -> ExternalCalendarQuerySet:
        return self.filter(ended_at=None, practitioner__ended_at=None)

    def by_address(self) -> ExternalCalendarQuerySet:
        """Those that are read from an address, and not kept in step."""
        return self.filter(sync=None)

    def in_order(self) -> ExternalCalendarQuerySet:
        return self.order_by("practitioner__name", "created_at", "pk")


class ExternalCalendar(models.Model):
    """A practitioner's calendar somewhere else, of which only the busy times are read.

    `problem` is the code of what stood in the way the last time; the busy times that were read before stay as they are.
    """

    kept_out_of_exports = ("url",)  # whoever has it reads a private calendar

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="external_calendars")
    label = models.CharField(max_length=60)
    url = SealedTextField(blank=True)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=60, blank=True)
    problem = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    last_tried_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)  # when its busy times were last worked out, and not only unchanged
    ended_at = models.DateTimeField(null=True)

    objects = ExternalCalendarQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["practitioner"], name="external_of_practitioner", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return self.label

    def is_stale(self, at: datetime) -> bool:
        """Test whether what was read from it is too old to be relied on."""
        return at - (self.last_ok_at or self.created_at) > STALE_AFTER


class ExternalBusy(models.Model):
    """A time at which a practitioner is busy elsewhere. With what is not kept, only when."""

    kept_out_of_exports = True  # a copy of what is elsewhere

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, related_name="busy")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    uid_hash = models.CharField(max_length=32)  # which entry it comes of, to be told apart and not to be read

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(during__isempty=False), name="external_busy_takes_time")]
        indexes = [GistIndex(fields=["practitioner", "during"], name="external_busy_of")]
