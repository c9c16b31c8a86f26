"""What is booked, and every step of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from kernel.ranges import as_period
from modules.crm import public as crm
from modules.scheduling.domain.states import HOLDS_ITS_TIME, NEVER_A_VISIT, NOT_BEGUN, PROVISIONAL, Status
from modules.scheduling.models.catalogue import Service
from modules.scheduling.models.people import Practitioner
from modules.scheduling.models.places import Equipment, Location, Room
from modules.scheduling.models.series import Series
from modules.scheduling.models.sessions import GroupSession

STATUS_LABELS = {
    Status.REQUESTED: _("Asked for"),
    Status.RESERVED: _("Deposit due"),
    Status.OFFERED: _("Offered"),
    Status.SCHEDULED: _("Scheduled"),
    Status.CONFIRMED: _("Confirmed"),
    Status.CHECKED_IN: _("Checked in"),
    Status.IN_PROGRESS: _("In session"),
    Status.COMPLETED: _("Done"),
    Status.CANCELLED: _("Cancelled"),
    Status.NO_SHOW: _("No-show"),
    Status.LAPSED: _("Lapsed"),
}


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: Any) -> AppointmentQuerySet:
        """All for the desk; one's own calendar for practitioners; one's own visits for patients.

        What is only offered to somebody is no visit of theirs yet.
        """
        return narrow(
            self,
            user,
            "scheduling.view_appointment",
            care=Q(practitioner__user_id=user.pk),
            own=Q(patient__in=crm.answered_for_by(user.pk)) & ~Q(status=Status.OFFERED),
        )

    def holding_time(self) -> AppointmentQuerySet:
        return self.filter(status__in=HOLDS_ITS_TIME)

    def holding_or_missed(self) -> AppointmentQuerySet:
        """What a calendar shows: a missed visit stays where it was missed."""
        return self.exclude(status__in=[Status.CANCELLED, Status.LAPSED])

    def visits(self) -> AppointmentQuerySet:
        """Less what was only offered, or came to nothing."""
        return self.exclude(status__in=NEVER_A_VISIT)

    def not_begun(self) -> AppointmentQuerySet:
        return self.filter(status__in=NOT_BEGUN)

    def waiting_for_an_answer(self, at: datetime) -> AppointmentQuerySet:
        """What was asked for and can still be answered."""
        return self.filter(status=Status.REQUESTED, expires_at__gt=at)

    def within(self, start: datetime, end: datetime) -> AppointmentQuerySet:
        return self.filter(period__overlap=(start, end))

    def in_order(self) -> AppointmentQuerySet:
        return self.order_by(Lower("period"), "practitioner__name")

    def for_display(self) -> AppointmentQuerySet:
        return self.select_related("patient__client", "service", "practitioner", "room", "location")

    def with_services(self) -> AppointmentQuerySet:
        return self.prefetch_related("further_services__service")


@keeps_history
class Appointment(models.Model):
    """A visit. `period` is the visit itself; `occupies` adds the service's buffers.

    What it takes of whose time are its claims: of the practitioner and the room while it `occupies` them, of the
    patient for its `period`. One in a group takes a place of the group instead of a practitioner and a room.
    """

    kept_from_the_log = ("remark", "cancel_reason")  # said in confidence, often about somebody's health

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    patient = models.ForeignKey("crm.Patient", models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    practitioner_place = models.PositiveSmallIntegerField(db_default=1, default=1)
    patient_place = models.PositiveSmallIntegerField(db_default=1, default=1)
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="+")
    room_place = models.PositiveSmallIntegerField(default=1)
    session = models.ForeignKey(GroupSession, models.PROTECT, null=True, related_name="appointments")
    session_place = models.PositiveSmallIntegerField(null=True)
    series = models.ForeignKey(Series, models.PROTECT, null=True, related_name="appointments")
    planned_day = models.DateField(null=True)  # when the series has it, on the wall clock: where it was moved from,
    planned_time = models.TimeField(null=True)  # if it was moved by hand
    session_number = models.PositiveSmallIntegerField(null=True)  # the third
    session_total = models.PositiveSmallIntegerField(null=True)  # of ten
    package_id = models.UUIDField(null=True)  # what it is drawn from,
    package_number = models.PositiveSmallIntegerField(null=True)  # as the third session
    package_total = models.PositiveSmallIntegerField(null=True)  # of ten
    episode = models.ForeignKey("crm.EpisodeOfCare", models.PROTECT, null=True, related_name="+")
    period = DateTimeRangeField()
    occupies = DateTimeRangeField()
    status = models.CharField(max_length=12, choices=[(s.value, label) for s, label in STATUS_LABELS.items()])
    expires_at = models.DateTimeField(null=True)  # until when what is provisional holds its time
    source = models.CharField(max_length=10, default="desk")  # desk, portal, web, api, waiting, series
    referral = models.CharField(max_length=120, db_default="", default="", blank=True)  # who sent them
    remark = models.CharField(max_length=500, blank=True)  # for the practitioner, from whoever booked
    cancel_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)  # of the row: every change makes another
    sequence = models.PositiveIntegerField(db_default=0, default=0)  # of the invitation (RFC 5545 §3.8.7.4)
    checked_in_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(occupies__contains=F("period")), name="appointment_occupies_its_period"),
            models.CheckConstraint(condition=Q(period__isempty=False), name="appointment_takes_time"),
            models.CheckConstraint(
                condition=Q(session=None, session_place=None) | Q(session__isnull=False, session_place__isnull=False),
                name="appointment_has_its_place_in_the_group",
            ),
            models.CheckConstraint(
                condition=Q(series=None) | Q(planned_day__isnull=False, planned_time__isnull=False),
                name="appointment_has_its_place_in_the_series",
            ),
            models.CheckConstraint(
                condition=Q(package_id=None, package_number=None, package_total=None)
                | Q(package_id__isnull=False, package_number__isnull=False, package_total__isnull=False),
                name="appointment_numbered_in_its_package",
            ),
        ]
        indexes = [
            # Reads by day touch fewer pages in a B-tree than in the claims' GiST (research: performance).
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
    def planned_at(self) -> datetime | None:
        """When the series has it; None for what is in no series."""
        if self.planned_day is None or self.planned_time is None:
            return None
        return datetime.combine(self.planned_day, self.planned_time, self.location.zone)

    @property
    def is_off_its_series(self) -> bool:
        """Test whether it was moved by hand from where its series has it."""
        planned = self.planned_at
        return planned is not None and planned.timestamp() != self.starts_at.timestamp()

    @property
    def invitation(self) -> int:
        """The how manieth invitation this is: messages about an earlier one have no reason any more."""
        return self.sequence + 1

    @property
    def holds_its_time(self) -> bool:
        return self.status in HOLDS_ITS_TIME

    @property
    def is_provisional(self) -> bool:
        return self.status in PROVISIONAL

    @property
    def is_not_begun(self) -> bool:
        return self.status in NOT_BEGUN


class AppointmentService(models.Model):
    """A further service in the same visit, by the same practitioner, after those before it."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="further_services")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appointment", "position"], name="further_service_once")]


class AppointmentEquipment(models.Model):
    """A piece of equipment that a visit uses, for as long as it `occupies` its room."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="equipment")
    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField(default=1)  # which of several alike

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appointment", "equipment"], name="equipment_once_a_visit")]


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
