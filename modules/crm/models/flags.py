"""What whoever meets a patient has to know: an allergy, a risk, a temper, a debt."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.membership import reach_of
from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.models.people import Patient, read_by
from privacy.fields import SealedCharField


class FlagCategory(models.TextChoices):
    """An allergy is FHIR's AllergyIntolerance, the others are its Flags, by category."""

    ALLERGY = "ALLERGY", _("Allergy")
    SAFETY = "SAFETY", _("Safety")
    CLINICAL = "CLINICAL", _("Clinical")
    BEHAVIOUR = "BEHAVIOUR", _("Behaviour")
    ADMINISTRATIVE = "ADMINISTRATIVE", _("Administrative")


class FlagSeverity(models.TextChoices):
    INFO = "INFO", _("Good to know")
    CAUTION = "CAUTION", _("Caution")
    DANGER = "DANGER", _("Danger")


class FlagReach(models.TextChoices):
    """Who sees it. The desk books for those with a latex allergy, too, so most are for everybody."""

    EVERYBODY = "EVERYBODY", _("Everybody who meets them")
    TREATING = "TREATING", _("Those who treat, only")


HEALTH = (FlagCategory.ALLERGY, FlagCategory.SAFETY, FlagCategory.CLINICAL)
GRAVEST_FIRST = (FlagSeverity.DANGER, FlagSeverity.CAUTION, FlagSeverity.INFO)


def usual_reach(category: str) -> FlagReach:
    """Return who sees a flag of this category if nobody says otherwise."""
    return FlagReach.TREATING if category == FlagCategory.CLINICAL else FlagReach.EVERYBODY


def day_here(at: datetime) -> date:
    """Return which day it is where the practice is."""
    return at.astimezone(timezone.get_current_timezone()).date()


class FlagKind(models.Model):
    """A flag that a workspace raises often, to be chosen instead of written."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=14, choices=FlagCategory)
    severity = models.CharField(max_length=7, choices=FlagSeverity)
    reach = models.CharField(max_length=9, choices=FlagReach)
    ended_at = models.DateTimeField(null=True)  # not offered any more

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("name"), condition=Q(ended_at=None), name="flag_kind_named_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class FlagQuerySet(models.QuerySet["Flag"]):
    def visible_to(self, user: Any) -> FlagQuerySet:
        """Those for everybody, of everybody; those for whoever treats, where one treats."""
        if reach_of(user, "crm.view_alert") is None:
            return self.none()
        treated = narrow(self, user, "crm.view_clinical_flag", care=lambda: Q(patient__in=read_by(user).values("pk")))
        return self.filter(Q(reach=FlagReach.EVERYBODY) | Q(pk__in=treated.values("pk")))

    def in_force(self, on: date) -> FlagQuerySet:
        return self.filter(Q(until=None) | Q(until__gt=on), since__lte=on, ended_at=None)


@keeps_history
class Flag(models.Model):
    """Something to know about a patient, from a day until another. It is never deleted: it is over, or was ended.

    What it was chosen from is copied: a kind that changes later changes no flag.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="flags")
    kind = models.ForeignKey(FlagKind, models.PROTECT, null=True, related_name="+")
    category = models.CharField(max_length=14, choices=FlagCategory)
    severity = models.CharField(max_length=7, choices=FlagSeverity)
    reach = models.CharField(max_length=9, choices=FlagReach)
    text = SealedCharField(max_length=200)
    advice = SealedCharField(max_length=400, blank=True)  # what to do about it
    since = models.DateField()
    until = models.DateField(null=True)  # the first day on which it is no longer
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.UUIDField(null=True)
    ended_by_name = models.CharField(max_length=150, blank=True)
    end_reason = SealedCharField(max_length=200, blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="flag_ends_after_it_begins")
        ]
        indexes = [models.Index(fields=["patient"], condition=Q(ended_at=None), name="flag_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    def is_in_force(self, on: date) -> bool:
        return self.ended_at is None and self.since <= on and (self.until is None or self.until > on)
