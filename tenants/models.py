"""Our customers: the public schema's own tables."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django_tenants.models import DomainMixin, TenantMixin

from access.second_step import AskedOf
from kernel.ids import is_id, new_id
from tenancy import TenantRef
from tenancy.addresses import is_custom
from tenants import levels
from tenants.verticals import VERTICALS

BEHIND = "behind"  # how its doors see an active tenant whose schema this code cannot work with


def new_schema_name() -> str:
    """Return a name that says nothing of the customer: `t_` and 128 random, time-ordered bits in base 32."""
    return "t_" + base64.b32encode(new_id().bytes).decode().rstrip("=").lower()


class TenantState(models.TextChoices):
    PENDING = "pending", "Waiting for the owner to confirm their e-mail"
    OPENING = "opening", "Being opened"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    DELETING = "deleting", "To be deleted"
    ERASING = "erasing", "Being erased"
    IMPORTING = "importing", "Being imported"
    RESTORING = "restoring", "Being put back to a backup"


UNOPENED = (TenantState.PENDING, TenantState.OPENING)
# Those in which there is a schema with people in it.
BUILT = (TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.DELETING)


class Level(models.Model):
    """A set of migrations that schemas have. Few rows: nearly all tenants have the same set."""

    digest = models.CharField(max_length=64, primary_key=True)
    migrations = ArrayField(models.TextField())

    @classmethod
    def of(cls, migrations: frozenset[str]) -> Level:
        """Return the row of this set, made if it is the first that anybody meets."""
        level, _ = cls.objects.get_or_create(
            digest=levels.digest(migrations), defaults={"migrations": sorted(migrations)}
        )
        return level

    @classmethod
    def is_served(cls, digest: str | None) -> bool:
        """Test whether this code works with a schema of this level. Asks the database once for each level."""
        if digest is None:
            return False
        if digest not in _served:
            _served[digest] = levels.is_served(cls.objects.get(pk=digest).migrations)
        return _served[digest]


_served: dict[str, bool] = {}  # neither a digest's set nor a process's code ever changes


class TenantQuerySet(models.QuerySet["Tenant"]):
    def visited(self) -> TenantQuerySet:
        """Those that have a schema with people in it."""
        return self.filter(state__in=BUILT)

    def inhabited(self) -> TenantQuerySet:
        """Those that have a schema with people in it, though nobody may enter just now."""
        return self.filter(state__in=(*BUILT, TenantState.RESTORING))

    def with_rooms(self) -> TenantQuerySet:
        """With what `ref()` needs."""
        return self.select_related("key").prefetch_related("domains")

    def resting(self) -> list[UUID]:
        """Return those whose jobs must wait: not open yet, suspended, or behind what this code needs."""
        served = [digest for digest, is_served in _served.items() if is_served]
        rows = self.exclude(state=TenantState.ACTIVE, level__in=served).values_list("pk", "state", "level")
        return [pk for pk, state, level in rows if state != TenantState.ACTIVE or not Level.is_served(level)]

    def matching(self, text: str) -> TenantQuerySet:
        """Those whose name, address or owner's e-mail has this in it, or whose id or schema this is."""
        found = (
            models.Q(name__icontains=text)
            | models.Q(domains__domain__icontains=text)
            | models.Q(owner__email__icontains=text)
            | models.Q(schema_name=text)
        )
        if is_id(text):
            found |= models.Q(pk=text)
        return self.filter(found).distinct()


class Tenant(TenantMixin):
    """A business and its room. The row outlives the room."""

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schema_name = models.CharField(max_length=63, unique=True, default=new_schema_name, editable=False)
    name = models.CharField(max_length=100)
    vertical = models.CharField(max_length=20, choices=[(key, vertical.label) for key, vertical in VERTICALS.items()])
    state = models.CharField(max_length=20, choices=TenantState, default=TenantState.PENDING)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    plan = models.CharField(max_length=20, default="trial")
    modules = ArrayField(models.SlugField(), default=list)
    time_zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=10)
    brand_hue = models.PositiveSmallIntegerField(default=222)
    brand_chroma = models.FloatField(default=0.09)
    # Kept here, where the tenant's own database role cannot reach: nothing that gets into the room turns it off.
    second_step_for = models.CharField(
        max_length=10, choices=AskedOf, default=AskedOf.NOBODY, db_default=AskedOf.NOBODY
    )
    # What its schema has; None before it has one. The truth is in the schema: tenants.migrating reads it there.
    level = models.ForeignKey(Level, models.PROTECT, null=True, related_name="+")
    migrated_at = models.DateTimeField(null=True)
    migration_failed_at = models.DateTimeField(null=True)
    migration_error = models.TextField(default="", db_default="")
    # The hash of the password that a sign-up came with, until it is confirmed: who repeats it is who reserved this. An
    # account that the sign-up made has the same one, salt and all.
    asked_with = models.CharField(max_length=128, default="", db_default="", blank=True)
    opening_job = models.UUIDField(null=True)  # of the outbox
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspension_reason = models.TextField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"], name="tenant_by_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def subdomain(self) -> str:
        return next((domain.domain for domain in self.domains.all() if domain.is_subdomain), "")

    @property
    def custom_domain(self) -> str:
        """The domain of their own that they chose to be known by, if they did."""
        return next((domain.domain for domain in self.domains.all() if domain.is_custom and domain.is_primary), "")

    @property
    def primary_name(self) -> str:
        return self.custom_domain or self.subdomain

    @property
    def is_built(self) -> bool:
        """Test whether it has a room with people in it."""
        return self.state in BUILT

    @property
    def standing(self) -> str:
        """Its state as its doors and jobs see it."""
        is_behind = self.state == TenantState.ACTIVE and not Level.is_served(self.level_id)
        return BEHIND if is_behind else self.state

    def ref(self) -> TenantRef:
        """Return what requests and jobs need to know of this tenant."""
        return TenantRef(
            id=self.id,
            schema_name=self.schema_name,
            name=self.name,
            subdomain=self.subdomain,
            custom_domain=self.custom_domain,
            state=self.standing,
            vertical=self.vertical,
            time_zone=self.time_zone,
            currency=self.currency,
            language=self.language,
            modules=frozenset(self.modules),
            words=dict(VERTICALS[self.vertical].words),
            brand_hue=self.brand_hue,
            brand_chroma=self.brand_chroma,
            second_step_for=self.second_step_for,
            sealed_key=self.key.wrapped if hasattr(self, "key") else "",
        )


class Domain(DomainMixin):
    """A name a tenant answers to. A label without a dot is a subdomain of ours; anything else is a custom domain.

    A subdomain that was given up leads to the primary name, and stays this tenant's: nobody else may ever be found at
    an address that is printed on its letters.
    """

    # What the name looks like to a hurried eye: `paypa1` and `paypal` share it, so only one tenant can have them.
    look = models.CharField(max_length=253)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="domain_looks_like_no_other_tenants",
                expressions=[("look", RangeOperators.EQUAL), ("tenant", RangeOperators.NOT_EQUAL)],
            ),
            models.UniqueConstraint(fields=["tenant"], condition=models.Q(is_primary=True), name="domain_primary_once"),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(retired_at=None) & ~models.Q(domain__contains="."),
                name="domain_subdomain_once",
            ),
        ]

    @property
    def is_custom(self) -> bool:
        return is_custom(self.domain)

    @property
    def is_subdomain(self) -> bool:
        """Test whether this is the subdomain that the tenant has now."""
        return not self.is_custom and self.retired_at is None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save this row and no other: django-tenants' would make it the primary one at its own discretion."""
        models.Model.save(self, *args, **kwargs)


class Membership(models.Model):
    """Which workspaces someone works in, for the way there. What they may do inside is kept inside (access.Member).

    Patients are not listed: whose patient somebody is, is itself a fact about their health.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="membership_once")]


class Blueprint(models.Model):
    """The structure of a tenant's schema at one release, as DDL to be replayed when a tenant is opened."""

    digest = models.CharField(max_length=64, unique=True)
    ddl = models.TextField()
    level = models.ForeignKey(Level, models.PROTECT, null=True, related_name="+")  # None: of a release before levels
    created_at = models.DateTimeField(auto_now_add=True)
    drawn_at = models.DateTimeField(db_default=Now())  # the last time; the one drawn last is built from


class SpareSchema(models.Model):
    """A schema that belongs to nobody yet: being built, ready to be given to a tenant, or to be thrown away.

    Every schema has a row, here or among the tenants, before it is built and until it is gone.
    """

    schema_name = models.CharField(max_length=63, unique=True, default=new_schema_name)
    blueprint = models.ForeignKey(Blueprint, models.PROTECT, null=True, related_name="+")  # None: to be thrown away
    started_at = models.DateTimeField(db_default=Now())
    ready_at = models.DateTimeField(null=True)


class TenantKey(models.Model):
    """What a tenant's sensitive texts are sealed with: a ring of keys, wrapped by the deployment's (privacy.keys).

    It is kept apart from what it opens. Where this row is destroyed, no copy of the texts opens ever again.
    """

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="key")
    wrapped = models.TextField()
    made_at = models.DateTimeField()
    all_sealed_at = models.DateTimeField(null=True)  # since when no text is plain, or sealed with an older key
    next_since = models.DateTimeField(null=True)  # since when the last of the ring waits to be the one that seals
    sealing_since = models.DateTimeField(null=True)  # since when the first one seals; None: it is the first ever


class Deletion(models.Model):
    """A tenant that is to be erased, and when. The row goes with the tenant; the certificate stays."""

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="deletion")
    reason = models.TextField()
    asked_by_id = models.UUIDField()
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    erase_at = models.DateTimeField()
    state_before = models.CharField(max_length=20, choices=TenantState)  # what it goes back to if this is undone


class Restoration(models.Model):
    """A tenant that is put back to a backup, or was: the room that it had is kept for a while, to undo it."""

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="restoration")
    as_of = models.DateTimeField()
    digest = models.CharField(max_length=64)  # SHA-256 of the backup's manifest
    reason = models.TextField()
    asked_by_id = models.UUIDField()
    asked_by_name = models.CharField(max_length=200)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    keep_until = models.DateTimeField(null=True)
    kept_schema = models.CharField(max_length=63)
    state_before = models.CharField(max_length=20, choices=TenantState)
    before = models.JSONField(default=dict)  # the workspace's settings and its waiting jobs: ids and plain values
    report = models.JSONField(default=dict)


class ErasureCertificate(models.Model):
    """What is left of a tenant that was erased: that it was, when, on whose word, and how much of what.

    It names nobody: `asked_by_id` is an account's id, which means nothing once the account is gone, too.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(unique=True)
    asked_by_id = models.UUIDField()
    asked_at = models.DateTimeField()
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)  # kind -> how many were erased
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of all of the above, once it is finished

    outlives_tenants = True


class ChainAnchor(models.Model):
    """The end of a tenant's audit chain, noted where the tenant's database role cannot reach, and what was found last.

    Whoever cuts the end off the chain, or writes it anew, would have to change this row as well.
    """

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="chain_anchor")
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=bytes)
    anchored_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    verified_links = models.BigIntegerField(default=0)
    broken_since = models.DateTimeField(null=True)
    findings = models.TextField(blank=True)  # link numbers and ids only
