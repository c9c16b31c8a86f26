"""What the console keeps, among the platform's tables."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from audit.models import Origin
from kernel.ids import new_id
from tenants.models import Tenant

GOOD_FOR = timedelta(hours=24)  # how long a request may wait for its answer, and an approval to be used


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


class SupportState(models.TextChoices):
    WAITING = "waiting", "Waits for the owner"
    DENIED = "denied", "Denied"
    READY = "ready", "May begin"
    GOING = "going", "Going on"
    ENDED = "ended", "Ended"
    LAPSED = "lapsed", "Never begun"


class SupportEnd(models.TextChoices):
    TIME = "time", "By itself"
    OPERATOR = "operator", "By the operator"
    OWNER = "owner", "By the owner"


class SupportPolicy(models.Model):
    """Whether a tenant's owner wants to be asked before support looks on. Without a row they are told only."""

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="support_policy")
    ask_first = models.BooleanField(default=False)


class SupportSession(models.Model):
    """An operator who looks on at a tenant: why, as which role, for how long, and what the owner allowed.

    Its id stands for the person inside the tenant's room, so that no right or grant of anybody's can be theirs.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="support_sessions")
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    reason = models.TextField()
    ticket = models.CharField(max_length=40)
    minutes = models.PositiveSmallIntegerField()
    wants_writes = models.BooleanField(default=False)
    wants_notes = models.BooleanField(default=False)
    requested_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)  # None: nobody needed to be asked
    is_approved = models.BooleanField(default=False)
    may_write = models.BooleanField(default=False)
    may_read_notes = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=10, choices=SupportEnd, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-requested_at"], name="support_of_tenant")]
        constraints = [
            models.CheckConstraint(name="support_an_hour_at_most", condition=models.Q(minutes__gte=1, minutes__lte=60)),
            models.CheckConstraint(
                name="support_nothing_unasked",
                condition=(models.Q(may_write=False) | models.Q(wants_writes=True))
                & (models.Q(may_read_notes=False) | models.Q(wants_notes=True)),
            ),
        ]

    def state(self, at: datetime) -> SupportState:
        if self.ended_at is not None or (self.expires_at is not None and at >= self.expires_at):
            return SupportState.ENDED
        if self.started_at is not None:
            return SupportState.GOING
        if self.answered_at is not None and not self.is_approved:
            return SupportState.DENIED
        if at - (self.answered_at or self.requested_at) >= GOOD_FOR:
            return SupportState.LAPSED
        return SupportState.READY if self.is_approved else SupportState.WAITING


class SupportPass(models.Model):
    """A one-time code that carries an operator from the console to a tenant's host. No sign-in takes it."""

    code_digest = models.CharField(max_length=64, primary_key=True)
    session = models.ForeignKey(SupportSession, models.CASCADE, related_name="+")
    state_digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
