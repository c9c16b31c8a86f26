"""Whose time is taken, by what. One constraint over one table keeps everything apart."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q

CLASH = "claim_clash"


class Kind(models.TextChoices):
    PRACTITIONER = "PRACTITIONER"
    ROOM = "ROOM"
    EQUIPMENT = "EQUIPMENT"
    PATIENT = "PATIENT"
    SESSION = "SESSION"  # one of the places of a group


class Claim(models.Model):
    """A stretch of time that somebody or something is taken for.

    Triggers write it from the visit or group that takes the time, and nobody else can: there is no booking without its
    claims. Of what there are several, each claim has one, by its number; a number above the capacity is a double
    booking that somebody allowed (`Override`).
    """

    appointment = models.ForeignKey("scheduling.Appointment", models.CASCADE, null=True, related_name="claims")
    session = models.ForeignKey("scheduling.GroupSession", models.CASCADE, null=True, related_name="claims")
    hold = models.ForeignKey("scheduling.Hold", models.DO_NOTHING, null=True, related_name="claims")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    resource_id = models.UUIDField()
    place = models.PositiveSmallIntegerField()
    during = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name=CLASH,
                expressions=[
                    ("resource_id", RangeOperators.EQUAL),
                    ("place", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, session=None, hold=None)
                | Q(appointment=None, session__isnull=False, hold=None)
                | Q(appointment=None, session=None, hold__isnull=False),
                name="claim_of_one_thing",
            ),
        ]
