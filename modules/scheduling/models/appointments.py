"""What is booked, and every step of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from kernel.ranges import as_period
from modules.scheduling.domain.states import HOLDS_ITS_TIME, NOT_BEGUN, Status
from modules.scheduling.models.catalogue import Service
from modules.scheduling.models.people import Practitioner
from modules.scheduling.models.places import Location, Room

STATUS_LABELS = {
    Status.SCHEDULED: _("Scheduled"),
    Status.CONFIRMED: _("Confirmed"),
    Status.CHECKED_IN: _("Checked in"),
    Status.IN_PROGRESS: _("In session"),
    Status.COMPLETED: _("Done"),
    Status.CANCELLED: _("Cancelled"),
    Status.NO_SHOW: _("No-show"),
}


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: Any) -> AppointmentQuerySet:
        """All for the desk; one's own calendar for practitioners; one's own visits for patients."""
        return narrow(
            self,
            user,
            "scheduling.view_appointment",
            care=Q(practitioner__user_id=user.pk),
            own=Q(patient__client__user_id=user.pk),
        )

    def holding_time(self) -> AppointmentQuerySet:
        return self.filter(status__in=HOLDS_ITS_TIME)

    def holding_or_missed(self) -> AppointmentQuerySet:
        """What a calendar shows: a missed visit stays where it was missed."""
        return self.exclude(status=Status.CANCELLED)

    def not_begun(self) -> AppointmentQuerySet:
        return self.filter(status__in=NOT_BEGUN)

    def within(self, start: datetime, end: datetime) -> AppointmentQuerySet:
        return self.filter(period__overlap=(start, end))

    def in_order(self) -> AppointmentQuerySet:
        return self.order_by(Lower("period"), "practitioner__name")

    def for_display(self) -> AppointmentQuerySet:
        return self.select_related("patient__client", "service", "practitioner", "room", "location")


# Written as two inequalities: Postgres would print an IN list differently each time a schema's DDL is replayed.
HOLDING_TIME = ~Q(status=Status.CANCELLED.value) & ~Q(status=Status.NO_SHOW.value)


@keeps_history
class Appointment(models.Model):
    """A visit. `period` is the visit itself; `occupies` adds the service's buffers and is what must not overlap.

    A room with several places gives each visit one of them, so that the same constraint that keeps two visits apart
    keeps a third out of two places.
    """

    kept_from_the_log = ("remark", "cancel_reason")  # said in confidence, often about somebody's health

    PRACTITIONER_CLASH = "appointment_practitioner_clash"
    ROOM_CLASH = "appointment_room_clash"
    PATIENT_CLASH = "appointment_patient_clash"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    patient = models.ForeignKey("crm.Patient", models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="+")
    room_place = models.PositiveSmallIntegerField(default=1)
    period = DateTimeRangeField()
    occupies = DateTimeRangeField()
    status = models.CharField(max_length=12, choices=[(s.value, label) for s, label in STATUS_LABELS.items()])
    source = models.CharField(max_length=10, default="desk")  # desk, portal, api
    remark = models.CharField(max_length=500, blank=True)  # for the practitioner, from whoever booked
    cancel_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    checked_in_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="appointment_practitioner_clash",
                expressions=[("practitioner", RangeOperators.EQUAL), ("occupies", RangeOperators.OVERLAPS)],
                condition=HOLDING_TIME,
            ),
            ExclusionConstraint(
                name="appointment_room_clash",
                expressions=[
                    ("room", RangeOperators.EQUAL),
                    ("room_place", RangeOperators.EQUAL),
                    ("occupies", RangeOperators.OVERLAPS),
                ],
                condition=HOLDING_TIME,
            ),
            ExclusionConstraint(
                name="appointment_patient_clash",
                expressions=[("patient", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=HOLDING_TIME,
            ),
            models.CheckConstraint(condition=Q(occupies__contains=F("period")), name="appointment_occupies_its_period"),
            models.CheckConstraint(condition=Q(period__isempty=False), name="appointment_takes_time"),
        ]
        indexes = [
            # Reads by day touch fewer pages in a B-tree than in the constraints' GiST (research: performance).
            models.Index(F("practitioner"), Lower("occupies"), name="appointment_by_practitioner"),
            models.Index(F("patient"), Lower("period"), name="appointment_by_patient"),
            models.Index(Lower("period"), name="appointment_by_time"),
        ]

    @property
    def subject_id(self) -> UUID:
        """Whose visit this is, for the audit log."""
        return self.patient_id

    @property
    def starts_at(self) -> datetime:
        return as_period(self.period).start

    @property
    def ends_at(self) -> datetime:
        return as_period(self.period).end

    @property
    def holds_its_time(self) -> bool:
        return self.status in HOLDS_ITS_TIME

    @property
    def is_not_begun(self) -> bool:
        return self.status in NOT_BEGUN


class AppointmentChange(models.Model):
    """What became of an appointment, step by step: when, by whom, why. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)
    status = models.CharField(max_length=12)
    period = DateTimeRangeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["appointment", "at"], name="change_of_appointment")]
