"""Files that somebody takes along for some days: a copy of what is kept about them, and figures without names.

And what people say to the figures.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from filestore.models import StoredFile
from kernel.ids import new_id
from kernel.lasting import Lasts
from modules.crm.domain.deidentified import HIGHEST, LOWEST, USUAL
from modules.crm.domain.profiles import roles_that_give_any
from modules.crm.models.consents import Way
from modules.crm.models.people import Client, Patient, read_by
from modules.crm.models.profiles import roles_of_account

KEPT_FOR = timedelta(days=7)


class TakenState(models.TextChoices):
    WAITING = "waiting", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Deleted")


class TakenQuerySet(models.QuerySet[Any]):
    def under_way(self) -> Any:
        return self.filter(state=TakenState.WAITING)

    def there(self, at: datetime) -> Any:
        """Those whose file can be fetched."""
        return self.filter(state=TakenState.READY, expires_at__gt=at)

    def newest_first(self) -> Any:
        return self.order_by("-asked_at", "-pk")


class TakenFile(models.Model):
    """A file that a job makes, and that is there for some days."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=8, choices=TakenState, default=TakenState.WAITING)
    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField()
    asked_by_name = models.CharField(max_length=150)
    attempts = models.PositiveSmallIntegerField(default=0)
    as_of = models.DateTimeField(null=True)  # the moment that it shows
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    problem = models.CharField(max_length=100, blank=True)  # the kind of error, never its message: it may quote data

    when_restored = Lasts(ends=("state", TakenState.EXPIRED.value))

    class Meta:
        abstract = True

    @property
    def is_under_way(self) -> bool:
        return self.state == TakenState.WAITING

    def is_there(self, at: datetime) -> bool:
        return self.state == TakenState.READY and self.expires_at is not None and self.expires_at > at


class OwnCopyQuerySet(TakenQuerySet):
    def visible_to(self, user: Any) -> Any:
        """All for who answers for the data; those of whom one treats; on the portal one's own, while one is something
        to whom they are about."""
        roles = roles_of_account(user.pk).filter(role__in=roles_that_give_any())
        theirs = Q(client__user_id=user.pk, patient__in=roles.values("patient_id"))
        return narrow(self, user, "crm.view_copy", care=Q(patient__in=read_by(user).values("pk")), own=theirs)


class OwnCopy(TakenFile):
    """What is kept about a patient as far as a client of theirs sees it on the portal, in one file."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="copies")
    client = models.ForeignKey(Client, models.PROTECT, related_name="+")  # whose eyes it is made for

    objects = OwnCopyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client"], condition=Q(state="waiting"), name="own_copy_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["patient", "-asked_at"], name="own_copy_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id


class Extract(TakenFile):
    """Who came in a period and when, without anybody in it: each line stands for `k` people or more."""

    since = models.DateField()  # the first day of a month
    until = models.DateField()  # the first day of the month after the last
    k = models.PositiveSmallIntegerField(default=USUAL)
    told = models.JSONField(default=dict)  # counts and generalisation, as they stand in the file

    objects = TakenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(models.Value(1), name="extract_one_at_a_time", condition=Q(state="waiting")),
            models.CheckConstraint(condition=Q(k__gte=LOWEST, k__lte=HIGHEST), name="extract_k_within_limits"),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="extract_of_some_time"),
        ]
        indexes = [models.Index(fields=["-asked_at"], name="extract_by_time")]

    def is_outdated(self, last_left: datetime | None) -> bool:
        """Test whether somebody who may be in it has said no since, or was erased."""
        return last_left is not None and self.as_of is not None and last_left >= self.as_of


class StatisticsChoiceQuerySet(models.QuerySet["StatisticsChoice"]):
    def last_words(self) -> StatisticsChoiceQuerySet:
        return self.order_by("patient_id", "-at", "-id").distinct("patient_id")


class StatisticsChoice(models.Model):
    """What somebody said when asked whether their data may be used, without their name, in statistics. Append-only.

    Whoever has not said anything is in them; the last word counts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="statistics_choices")
    allowed = models.BooleanField()
    way = models.CharField(max_length=8, choices=Way)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)

    objects = StatisticsChoiceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["patient", "-at"], name="statistics_choice_of_patient")]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id
