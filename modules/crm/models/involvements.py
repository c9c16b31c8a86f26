"""Who answers for a patient, as what, and from when until when."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.models.people import Client, Patient, read_by


class InvolvementRole(models.TextChoices):
    """What a client is to a patient. The client in force is the one who is written to: `Patient.client`."""

    CLIENT = "client", _("Is written to")
    OWNER = "owner", _("Owner")
    PAYER = "payer", _("Pays")
    GUARDIAN = "guardian", _("Guardian")
    CONSENTER = "consenter", _("Signs for them")
    AUTHORISER = "authoriser", _("May authorise treatment")
    EMERGENCY = "emergency", _("In an emergency")


DAYS = Func(F("since"), F("until"), function="daterange", output_field=DateRangeField())


class InvolvementQuerySet(models.QuerySet["Involvement"]):
    def visible_to(self, user: Any) -> InvolvementQuerySet:
        return narrow(self, user, "crm.view_involvement", care=Q(patient__in=read_by(user).values("pk")))

    def in_force(self, on: date) -> InvolvementQuerySet:
        """Those of a day. Who is written to is so from now on: Postgres wrote its own day."""
        begun = Q(since__lte=on) | Q(role=InvolvementRole.CLIENT)
        return self.filter(begun, Q(until=None) | Q(until__gt=on))


@keeps_history
class Involvement(models.Model):
    """A client's role towards a patient, from a day until another, on which it is no longer.

    Postgres refuses two equal ones at a time, and a second who is written to; it keeps the role of the client itself in
    step with `Patient.client` (migration 0016), so that nobody forgets to.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="involvements")
    client = models.ForeignKey(Client, models.PROTECT, related_name="involvements")
    role = models.CharField(max_length=10, choices=InvolvementRole)
    share = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # of an owner, in percent
    since = models.DateField()
    until = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    objects = InvolvementQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="involvement_once_at_a_time",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("client", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (
                        Func(F("since"), F("until"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            ExclusionConstraint(
                name="involvement_one_client_at_a_time",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    (
                        Func(F("since"), F("until"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(role="client"),
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="involvement_lasts"),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(role="owner", share__gt=0, share__lte=100),
                name="involvement_share_of_an_owner",
            ),
        ]
        indexes = [models.Index(fields=["patient", "role"], name="involvement_of_patient")]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.client}"

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def began_at(self) -> datetime:
        """The beginning of its first day."""
        return make_aware(datetime.combine(self.since, time.min))
