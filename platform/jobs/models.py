"""What is to be done, and what is to be done regularly. In `public`: one table for all tenants can be polled.

Where tenants have a database of their own there are two outboxes, theirs beside them; the schedules are the platform's.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id


class OutboxMessage(models.Model):
    """One job of one tenant, written in the transaction that made it necessary.

    `done_at` is set in the transaction of the job's effect: the row is its own receipt, so a job that is delivered
    twice has one effect. `room` is the tenant's database role; a row policy shows each tenant its own rows only.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    room = models.CharField(max_length=63, blank=True)
    tenant_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=200)
    queue = models.CharField(max_length=40)
    arguments = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["available_at"],
                name="outbox_waiting",
                condition=models.Q(done_at=None) & models.Q(dead_at=None),
            ),
            models.Index(fields=["tenant_id", "created_at"], name="outbox_of_tenant"),
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)),
        ]


class DueSchedule(models.Model):
    """When a regular job of a tenant (or of the platform, without one) is due next."""

    tenant_id = models.UUIDField(null=True)
    room = models.CharField(max_length=63, blank=True)
    module = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=200)
    every = models.PositiveIntegerField()  # seconds
    next_run_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "actor"], name="schedule_once", nulls_distinct=False),
        ]
        indexes = [models.Index(fields=["next_run_at"], name="schedule_due")]
