"""What the console keeps, among the platform's tables."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from audit.models import Origin
from kernel.ids import new_id
from tenants.models import Tenant


class PlatformEntry(models.Model):
    """One thing that an operator did, or that became of a tenant. Append-only, like the tenants' own logs.

    It points at nobody by a key: a tenant that is erased and an operator who leaves stay in it as ids and words.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=80)
    operator_id = models.UUIDField(null=True)  # None: the platform itself, or somebody of the tenant's
    who = models.CharField(max_length=200, blank=True)
    tenant_id = models.UUIDField(null=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    origin = models.JSONField(null=True, db_default=Origin())

    outlives_tenants = True

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="platform_entry_by_time"),
            models.Index(fields=["tenant_id", "-at"], name="platform_entry_of_tenant"),
        ]


class TenantFigures(models.Model):
    """How one tenant was when it was last looked at. The console reads these rows and opens nobody's room."""

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="figures")
    taken_at = models.DateTimeField()
    people = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # what its modules count
    schema_bytes = models.PositiveBigIntegerField(default=0)
    file_bytes = models.PositiveBigIntegerField(default=0)
    jobs_waiting = models.PositiveIntegerField(default=0)
    jobs_dead = models.PositiveIntegerField(default=0)
    oldest_job_at = models.DateTimeField(null=True)  # since when the job that is due longest waits
    last_request_at = models.DateTimeField(null=True)
    requests = models.PositiveIntegerField(default=0)  # since midnight, UTC
    failures = models.PositiveIntegerField(default=0)
    needs_a_look = models.BooleanField(default=False)
    error = models.CharField(max_length=80, blank=True)  # why the room could not be looked at

    class Meta:
        indexes = [
            models.Index(fields=["taken_at"], name="figures_by_age"),
            models.Index(fields=["tenant"], name="figures_need_a_look", condition=models.Q(needs_a_look=True)),
        ]
