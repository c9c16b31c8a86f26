"""Remind people of what is overdue, by the practice's schedule; whoever has paid is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.billing.domain.reminding import next_reminder
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, Reminder, ReminderRules
from modules.billing.models.reminders import MOST_REMINDERS
from modules.billing.services.telling import about_overdue
from tenancy import current_tenant

LATEST = 365  # days after the due date


class RemindersNotValid(Invalid):
    """Days that do not grow, too many of them, or none that there is."""

    code = "reminders-invalid"


def reminder_rules() -> ReminderRules:
    return ReminderRules.objects.first() or ReminderRules()


@transaction.atomic
def set_reminders(*, steps: Sequence[int], by: Any) -> ReminderRules:
    """Say how many days after the due date each reminder goes out; none: nobody is reminded by itself.

    Raises `RemindersNotValid`.
    """
    wanted = list(steps)
    if len(wanted) > MOST_REMINDERS or wanted != sorted(set(wanted)) or any(not 1 <= day <= LATEST for day in wanted):
        sentence = _("At most %(most)d numbers of days between 1 and %(latest)d, each higher than the one before.")
        sentence %= {"most": MOST_REMINDERS, "latest": LATEST}
        raise RemindersNotValid(sentence, fields={"steps": [sentence]})
    rules = reminder_rules()
    before, rules.steps = list(rules.steps), wanted
    rules.save()
    audit.record(action="billing.reminderrules.set", of=rules, by=by, changes={"steps": (before, wanted)})
    return rules


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Send the reminders that are due. Return how many. Asked again on the same day, it does nothing.

    An invoice is locked while its reminder is written, so nobody is reminded of what is paid in that moment; and the
    mail is composed when it goes out, which it does not once nothing is owed.
    """
    steps = reminder_rules().steps
    if not steps:
        return 0
    today = at.astimezone(ZoneInfo(current_tenant().time_zone)).date()
    overdue = Invoice.objects.select_for_update(no_key=True, of=("self",)).filter(status=Status.OVERDUE)
    late = overdue.exclude(client__email="").prefetch_related("reminders").order_by("pk")
    return sum(_remind(invoice, steps, at=at, today=today) for invoice in late)


def _remind(invoice: Invoice, steps: Sequence[int], *, at: datetime, today: Any) -> bool:
    sent = [reminder.day for reminder in invoice.reminders.all()]
    number = next_reminder(steps, due=invoice.due_date or today, sent=sent, today=today)
    if number is None or not invoice.to_pay:
        return False
    reminder = Reminder.objects.create(
        invoice=invoice, number=number, day=today, amount_minor=invoice.to_pay.minor, currency=invoice.currency
    )
    about_overdue(reminder=reminder, at=at)
    changes = {"number": (None, number), "amount_minor": (None, reminder.amount_minor)}
    audit.record(action="billing.invoice.reminded", of=invoice, by=None, changes=changes)
    return True
