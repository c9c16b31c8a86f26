"""Money at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from jobs.models import OutboxMessage
from kernel.money import Money
from modules.billing.domain.states import Method, Status
from modules.billing.models import Invoice, Payment
from modules.billing.services import NothingToPay, TooMuch, record_payment, void_draft
from modules.billing.services.issuing import NotIssuable
from modules.billing.services.paying import NotAPayment

Pay = Callable[..., Payment]


def stands(invoice: Invoice) -> tuple[str, str, str]:
    row = Invoice.objects.get(pk=invoice.pk)
    return row.status, str(row.paid), str(row.to_pay)


def test_fifty_of_a_hundred_is_part_paid_and_the_rest_pays_it(bill: Callable[[int], Invoice], pay: Pay) -> None:
    """BIL-02, E2E-05"""
    invoice = bill(10000)

    pay(invoice, 5000)
    assert stands(invoice) == (Status.PARTIAL, "50.00", "50.00")

    pay(invoice, 5000, Method.CARD)
    assert stands(invoice) == (Status.PAID, "100.00", "0.00")


def test_a_full_payment_pays_it(issued: Invoice, pay: Pay, rita: User) -> None:
    """E2E-05"""
    payment = pay(issued, 5800)

    assert stands(issued) == (Status.PAID, "58.00", "0.00")
    assert (payment.by_id, payment.by_name, payment.method) == (rita.pk, "Rita", "CASH")
    changes = AuditEntry.objects.get(action="billing.payment.received").changes
    assert (changes["status"], changes["paid_minor"]) == (["ISSUED", "PAID"], [0, 5800])


def test_paying_a_draft_issues_it_in_the_same_breath(draft: Invoice, pay: Pay) -> None:
    pay(draft, 5800)

    assert Invoice.objects.get().number == "2031-0001"


def test_more_than_is_owed_is_refused_and_nothing_has_happened(draft: Invoice, pay: Pay) -> None:
    with pytest.raises(TooMuch) as refused:
        pay(draft, 5801)

    assert refused.value.code == "too-much"
    assert str(refused.value) == "£58.01 is more than the £58.00 that are left to pay. Nothing was taken."
    assert (stands(draft)[0], Payment.objects.count()) == (Status.DRAFT, 0)


def test_the_database_refuses_too_much_as_well(issued: Invoice, now: datetime) -> None:
    row = {"invoice": issued, "currency": "GBP", "received_at": now}
    with pytest.raises(IntegrityError, match="more than is owed"), transaction.atomic():
        Payment.objects.create(**row, amount_minor=5801, method="CASH")
    with pytest.raises(IntegrityError, match="in its currency"), transaction.atomic():
        Payment.objects.create(**(row | {"currency": "EUR"}), amount_minor=1, method="CASH")
    with pytest.raises(IntegrityError, match="payment_of_something"), transaction.atomic():
        Payment.objects.create(**row, amount_minor=0, method="CASH")
    with pytest.raises(IntegrityError, match="payment_online_has_reference"), transaction.atomic():
        Payment.objects.create(**row, amount_minor=1, method="STRIPE")


def test_a_draft_takes_no_payment_past_the_service(draft: Invoice, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="for an issued invoice"), transaction.atomic():
        Payment.objects.create(invoice=draft, amount_minor=1, currency="GBP", method="CASH", received_at=now)


def test_what_is_paid_takes_no_more(issued: Invoice, pay: Pay) -> None:
    pay(issued, 5800)

    with pytest.raises(NothingToPay):
        pay(issued, 1)


def test_what_was_discarded_takes_nothing(draft: Invoice, pay: Pay, rita: User, now: datetime) -> None:
    void_draft(invoice=draft, by=rita, at=now)

    with pytest.raises(NotIssuable):
        pay(draft, 1)


@pytest.mark.parametrize("amount", [Money(0, "GBP"), Money(-1, "GBP"), Money(5800, "EUR")])
def test_nothing_less_and_other_money_are_no_payments(
    issued: Invoice, rita: User, now: datetime, amount: Money
) -> None:
    with pytest.raises(NotAPayment):
        record_payment(invoice=issued, amount=amount, method=Method.CASH, by=rita, at=now)


def test_nobody_writes_an_online_payment_by_hand(issued: Invoice, pay: Pay) -> None:
    with pytest.raises(NotAPayment):
        pay(issued, 100, Method.STRIPE)


def test_a_receipt_is_mailed_once_for_each_payment(
    issued: Invoice, pay: Pay, now: datetime, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    pay(issued, 5000)
    run_jobs(at=now)
    pay(issued, 800)
    run_jobs(at=now)

    receipts = [mail for mail in mailoutbox if mail.subject.startswith("Receipt")]
    assert [mail.subject for mail in receipts] == [
        "Receipt: £50.00 for invoice 2031-0001",
        "Receipt: £8.00 for invoice 2031-0001",
    ]
    assert "£8.00 are left to pay" in receipts[0].body
    assert "It is paid in full." in receipts[1].body


def test_jobs_carry_no_personal_data(issued: Invoice, pay: Pay) -> None:
    pay(issued, 5800)

    arguments = str(list(OutboxMessage.objects.values_list("arguments", flat=True)))
    assert str(issued.pk) in arguments
    for words in ("Patient B", "Mill Lane", "mail.example", "Rita"):
        assert words not in arguments


@given(st.lists(st.integers(1, 4000), max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_paid_the_sum_of_the_payments_is_what_is_paid(
    bill: Callable[[int], Invoice], pay: Pay, amounts: list[int]
) -> None:
    invoice = bill(5800)
    for amount in amounts:
        try:
            pay(invoice, amount)
        except (TooMuch, NothingToPay):
            assert amount > Invoice.objects.get(pk=invoice.pk).to_pay.minor

    row = Invoice.objects.get(pk=invoice.pk)
    assert row.paid_minor == (Payment.objects.filter(invoice=row).aggregate(sum=Sum("amount_minor"))["sum"] or 0)
    assert row.paid_minor <= row.gross_minor
    if row.is_issued:
        assert row.status == row.status_by_money
