"""Where, with whom and what can be booked, and what is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from kernel.money import Money
from kernel.ranges import as_period
from modules.scheduling.domain.states import HOLDS_ITS_TIME, NOT_BEGUN, Status

STATUS_LABELS = {
    Status.SCHEDULED: _("Scheduled"),
    Status.CONFIRMED: _("Confirmed"),
    Status.CHECKED_IN: _("Checked in"),
    Status.IN_PROGRESS: _("In session"),
    Status.COMPLETED: _("Done"),
    Status.CANCELLED: _("Cancelled"),
    Status.NO_SHOW: _("No-show"),
}


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


class Room(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    capacity = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(50)], help_text=_("How many visits at a time.")
    )
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(capacity__gte=1), name="room_has_a_place")]

    def __str__(self) -> str:
        return self.name


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


class Service(models.Model):
    """What can be booked: how long, for how much, by whom, where. Times in minutes, money in minor units."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    duration = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(720)])
    buffer_before = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    buffer_after = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    price_minor = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, editable=False)
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    category = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(8)])
    needs_room = models.BooleanField(default=True)
    bookable_online = models.BooleanField(default=True)
    practitioners = models.ManyToManyField(Practitioner, related_name="services")
    rooms = models.ManyToManyField(Room, related_name="services", blank=True)  # none named: any will do
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(duration__gte=5), name="service_takes_time"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="service_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)


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
