"""Reminders of overdue invoices: when they go out, and those that did."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from access.permissions import narrow
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.models.invoices import Invoice, open_to

MOST_REMINDERS = 5


class ReminderRules(models.Model):
    """How many days after the due date each reminder goes out. There is one; without it, or empty, none does."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    steps = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, size=MOST_REMINDERS)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="reminder_rules_are_one")]


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, user: Any) -> ReminderQuerySet:
        """All for the desk; those of their own invoices for patients."""
        return narrow(self, user, "billing.view_payment", own=lambda: open_to(user.pk, "invoice__"))


class Reminder(models.Model):
    """That somebody was reminded of an invoice: for which time, and of how much. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="reminders")
    number = models.PositiveSmallIntegerField()
    day = models.DateField()
    amount_minor = models.BigIntegerField()  # that was owed then
    currency = models.CharField(max_length=3)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "number"], name="reminded_once_each_time"),
            models.CheckConstraint(condition=Q(number__gte=1), name="reminder_has_a_number"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def subject_id(self) -> UUID:
        return self.invoice.patient_id
