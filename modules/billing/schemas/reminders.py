"""Reminders of overdue invoices, on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from httpapi.schemas import Schema
from modules.billing.models import Reminder


class ReminderRulesIn(Schema):
    """How many days after the due date each reminder goes out, growing; none: nobody is reminded by itself."""

    steps: list[int] = Field(max_length=50)


class RemindersIn(Schema):
    """Filters."""

    invoice_id: UUID | None = None


class ReminderOut(Schema):
    """That somebody was reminded: for which time, and how much was owed then."""

    id: UUID
    invoice_id: UUID
    number: int
    day: date
    amount: str
    currency: str

    @staticmethod
    def of(reminder: Reminder) -> ReminderOut:
        return ReminderOut(
            id=reminder.pk,
            invoice_id=reminder.invoice_id,
            number=reminder.number,
            day=reminder.day,
            amount=str(reminder.amount),
            currency=reminder.currency,
        )
