"""Domains that tenants say are theirs, among the platform's tables. What they proved is theirs is a `Domain`, too."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from tenants.domains import naming
from tenants.models import Tenant

# How often the name servers are asked: soon while somebody waits for it, then as seldom as will do.
NEW_FOR, NEW_EVERY = timedelta(hours=6), timedelta(minutes=10)
PENDING_EVERY, VERIFIED_EVERY, FAILING_EVERY = timedelta(hours=6), timedelta(hours=1), timedelta(hours=1)
A_CHECK_TAKES = timedelta(minutes=2)  # at most; later than that, its job waits for a worker


class DomainState(models.TextChoices):
    PENDING = "pending", _("Not proved yet")
    VERIFIED = "verified", _("Works")
    FAILING = "failing", _("Fails")
    REMOVED = "removed", _("Let go")


class Problem(models.TextChoices):
    """What the last look at the name servers found wrong."""

    NOTHING = "", _("Nothing")
    NO_PROOF = "no-proof", _("There is no TXT record with this value yet.")
    ELSEWHERE = "elsewhere", _("The domain leads somewhere else.")
    HELD = "held", _("Another workspace proves this domain. Remove its TXT record, and it is yours.")
    LOOKS_TAKEN = "looks-taken", _("It looks too much like a domain that another workspace uses.")
    UNANSWERED = "unanswered", _("The name servers did not answer. Nothing changed; we ask again.")


class CustomDomainQuerySet(models.QuerySet["CustomDomain"]):
    def current(self) -> CustomDomainQuerySet:
        return self.exclude(state=DomainState.REMOVED)

    def proved(self) -> CustomDomainQuerySet:
        """Those that their tenant is found at."""
        return self.filter(state__in=[DomainState.VERIFIED, DomainState.FAILING])

    def due(self, at: datetime) -> CustomDomainQuerySet:
        """Those that the name servers are to be asked about again."""
        never = Q(checked_at=None, created_at__lt=at - NEW_EVERY)
        is_new = Q(state=DomainState.PENDING, created_at__gt=at - NEW_FOR)
        every = {DomainState.PENDING: PENDING_EVERY, DomainState.VERIFIED: VERIFIED_EVERY,
                 DomainState.FAILING: FAILING_EVERY}  # fmt: skip
        due = never | is_new & Q(checked_at__lt=at - NEW_EVERY)
        for state, pause in every.items():
            due |= Q(state=state, checked_at__lt=at - pause)
        return self.current().filter(due).order_by("checked_at")


class CustomDomain(models.Model):
    """A domain that a tenant says is theirs. Several may say so; at most one of them proves it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="custom_domains")
    name = models.CharField(max_length=253)  # as DNS writes it
    token = models.CharField(max_length=64)  # what its TXT record is to say; public, like all of DNS
    state = models.CharField(max_length=10, choices=DomainState, default=DomainState.PENDING)
    problem = models.CharField(max_length=12, choices=Problem, blank=True)
    created_at = models.DateTimeField()
    check_asked_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    gave_way = models.BooleanField(default=False)  # was the address when it began to fail; is again once it works
    warned_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = CustomDomainQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=~Q(state="removed"), name="custom_domain_claimed_once"
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(state__in=["verified", "failing"]), name="custom_domain_proved_once"
            ),
        ]
        indexes = [models.Index(fields=["state", "checked_at"], name="custom_domain_due")]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """The name as people write it, with its umlauts."""
        return naming.as_written(self.name)

    @property
    def challenge(self) -> str:
        """Where the TXT record has to be."""
        return naming.challenge_of(self.name)

    def is_being_checked(self, at: datetime) -> bool:
        asked = self.check_asked_at
        return asked is not None and at - asked < A_CHECK_TAKES and (self.checked_at is None or self.checked_at < asked)
