"""Who would come sooner, which times came free, and what was offered to whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.quiet import EVENING, MORNING
from kernel.ranges import as_period
from modules.crm import public as crm
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models.appointments import Appointment
from modules.scheduling.models.catalogue import Service
from modules.scheduling.models.people import Practitioner
from modules.scheduling.models.places import Location
from modules.scheduling.models.sessions import GroupSession

PRIORITY_LABELS = {
    Priority.URGENT: _("Urgent"),
    Priority.SOON: _("Soon"),
    Priority.ROUTINE: _("Routine"),
}
LONGEST_NOTICE = 14 * 1440  # minutes
OFFER_MINUTES = 120


class EntryState(models.TextChoices):
    WAITING = "WAITING", _("Waiting")
    OFFERED = "OFFERED", _("Has an offer")
    BOOKED = "BOOKED", _("Booked")
    WITHDRAWN = "WITHDRAWN", _("Taken off the list")
    EXPIRED = "EXPIRED", _("Its days have passed")


class OfferState(models.TextChoices):
    HELD = "HELD", _("Waits for an answer")
    ACCEPTED = "ACCEPTED", _("Accepted")
    DECLINED = "DECLINED", _("Declined")
    EXPIRED = "EXPIRED", _("Not answered in time")
    WITHDRAWN = "WITHDRAWN", _("Taken back")


class FreedState(models.TextChoices):
    OPEN = "OPEN", _("Looked for")
    FILLED = "FILLED", _("Filled")
    CLOSED = "CLOSED", _("Nobody, or too late")


LIVE = (EntryState.WAITING, EntryState.OFFERED)


class WaitingEntryQuerySet(models.QuerySet["WaitingEntry"]):
    def visible_to(self, user: Any) -> WaitingEntryQuerySet:
        """All for the desk; those that name them for practitioners; one's own for patients."""
        named = WaitingEntry.practitioners.through.objects.filter(practitioner__user_id=user.pk)
        return narrow(
            self,
            user,
            "scheduling.view_waiting",
            care=Q(pk__in=named.values("waitingentry_id")),
            own=Q(patient__in=crm.answered_for_by(user.pk)),
        )

    def live(self) -> WaitingEntryQuerySet:
        return self.filter(state__in=LIVE)

    def for_display(self) -> WaitingEntryQuerySet:
        return self.select_related("patient__client", "service", "location", "appointment", "session").prefetch_related(
            "practitioners", "windows", "further_services__service"
        )

    def in_order(self) -> WaitingEntryQuerySet:
        """The most urgent first, then whoever has waited longest."""
        return self.order_by(models.Case(*_ranks(), default=9), "created_at", "pk")


def _ranks() -> list[models.When]:
    return [models.When(priority=priority, then=rank) for rank, priority in enumerate(Priority)]


class WaitingEntry(models.Model):
    """Somebody who would come when a time comes free: for what, with whom, when they can, and how soon they need to.

    With an `appointment`, it is that visit that they would like earlier; with a `session`, a place in that group.
    """

    kept_from_the_log = ("remark", "priority_reason")  # why somebody is in a hurry may be about their health

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey("crm.Patient", models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    practitioners = models.ManyToManyField(Practitioner, related_name="+", blank=True)  # none: anybody
    location = models.ForeignKey(Location, models.PROTECT, null=True, related_name="+")  # none: anywhere
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    session = models.ForeignKey(GroupSession, models.PROTECT, null=True, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField(null=True)
    notice_minutes = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(LONGEST_NOTICE)])
    priority = models.CharField(
        max_length=8, choices=[(each.value, label) for each, label in PRIORITY_LABELS.items()], default=Priority.ROUTINE
    )
    priority_reason = models.CharField(max_length=200, blank=True)
    remark = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=EntryState, default=EntryState.WAITING)
    source = models.CharField(max_length=10, default="desk")  # desk, portal, api
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)  # when it was booked, taken off, or its days had passed

    objects = WaitingEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")), name="waiting_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(priority=Priority.ROUTINE.value) | ~Q(priority_reason=""), name="waiting_hurry_has_a_reason"
            ),
            models.CheckConstraint(
                condition=(Q(state="WAITING") | Q(state="OFFERED")) & Q(ended_at=None)
                | ~Q(state="WAITING") & ~Q(state="OFFERED") & Q(ended_at__isnull=False),
                name="waiting_ends_once",
            ),
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(ended_at=None, appointment__isnull=False),
                name="waiting_once_for_a_visit",
            ),
        ]
        indexes = [
            models.Index(fields=["service"], condition=Q(state="WAITING"), name="waiting_by_service"),
            models.Index(fields=["patient"], name="waiting_by_patient"),
            models.Index(fields=["created_at"], condition=Q(ended_at=None), name="waiting_live"),
        ]

    def __str__(self) -> str:
        return f"{self.patient}, {self.service}"

    @property
    def subject_id(self) -> UUID:
        """Who waits, for the audit log."""
        return self.patient_id

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class WaitingService(models.Model):
    """A further service that is wanted in the same visit."""

    entry = models.ForeignKey(WaitingEntry, models.CASCADE, related_name="further_services")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "position"], name="waiting_service_once")]


class WaitingWindow(models.Model):
    """Hours of the wall clock in which somebody can come, on some days of the week; none named: each."""

    entry = models.ForeignKey(WaitingEntry, models.CASCADE, related_name="windows")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)  # 0 is Monday
    starts = models.TimeField(null=True)
    ends = models.TimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts=None) | Q(ends=None) | Q(ends__gt=F("starts")), name="waiting_window_takes_time"
            )
        ]


class FreedTime(models.Model):
    """A time that came free and is offered around, one after the other. `cause` tells why, once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cause = models.CharField(max_length=120, unique=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    session = models.ForeignKey(GroupSession, models.PROTECT, null=True, related_name="+")
    period = DateTimeRangeField()
    due_at = models.DateTimeField()  # not before: it could still be undone, or it is night
    state = models.CharField(max_length=6, choices=FreedState, default=FreedState.OPEN)
    depth = models.PositiveSmallIntegerField(default=0)  # how many changes of hands led to it
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(period__isempty=False), name="freed_takes_time")]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="OPEN"), name="freed_open")]

    @property
    def starts_at(self) -> datetime:
        return as_period(self.period).start

    @property
    def ends_at(self) -> datetime:
        return as_period(self.period).end


class OfferQuerySet(models.QuerySet["Offer"]):
    def about(self, entries: WaitingEntryQuerySet) -> OfferQuerySet:
        """Those that were made to these: start at the entries that somebody sees."""
        return self.filter(entry__in=entries.values("pk"))

    def held(self) -> OfferQuerySet:
        return self.filter(state=OfferState.HELD)

    def for_display(self) -> OfferQuerySet:
        return self.select_related(
            "patient__client",
            "entry__service",
            "appointment__service",
            "appointment__location",
            "appointment__practitioner",
            "appointment__room",
            "booked",
        )


class Offer(models.Model):
    """A time that is kept for somebody until they answer. Once answered it is never changed again.

    `appointment` keeps the time; `booked` is the visit that came of it: the same one, or the one that was moved there.
    """

    kept_out_of_exports = ("digest",)  # elsewhere the address would be another one

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entry = models.ForeignKey(WaitingEntry, models.PROTECT, related_name="offers")
    patient = models.ForeignKey("crm.Patient", models.PROTECT, related_name="+")
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="offer")
    booked = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    freed = models.ForeignKey(FreedTime, models.PROTECT, null=True, related_name="offers")  # none: staff chose
    period = DateTimeRangeField()
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.HELD)
    digest = models.CharField(max_length=64, unique=True)
    score = models.SmallIntegerField()
    reasons = models.JSONField()  # of domain.waiting.Reason: code, points, value
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    by_id = models.UUIDField(null=True)  # who offered it; nobody: it happened by itself
    by_name = models.CharField(max_length=150, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by_id = models.UUIDField(null=True)
    settled_by_name = models.CharField(max_length=150, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(state="HELD"), name="offer_one_at_a_time"),
            ExclusionConstraint(
                name="offer_one_for_a_time",
                expressions=[("patient", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=Q(state="HELD"),
            ),
            models.UniqueConstraint(fields=["freed", "entry"], name="offer_once_for_a_freed_time"),
            models.CheckConstraint(
                condition=Q(state="HELD", settled_at=None) | ~Q(state="HELD") & Q(settled_at__isnull=False),
                name="offer_settled_once",
            ),
            models.CheckConstraint(
                condition=Q(state="ACCEPTED", booked__isnull=False) | ~Q(state="ACCEPTED") & Q(booked=None),
                name="offer_accepted_is_booked",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="HELD"), name="offer_held")]

    def __str__(self) -> str:
        return str(self.entry)

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def starts_at(self) -> datetime:
        return as_period(self.period).start

    @property
    def ends_at(self) -> datetime:
        return as_period(self.period).end

    @property
    def is_held(self) -> bool:
        return self.state == OfferState.HELD


class WaitingRules(models.Model):
    """How freed times of a location are offered: whether at all, for how long, and when nobody is written to."""

    location = models.OneToOneField(Location, models.CASCADE, primary_key=True, related_name="waiting_rules")
    fills_itself = models.BooleanField(default=True)
    offer_minutes = models.PositiveSmallIntegerField(
        default=OFFER_MINUTES, validators=[MinValueValidator(10), MaxValueValidator(2880)]
    )
    quiet_from = models.TimeField(default=EVENING)
    quiet_until = models.TimeField(default=MORNING)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(offer_minutes__gte=10), name="offer_takes_time")]
