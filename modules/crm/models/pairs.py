"""Two records that may be one, and what somebody said of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value

from kernel.ids import new_id
from modules.crm.domain.duplicates import LIKELY, SEALED
from modules.crm.models.people import Patient


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def of_records_seen_by(self, user: Any) -> DuplicatePairQuerySet:
        """Those of which somebody sees both records; one that was merged away is seen by nobody."""
        seen = Patient.objects.visible_to(user).values("pk")
        return self.filter(one__in=seen, other__in=seen)

    def waiting(self, *, sealed_too: bool) -> DuplicatePairQuerySet:
        """Those that nobody has answered by these reasons, the likeliest first."""
        if sealed_too:
            rows = self.annotate(likeness=F("score"), told=F("reasons"))
        else:
            rows = self.annotate(likeness=F("open_score"), told=_unsealed(F("reasons")))
        told_apart = Q(answered_at__isnull=False, told__contained_by=F("answered_reasons"))
        return rows.filter(likeness__gte=LIKELY).exclude(told_apart).order_by("-likeness", "-found_at", "pk")

    def told_apart(self) -> DuplicatePairQuerySet:
        return self.filter(answered_at__isnull=False).order_by("-answered_at", "pk")

    def of(self, patient_id: UUID) -> DuplicatePairQuerySet:
        return self.filter(Q(one=patient_id) | Q(other=patient_id))


def _unsealed(reasons: Any) -> Any:
    column = DuplicatePair._meta.get_field("reasons")
    for each in sorted(SEALED):
        reasons = Func(reasons, Value(each), function="array_remove", output_field=column)
    return reasons


class DuplicatePair(models.Model):
    """Two records that may be of one person, found by a job (`services.pairs`), the smaller id in `one`.

    `reasons` speak for it and `against` against it, by their codes; `open_score` is what is left of `score` for whoever
    may not see tax codes and papers. `answered_reasons` are those that somebody knew of who said that they are two:
    another one makes the pair be asked again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    one = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    other = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    open_score = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.CharField(max_length=30))
    against = ArrayField(models.CharField(max_length=30))
    found_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)
    answered_by_name = models.CharField(max_length=150, blank=True)
    answered_reasons = ArrayField(models.CharField(max_length=30), default=list, db_default=[])

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="duplicate_pair_in_order"),
        ]
        indexes = [models.Index(fields=["-score", "-found_at"], name="duplicate_pair_by_score")]

    @property
    def subject_id(self) -> UUID:
        return self.one_id
