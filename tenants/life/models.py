"""What a tenant asked to have exported."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from kernel.lasting import Lasts


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Deleted")


class ExportQuerySet(models.QuerySet["Export"]):
    def under_way(self) -> ExportQuerySet:
        return self.filter(state__in=[ExportState.WAITING, ExportState.RUNNING])

    def newest_first(self) -> ExportQuerySet:
        return self.order_by("-asked_at", "-pk")


class Export(models.Model):
    """Everything of the tenant in one file, for a few days. There is one under way at a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    asked_by_id = models.UUIDField()
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    as_of = models.DateTimeField(null=True)  # the moment that it shows
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=200, blank=True)  # in the tenant's files
    size = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256
    problem = models.CharField(max_length=100, blank=True)  # the kind of error, never its message: it may quote data

    objects = ExportQuerySet.as_manager()

    kept_out_of_exports = True  # what is in a file cannot be about that file
    when_restored = Lasts(ends=("state", ExportState.EXPIRED.value))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                name="export_one_at_a_time",
                condition=models.Q(state="waiting") | models.Q(state="running"),
            ),
        ]
        indexes = [models.Index(fields=["-asked_at"], name="export_by_time")]

    @property
    def is_under_way(self) -> bool:
        return self.state in (ExportState.WAITING, ExportState.RUNNING)
