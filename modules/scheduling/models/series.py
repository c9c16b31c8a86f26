"""Visits that belong together: a rule they follow, or a course that was placed where there was room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from access.permissions import narrow
from kernel.ids import new_id
from modules.scheduling.models.places import Location, Room


class SeriesQuerySet(models.QuerySet["Series"]):
    def visible_to(self, user: Any) -> SeriesQuerySet:
        """All for the desk; for practitioners those with a visit in their own calendar."""
        theirs = Series.objects.filter(appointments__practitioner__user_id=user.pk)
        return narrow(self, user, "scheduling.manage_series", care=Q(pk__in=theirs.values("pk")))

    def for_display(self) -> SeriesQuerySet:
        return self.select_related("patient__client", "location", "room")


class Series(models.Model):
    """What was agreed for several visits. Each is an appointment of its own and knows which one it is.

    `rule` is an RRULE of RFC 5545 on the wall clock of the location; without one, it is a course of as many visits as
    there are. Several practitioners: each visit is with one of them. A group's series has no patient.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    patient = models.ForeignKey("crm.Patient", models.PROTECT, null=True, related_name="+")
    service_ids = ArrayField(models.UUIDField())  # the first is the main one
    practitioner_ids = ArrayField(models.UUIDField(), default=list)  # none: whoever is free
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="+")
    rule = models.CharField(max_length=200, blank=True)
    first_day = models.DateField()
    starts = models.TimeField()
    length = models.PositiveSmallIntegerField()  # minutes
    continues = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")  # changed from some day on
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=150, blank=True)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(length__gte=1), name="series_takes_time")]

    @property
    def subject_id(self) -> Any:
        """Whose visits these are, for the audit log."""
        return self.patient_id

    @property
    def first_start(self) -> datetime:
        """When it begins, on the wall clock."""
        return datetime.combine(self.first_day, self.starts)
