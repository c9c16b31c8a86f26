"""The public page: times kept until an e-mail is verified, links to visits, and who may frame it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.ids import new_id
from kernel.ranges import as_period
from modules.scheduling.models.appointments import Appointment
from modules.scheduling.models.catalogue import Service
from modules.scheduling.models.people import Practitioner
from modules.scheduling.models.places import Location, Room
from privacy.fields import SealedTextField


class HoldState(models.TextChoices):
    OPEN = "OPEN"
    BOOKED = "BOOKED"
    LAPSED = "LAPSED"


class Hold(models.Model):
    """A time kept for somebody on the public page until they have shown that the e-mail they gave is theirs.

    Nobody knows yet whose visit it will be, so it is none: it claims the practitioner's, the room's and the
    equipment's time while it is open, and what they said of themself is forgotten with it.
    """

    kept_out_of_exports = ("page_digest", "mail_digest", "code_digest")  # elsewhere the addresses would be others

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="+")
    room_place = models.PositiveSmallIntegerField(default=1)
    equipment_ids = ArrayField(models.UUIDField(), default=list)
    equipment_places = ArrayField(models.PositiveSmallIntegerField(), default=list)
    period = DateTimeRangeField()
    occupies = DateTimeRangeField()
    state = models.CharField(max_length=8, choices=HoldState, default=HoldState.OPEN)
    details = SealedTextField(blank=True)  # what they said of themself, while it is open
    page_digest = models.CharField(max_length=64, blank=True)  # of the secret in the address of their page
    mail_digest = models.CharField(max_length=64, blank=True)  # of the one in the link that was mailed last
    code_digest = models.CharField(max_length=64, blank=True)  # of the code that was mailed last
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(occupies__contains=F("period")), name="hold_occupies_its_period"),
            models.CheckConstraint(
                condition=Q(state=HoldState.BOOKED, appointment__isnull=False)
                | ~Q(state=HoldState.BOOKED) & Q(appointment=None),
                name="hold_booked_is_a_visit",
            ),
            models.UniqueConstraint(fields=["page_digest"], condition=~Q(page_digest=""), name="hold_page_once"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="hold_open", condition=Q(state=HoldState.OPEN)),
            models.Index(fields=["mail_digest"], name="hold_by_mail", condition=~Q(mail_digest="")),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def starts_at(self) -> datetime:
        return as_period(self.period).start

    @property
    def ends_at(self) -> datetime:
        return as_period(self.period).end

    def is_open(self, at: datetime) -> bool:
        return self.state == HoldState.OPEN and at < self.expires_at


class VisitLink(models.Model):
    """A secret address that was mailed, with which one visit is seen, moved and cancelled. Of it a digest is kept."""

    kept_out_of_exports = True  # elsewhere the address would be another one

    id = models.BigAutoField(primary_key=True)
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="visit_link_once")]


class BookingPage(models.Model):
    """Which other sites may show the public page in a frame. There is one; without a row, none may."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    framed_by = ArrayField(models.CharField(max_length=200), default=list)  # origins, as browsers write them

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="booking_page_is_one")]

    def __str__(self) -> str:
        return ", ".join(self.framed_by)
