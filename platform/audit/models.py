"""One row for each thing that was done or looked at."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id


class Origin(models.Func):
    """Where the request came from, as the connection was told on entering the room (tenancy.backend)."""

    template = "nullif(current_setting('atrium.origin', true), '')::jsonb"
    output_field = models.JSONField()


class AuditEntry(models.Model):
    """Never changed, never removed: a trigger refuses, and the tenant's database role has no right to."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    user_id = models.UUIDField(null=True)  # None: the system itself, in a job
    user_label = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=80)  # module.thing.verb, such as scheduling.appointment.booked
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    changes = models.JSONField(default=dict)  # field -> [old, new]
    origin = models.JSONField(null=True, db_default=Origin())

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "at"], name="audit_of_object"),
            models.Index(fields=["user_id", "at"], name="audit_of_user"),
            BrinIndex(fields=["at"], name="audit_by_time"),
        ]
