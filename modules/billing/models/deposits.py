"""What is paid before a visit: by which rule, and for which visit."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from access.permissions import narrow
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.models.invoices import Invoice

SHORTEST, LONGEST = 5, 2880  # minutes


class DepositRule(models.Model):
    """What is paid before a service is booked online: a share of its price, or an amount, never more than its price.

    Without a service it is the rule for all that have none of their own; nothing (0 per cent) excepts a service.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    service = models.ForeignKey("scheduling.Service", models.PROTECT, null=True, related_name="+")
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    minutes = models.PositiveSmallIntegerField(  # that whoever books has to pay
        default=30, validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service"], nulls_distinct=False, name="deposit_rule_once_a_service"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100, amount_minor=None) | Q(percent=None, amount_minor__gt=0),
                name="deposit_rule_share_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=SHORTEST, minutes__lte=LONGEST), name="deposit_rule_gives_time"
            ),
        ]

    @property
    def amount(self) -> Money | None:
        return Money(self.amount_minor, self.currency) if self.amount_minor is not None else None


class DepositQuerySet(models.QuerySet["Deposit"]):
    def visible_to(self, user: Any) -> DepositQuerySet:
        return narrow(self, user, "billing.take_payment")

    def for_display(self) -> DepositQuerySet:
        return self.select_related(
            "invoice", "appointment__patient__client", "appointment__service", "appointment__practitioner"
        )

    def with_money_left(self) -> DepositQuerySet:
        """Paid, and neither used nor kept nor paid back as a whole."""
        spent = F("used_minor") + F("kept_minor") + F("returned_minor")
        return self.filter(invoice__status=Status.PAID.value, amount_minor__gt=spent)

    def to_see_to(self) -> DepositQuerySet:
        """Paid when there was no visit to be had any more; somebody has to say what becomes of it."""
        return self.with_money_left().filter(unplaced_at__isnull=False)


class Deposit(models.Model):
    """That a visit is paid for in part before it is certain: an invoice of its own, a draft until the money is there.

    What was paid is taken off the invoice of the visit (`used_minor`), kept as the fee of a visit that was called off,
    or paid back; what is left is taken off the client's next bill.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    appointment = models.OneToOneField("scheduling.Appointment", models.PROTECT, related_name="+")
    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="deposit")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    until = models.DateTimeField()
    asked_at = models.DateTimeField()
    used_minor = models.BigIntegerField(default=0)
    kept_minor = models.BigIntegerField(default=0)
    returned_minor = models.BigIntegerField(default=0)
    credited_at = models.DateTimeField(null=True)  # since when it is for the next bill, though its visit was missed
    unplaced_at = models.DateTimeField(null=True)  # since when it is paid and has no visit
    waived_at = models.DateTimeField(null=True)
    waived_by_id = models.UUIDField(null=True)
    waived_by_name = models.CharField(max_length=150, blank=True)
    waived_because = models.CharField(max_length=200, blank=True)

    objects = DepositQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="deposit_of_something"),
            models.CheckConstraint(
                condition=Q(used_minor__gte=0, kept_minor__gte=0, returned_minor__gte=0)
                & Q(amount_minor__gte=F("used_minor") + F("kept_minor") + F("returned_minor")),
                name="deposit_spent_once",
            ),
            models.CheckConstraint(
                condition=Q(waived_at=None) | ~Q(waived_because=""), name="deposit_waived_for_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["unplaced_at"], name="deposit_unplaced", condition=Q(unplaced_at__isnull=False))
        ]

    @property
    def subject_id(self) -> Any:
        return self.invoice.patient_id

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def used(self) -> Money:
        return Money(self.used_minor, self.currency)

    @property
    def kept(self) -> Money:
        return Money(self.kept_minor, self.currency)

    @property
    def returned(self) -> Money:
        return Money(self.returned_minor, self.currency)

    @property
    def left(self) -> Money:
        """What was paid and is still to be used; nothing before it is paid."""
        if self.invoice.status != Status.PAID:
            return Money.zero(self.currency)
        return self.amount - self.used - self.kept - self.returned

    @property
    def is_open(self) -> bool:
        return self.invoice.status == Status.DRAFT
