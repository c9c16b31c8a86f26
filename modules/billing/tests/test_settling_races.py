"""Many who give the same money back, use it or give it up, at the same moment: real threads, real commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from identity.models import User
from kernel.errors import DomainError
from modules.billing.domain.states import Method
from modules.billing.models import CreditUse, Invoice, Payment, Refund, Reminder
from modules.billing.services import (
    WishedCredit,
    WishedRefund,
    credit_invoice,
    issue_invoice,
    mark_overdue,
    pay_back,
    record_payment,
    remind,
    set_reminders,
    take_back_payment,
    use_credit,
    write_off,
)
from modules.billing.tests.test_concurrency import desk, drafts, place, somebody
from modules.billing.tests.test_settling import pounds
from modules.crm.models import Patient
from tenancy import TenantRef, use
from tests.together import all_at_once

__all__ = ["desk", "place", "somebody"]  # fixtures

pytestmark = pytest.mark.usefixtures("own_database")

Try = Callable[[Callable[[], object]], Callable[[], str]]


@pytest.fixture
def try_to(place: TenantRef) -> Try:
    """Make something a transaction of its own that answers with "done", or with the code of what refused it."""

    def made(do: Callable[[], object]) -> Callable[[], str]:
        def run() -> str:
            try:
                with use(place), transaction.atomic():
                    do()
            except DomainError as error:
                return error.code
            return "done"

        return run

    return made


@pytest.fixture
def rich(place: TenantRef, desk: User, somebody: Patient, now: datetime) -> Invoice:
    """100.00, paid in cash, of which 70.00 were credited since."""
    (draft,) = drafts(place, desk, somebody, now, 1, minor=10000)
    with use(place), transaction.atomic():
        invoice = issue_invoice(invoice=draft, by=desk, at=now)
        record_payment(invoice=invoice, amount=pounds(10000), method=Method.CASH, by=desk, at=now)
        wish = WishedCredit(line_id=invoice.lines.get().pk, amount=pounds(7000))
        credit_invoice(invoice=invoice, wished=[wish], reason="Too dear", by=desk, at=now)
        return Invoice.objects.get(pk=invoice.pk)


def test_of_eight_who_pay_thirty_back_two_do(
    place: TenantRef, desk: User, rich: Invoice, try_to: Try, now: datetime
) -> None:
    wish = WishedRefund(amount=pounds(3000), method=Method.CASH)

    answers = all_at_once([try_to(lambda: pay_back(invoice=rich, wished=[wish], reason="x", by=desk, at=now))] * 8)

    assert Counter(answers) == {"done": 2, "settling-invalid": 6}
    with use(place):
        assert Refund.objects.aggregate(sum=Sum("amount_minor"))["sum"] == 6000


def test_credit_is_used_or_paid_back_and_never_both(
    place: TenantRef, desk: User, somebody: Patient, rich: Invoice, try_to: Try, now: datetime
) -> None:
    (draft,) = drafts(place, desk, somebody, now, 1, minor=7000)
    with use(place), transaction.atomic():
        other = issue_invoice(invoice=draft, by=desk, at=now)
    wish = WishedRefund(amount=pounds(7000), method=Method.CASH)

    answers = all_at_once(
        [
            try_to(lambda: pay_back(invoice=rich, wished=[wish], reason="x", by=desk, at=now)),
            try_to(lambda: use_credit(source=rich, target=other, by=desk, at=now)),
        ]
        * 3
    )

    assert Counter(answers)["done"] == 1
    with use(place):
        assert Refund.objects.count() + CreditUse.objects.count() == 1


def test_a_debt_is_paid_or_given_up_and_never_both(
    place: TenantRef, desk: User, somebody: Patient, try_to: Try, now: datetime
) -> None:
    (draft,) = drafts(place, desk, somebody, now, 1, minor=5000)
    with use(place), transaction.atomic():
        owed = issue_invoice(invoice=draft, by=desk, at=now)

    answers = all_at_once(
        [
            try_to(lambda: write_off(invoice=owed, reason="x", by=desk, at=now)),
            try_to(lambda: record_payment(invoice=owed, amount=pounds(5000), method=Method.CASH, by=desk, at=now)),
        ]
        * 3
    )

    assert Counter(answers)["done"] == 1
    with use(place):
        row = Invoice.objects.get(pk=owed.pk)
        assert {row.paid_minor, row.written_off_minor} == {0, 5000}


def test_a_payment_is_taken_back_once(
    place: TenantRef, desk: User, somebody: Patient, try_to: Try, now: datetime
) -> None:
    (draft,) = drafts(place, desk, somebody, now, 1, minor=5000)
    with use(place), transaction.atomic():
        owed = issue_invoice(invoice=draft, by=desk, at=now)
        record_payment(invoice=owed, amount=pounds(5000), method=Method.CASH, by=desk, at=now)
    with use(place):
        payment = Payment.objects.get()

    answers = all_at_once([try_to(lambda: take_back_payment(payment=payment, reason="x", by=desk, at=now))] * 6)

    assert Counter(answers) == {"done": 1, "nothing-to-settle": 5}


def test_two_workers_who_remind_at_once_write_one_reminder(
    place: TenantRef, desk: User, somebody: Patient, try_to: Try, now: datetime
) -> None:
    (draft,) = drafts(place, desk, somebody, now, 1, minor=5000)
    with use(place), transaction.atomic():
        set_reminders(steps=[3], by=desk)
        owed = issue_invoice(invoice=draft, by=desk, at=now)
        assert owed.due_date
        mark_overdue(on=owed.due_date + timedelta(days=1))
    later = now + timedelta(days=60)

    assert all_at_once([try_to(lambda: remind(at=later))] * 4) == ["done"] * 4

    with use(place):
        assert Reminder.objects.count() == 1
