"""Who insures a patient, and from when until when."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.contacts.validity import Standing, standing_on
from modules.crm.models.people import Client, Patient, read_by
from privacy.fields import BlindIndexField, SealedCharField


class CoverageKind(models.TextChoices):
    STATUTORY = "statutory", _("Statutory")
    PRIVATE = "private", _("Private")
    SUPPLEMENTARY = "supplementary", _("Supplementary")
    ACCIDENT = "accident", _("Accident")
    ANIMAL = "animal", _("Animal")


class CoverageQuerySet(models.QuerySet["Coverage"]):
    def visible_to(self, user: Any) -> CoverageQuerySet:
        return narrow(self, user, "crm.view_coverage", care=Q(patient__in=read_by(user).values("pk")))


def _days() -> Func:
    """The days of a row, the last one among them."""
    bounds = RangeBoundary(inclusive_lower=True, inclusive_upper=True)
    return Func(F("valid_from"), F("valid_until"), bounds, function="daterange", output_field=DateRangeField())


@keeps_history
class Coverage(models.Model):
    """An insurance of a patient (FHIR Coverage). `rank` says which is used first.

    Postgres refuses the same one twice at a time, and two of one rank.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="coverages")
    payer = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+")
    insurer = models.CharField(max_length=120)
    kind = models.CharField(max_length=15, choices=CoverageKind)
    number = SealedCharField(max_length=40, blank=True)
    number_digest = BlindIndexField(of="number")
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)  # its last day
    copayment = models.CharField(max_length=200, blank=True)
    rank = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1, db_default=1)

    objects = CoverageQuerySet.as_manager()

    kept_out_of_exports = ("number_digest",)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="coverage_once_at_a_time",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (Lower("insurer"), RangeOperators.EQUAL),
                    ("number_digest", RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="coverage_one_of_a_rank_at_a_time",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("rank", RangeOperators.EQUAL),
                    (_days(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="coverage_lasts",
            ),
            models.CheckConstraint(condition=Q(rank__gte=1), name="coverage_rank_from_one"),
        ]

    def __str__(self) -> str:
        return self.insurer

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    def standing(self, on: date) -> Standing:
        return standing_on(on, first=self.valid_from, last=self.valid_until)
