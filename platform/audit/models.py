"""One row for each thing that was done or looked at, and the chain that shows whether any of them was tampered with."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, Now

from kernel.ids import new_id
from kernel.lasting import Lasts


class Origin(models.Func):
    """Where the request came from, as the connection was told on entering the room (tenancy.backend)."""

    template = "nullif(current_setting('atrium.origin', true), '')::jsonb"
    output_field = models.JSONField()


class AuditEntry(models.Model):
    """Never changed, never removed: a trigger refuses, and the tenant's database role has no right to.

    `subject_id` says whose record it is about; `listed` names everybody whom one list showed. `origin` has the
    request's id, address and browser, or the job's name; where an operator acted for somebody, also `operator_id` and
    `support_id`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_default=Now())
    user_id = models.UUIDField(null=True)  # None: the system itself, in a job
    user_label = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=20, blank=True, db_default="")  # the role they had then
    action = models.CharField(max_length=80)  # module.thing.verb, such as scheduling.appointment.booked
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    listed = ArrayField(models.UUIDField(), null=True)
    changes = models.JSONField(default=dict)  # field -> [old, new]
    origin = models.JSONField(null=True, db_default=Origin())

    kept_verbatim = True  # also where a tenant is imported: its chain goes on
    when_restored = Lasts()

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="audit_in_order"),
            models.Index(fields=["object_type", "object_id", "at"], name="audit_of_object"),
            models.Index(fields=["user_id", "at"], name="audit_of_user"),
            models.Index(fields=["action", "at"], name="audit_of_action"),
            models.Index(fields=["subject_id", "at"], name="audit_of_subject", condition=Q(subject_id__isnull=False)),
            GinIndex(fields=["listed"], name="audit_of_listed", condition=Q(listed__isnull=False)),
            GinIndex(
                OpClass(Cast("changes", models.TextField()), name="gin_trgm_ops"),
                name="audit_by_text",
                condition=~Q(changes={}),
            ),
        ]

    @property
    def origin_of(self) -> dict[str, Any]:
        return self.origin or {}


class AuditLink(models.Model):
    """A link of the tenant's chain: `hash` is over the number, the last link's hash, and everything in the entry.

    Written by `audit_chain_up()` in the database, which alone has the right to; see platform/decisions/0024.
    """

    seq = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    prev = models.BinaryField()
    hash = models.BinaryField()
    chained_at = models.DateTimeField(db_default=Now())

    kept_verbatim = True
    when_restored = Lasts(by="seq")


class AuditRedaction(models.Model):
    """An entry whose values went when somebody was erased: the digests of what it was, and of what remains of it.

    Written by the owner only (audit.redacting); an entry of the log vouches for each batch.
    """

    entry_id = models.UUIDField(primary_key=True)
    batch_id = models.UUIDField()
    digest = models.BinaryField()
    remains = models.BinaryField()

    kept_verbatim = True
    when_restored = Lasts(by="entry_id")

    class Meta:
        indexes = [models.Index(fields=["batch_id"], name="audit_redacted_batch")]


class AuditWaiting(models.Model):
    """An entry that is in no link yet. A trigger puts it here, `audit_chain_up()` takes it away."""

    entry_id = models.UUIDField(primary_key=True)

    when_restored = Lasts(by="entry_id")
