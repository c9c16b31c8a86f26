"""Calendars elsewhere that are kept in step: what is put there, and what was read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from kernel.ids import new_id
from modules.scheduling.models.appointments import Appointment
from modules.scheduling.models.feeds import ExternalCalendar, Shows
from modules.scheduling.models.people import Practitioner
from privacy.fields import SealedTextField

LEFTOVERS_ARE_SHOWN_FOR = timedelta(days=30)


class CalendarSyncQuerySet(models.QuerySet["CalendarSync"]):
    def visible_to(self, user: Any) -> CalendarSyncQuerySet:
        """Those of the calendars that somebody sees."""
        return self.filter(calendar__in=ExternalCalendar.objects.visible_to(user))

    def current(self) -> CalendarSyncQuerySet:
        return self.filter(calendar__ended_at=None, calendar__practitioner__ended_at=None)

    def in_order(self) -> CalendarSyncQuerySet:
        return self.order_by("calendar__practitioner__name", "calendar__created_at", "pk")

    def for_display(self) -> CalendarSyncQuerySet:
        """With how many visits are there."""
        there = models.Count("pushed", filter=~Q(pushed__digest=""))
        return self.select_related("calendar__practitioner").annotate(visits_there=there)

    def in_use(self) -> CalendarSyncQuerySet:
        """Those whose calendar was chosen, with the ended ones from which something is still to be taken out."""
        return self.filter(has_account=True, is_chosen=True)

    def just_ended(self, at: datetime) -> CalendarSyncQuerySet:
        """Those that somebody ended and that are not done with, or left something behind."""
        still_there = Q(has_account=True, is_chosen=True) | Q(left_behind__gt=0)
        return self.filter(still_there, calendar__ended_at__gt=at - LEFTOVERS_ARE_SHOWN_FOR)


class CalendarSync(models.Model):
    """How a calendar elsewhere is kept in step: whose account, in which directions, and how far it got.

    Whoever has the `lease` is at it, until it runs out; who comes meanwhile leaves word (`is_asked_again`).
    """

    kept_out_of_exports = ("address", "user_name", "password", "choices", "mark")  # an account that is not ours

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    calendar = models.OneToOneField(ExternalCalendar, models.PROTECT, related_name="sync")
    address = SealedTextField(blank=True)
    user_name = SealedTextField(blank=True)
    password = SealedTextField(blank=True)
    choices = SealedTextField(blank=True)  # the calendars of the account, as they were when it was connected
    has_account = models.BooleanField(default=True, db_default=True)
    is_chosen = models.BooleanField(default=False, db_default=False)
    pushes = models.BooleanField(default=False, db_default=False)
    pulls = models.BooleanField(default=False, db_default=False)
    shows = models.CharField(max_length=12, choices=Shows, default=Shows.VISIT)
    made_by_id = models.UUIDField(null=True)
    mark = models.TextField(blank=True)  # what to ask for changes with
    pulled_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    is_asked_again = models.BooleanField(default=False, db_default=False)
    left_behind = models.PositiveIntegerField(default=0, db_default=0)  # entries that could not be taken out at the end

    objects = CalendarSyncQuerySet.as_manager()

    visits_there: int  # read `for_display()`

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_chosen=True) | Q(pushes=False, pulls=False), name="sync_knows_its_calendar"
            ),
        ]

    def __str__(self) -> str:
        return str(self.calendar)

    @property
    def practitioner(self) -> Practitioner:
        return self.calendar.practitioner

    @property
    def found(self) -> list[dict[str, Any]]:
        """The calendars that can be chosen."""
        return json.loads(self.choices) if self.choices else []

    @property
    def is_over(self) -> bool:
        return self.calendar.ended_at is not None or self.calendar.practitioner.ended_at is not None


class PushedVisit(models.Model):
    """A visit that is, or is to be, in a calendar elsewhere. The row is there before the entry is.

    `digest` is of what the entry says; empty while it is not known to be there.
    """

    kept_out_of_exports = True  # elsewhere, nobody is signed in there

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sync = models.ForeignKey(CalendarSync, models.CASCADE, related_name="pushed")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    raised_by = models.PositiveSmallIntegerField(default=0)  # how far its SEQUENCE is above ours: it was changed there
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sync", "appointment"], name="visit_pushed_once")]


class SyncedEntry(models.Model):
    """An entry of a calendar elsewhere as it was read last: that it was, and not what it says."""

    kept_out_of_exports = True  # a copy of what is elsewhere

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, related_name="entries")
    name = models.CharField(max_length=32)
    etag = models.CharField(max_length=200, blank=True)
    is_unread = models.BooleanField(default=False, db_default=False)  # what it says makes no sense

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "name"], name="synced_entry_once")]
