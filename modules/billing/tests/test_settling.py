"""Credit that is used, money that goes back, payments that were none, and debts that are given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import AuditEntry
from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method, Status
from modules.billing.models import CreditUse, Invoice, Payment, Refund, RefundKind, RefundState, WriteOff
from modules.billing.services import (
    NothingToSettle,
    NotSettled,
    Share,
    TooMuch,
    WishedCredit,
    WishedLine,
    WishedRefund,
    credit_invoice,
    draft_invoice_by_hand,
    issue_invoice,
    pay_back,
    receive,
    record_payment,
    take_back_payment,
    take_back_write_off,
    use_credit,
    ways_back,
    write_off,
)
from modules.billing.services.chaining import verify
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.tests.conftest import register
from modules.billing.tests.test_ledger import books

Pay = Callable[..., Payment]
Issue = Callable[[int], Invoice]


def pounds(minor: int) -> Money:
    return Money(minor, "GBP")


def again(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)


def stand(invoice: Invoice) -> tuple[str, int, int]:
    row = again(invoice)
    return row.status, row.to_pay.minor, row.overpaid.minor


@pytest.fixture
def billed(bill: Callable[[int], Invoice], rita: User, now: datetime) -> Issue:
    """`billed(minor)` issues an invoice over so many pence."""
    return lambda minor: issue_invoice(invoice=bill(minor), by=rita, at=now)


@pytest.fixture
def overpaid(billed: Issue, pay: Pay, rita: User, now: datetime) -> Invoice:
    """100.00, paid 60.00 by card and 40.00 in cash; 30.00 of it is credited since."""
    invoice = billed(10000)
    pay(invoice, 6000, Method.CARD)
    pay(invoice, 4000, Method.CASH)
    line = invoice.lines.get()
    credit_invoice(
        invoice=invoice, wished=[WishedCredit(line_id=line.pk, amount=pounds(3000))], reason="Too dear", by=rita, at=now
    )
    return again(invoice)


# -- credit


def test_credit_of_one_invoice_pays_another(overpaid: Invoice, billed: Issue, rita: User, now: datetime) -> None:
    other = billed(2000)

    use = use_credit(source=overpaid, target=other, by=rita, at=now)

    assert use.amount == pounds(2000)
    assert stand(other) == (Status.PAID, 0, 0)
    assert stand(overpaid) == (Status.PAID, 0, 1000)
    assert books()["CREDIT"] == -1000
    assert "MOVED" not in books()


def test_no_more_credit_is_used_than_there_is_and_is_owed(
    overpaid: Invoice, billed: Issue, rita: User, now: datetime
) -> None:
    other = billed(5000)

    with pytest.raises(NotSettled, match=r"At most £30\.00"):
        use_credit(source=overpaid, target=other, amount=pounds(3001), by=rita, at=now)
    use_credit(source=overpaid, target=other, by=rita, at=now)

    assert stand(other) == (Status.PARTIAL, 2000, 0)
    with pytest.raises(NothingToSettle, match="no credit"):
        use_credit(source=overpaid, target=other, by=rita, at=now)


def test_credit_is_used_for_the_same_client_only(overpaid: Invoice, rita: User, now: datetime) -> None:
    stranger = register("Somebody Else", by=rita, at=now)
    line = WishedLine(description="Something", unit_price=pounds(500))
    draft = draft_invoice_by_hand(patient_id=stranger.pk, lines=[line], by=rita, at=now)
    theirs = issue_invoice(invoice=draft, by=rita, at=now)

    with pytest.raises(NotSettled, match="same client"):
        use_credit(source=overpaid, target=theirs, by=rita, at=now)
    row = {"source": overpaid, "target": theirs, "amount_minor": 1, "currency": "GBP", "at": now}
    with pytest.raises(IntegrityError, match="same client"), transaction.atomic():
        CreditUse.objects.create(**row)


# -- money back


def test_money_goes_back_the_way_it_came_the_latest_first(overpaid: Invoice, rita: User, now: datetime) -> None:
    (way,) = ways_back(overpaid)
    assert (way.payment.method, way.amount) == (Method.CASH, pounds(3000))

    wish = WishedRefund(amount=way.amount, method=Method.CASH, payment_id=way.payment.pk)
    (refund,) = pay_back(invoice=overpaid, wished=[wish], reason="Too dear", by=rita, at=now)

    assert (refund.state, refund.kind, refund.by_name) == (RefundState.DONE, RefundKind.PAID_BACK, str(rita))
    assert stand(overpaid) == (Status.PAID, 0, 0)
    assert books() == {"CASH": 1000, "CARD": 6000, "SALES": -7000}
    with pytest.raises(NothingToSettle):
        pay_back(invoice=overpaid, wished=[wish], reason="Again", by=rita, at=now)


def test_whoever_gets_money_back_is_told(
    overpaid: Invoice, rita: User, now: datetime, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    wish = WishedRefund(amount=pounds(3000), method=Method.CASH)
    pay_back(invoice=overpaid, wished=[wish], reason="Too dear", by=rita, at=now)
    run_jobs(at=now)

    (mail,) = [mail for mail in mailoutbox if "paid back" in mail.subject]
    assert mail.subject == f"£30.00 paid back for invoice {overpaid.number}"
    assert "the card you paid with" not in mail.body


def test_one_refund_may_go_back_by_several_ways(billed: Issue, pay: Pay, rita: User, now: datetime) -> None:
    invoice = billed(10000)
    card, cash = pay(invoice, 6000, Method.CARD), pay(invoice, 4000)
    credit_invoice(invoice=invoice, reason="Never happened", by=rita, at=now)

    ways = ways_back(again(invoice))
    wished = [WishedRefund(amount=w.amount, method=Method(w.payment.method), payment_id=w.payment.pk) for w in ways]
    pay_back(invoice=invoice, wished=wished, reason="Never happened", by=rita, at=now)

    assert {(way.payment.pk, way.amount.minor) for way in ways} == {(card.pk, 6000), (cash.pk, 4000)}
    assert stand(invoice) == (Status.CREDITED, 0, 0)
    assert books() == {}


def test_money_may_go_back_by_another_way_than_it_came(overpaid: Invoice, rita: User, now: datetime) -> None:
    wish = WishedRefund(amount=pounds(3000), method=Method.BANK_TRANSFER)

    pay_back(invoice=overpaid, wished=[wish], reason="Too dear", by=rita, at=now)

    assert books()["BANK"] == -3000


@pytest.mark.parametrize(
    ("amount", "method", "field"),
    [
        (3001, Method.CASH, "parts"),
        (0, Method.CASH, "parts.0.amount"),
        (-5, Method.CASH, "parts.0.amount"),
        (100, Method.STRIPE, "parts.0.method"),
    ],
)
def test_what_cannot_go_back_is_refused_and_nothing_moves(
    overpaid: Invoice, rita: User, now: datetime, amount: int, method: Method, field: str
) -> None:
    with pytest.raises(NotSettled) as refused:
        pay_back(
            invoice=overpaid,
            wished=[WishedRefund(amount=pounds(amount), method=method)],
            reason="x",
            by=rita,
            at=now,
        )

    assert list(refused.value.fields) == [field]
    assert not Refund.objects.exists()


def test_all_parts_go_back_or_none(overpaid: Invoice, rita: User, now: datetime) -> None:
    cash = Payment.objects.get(method=Method.CASH)
    wished = [
        WishedRefund(amount=pounds(100), method=Method.CASH, payment_id=cash.pk),
        WishedRefund(amount=pounds(100), method=Method.STRIPE, payment_id=cash.pk),
    ]

    with pytest.raises(NotSettled, match="no payment that it could be of"):
        pay_back(invoice=overpaid, wished=wished, reason="x", by=rita, at=now)

    assert not Refund.objects.exists()


def test_money_goes_back_for_a_reason(overpaid: Invoice, rita: User, now: datetime) -> None:
    with pytest.raises(ReasonNeeded):
        pay_back(
            invoice=overpaid, wished=[WishedRefund(amount=pounds(1), method=Method.CASH)], reason=" ", by=rita, at=now
        )


def test_credit_that_was_used_leads_back_to_the_payment_it_came_from(
    overpaid: Invoice, billed: Issue, rita: User, now: datetime
) -> None:
    other = billed(2000)
    use_credit(source=overpaid, target=other, by=rita, at=now)
    credit_invoice(invoice=other, reason="Never happened", by=rita, at=now)

    (way,) = ways_back(again(other))

    assert (way.payment.invoice_id, way.payment.method, way.amount) == (overpaid.pk, Method.CASH, pounds(2000))


def test_postgres_refuses_more_money_back_than_there_is(overpaid: Invoice, now: datetime) -> None:
    row = {
        "invoice": overpaid, "kind": "PAID_BACK", "method": "CASH", "currency": "GBP", "reason": "x", "state": "DONE",
        "at": now, "finished_at": now,
    }  # fmt: skip
    cash = Payment.objects.get(method=Method.CASH)

    with pytest.raises(IntegrityError, match="paid too much"), transaction.atomic():
        Refund.objects.create(**row, amount_minor=3001)
    with pytest.raises(IntegrityError, match="more than this payment was"), transaction.atomic():
        Refund.objects.create(**row, amount_minor=4001, payment=cash)


def test_what_went_back_stays_written(overpaid: Invoice, rita: User, now: datetime) -> None:
    wish = WishedRefund(amount=pounds(3000), method=Method.CASH)
    pay_back(invoice=overpaid, wished=[wish], reason="x", by=rita, at=now)

    for change in (lambda: Refund.objects.update(amount_minor=1), Refund.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# -- payments that were none


def test_a_payment_that_bounced_is_owed_again(billed: Issue, pay: Pay, rita: User, now: datetime) -> None:
    invoice = billed(5800)
    payment = pay(invoice, 5800, Method.BANK_TRANSFER)

    take_back_payment(payment=payment, reason="Bounced", by=rita, at=now)

    assert stand(invoice) == (Status.ISSUED, 5800, 0)
    assert books() == {"RECEIVABLE": 5800, "SALES": -5800}
    with pytest.raises(NothingToSettle):
        take_back_payment(payment=payment, reason="Bounced", by=rita, at=now)
    pay(invoice, 5800)
    assert stand(invoice) == (Status.PAID, 0, 0)


def test_a_payment_whose_credit_was_used_is_not_taken_back(
    overpaid: Invoice, billed: Issue, rita: User, now: datetime
) -> None:
    use_credit(source=overpaid, target=billed(3000), by=rita, at=now)
    card = Payment.objects.get(method=Method.CARD)
    take_back_payment(payment=card, reason="Bounced", by=rita, at=now)

    with pytest.raises(NothingToSettle, match="used for another invoice"):
        take_back_payment(payment=Payment.objects.get(method=Method.CASH), reason="Bounced", by=rita, at=now)


# -- debts that are given up


def test_what_is_written_off_is_asked_for_no_more(issued: Invoice, pay: Pay, rita: User, now: datetime) -> None:
    pay(issued, 800)

    write_off(invoice=issued, reason="Moved away", by=rita, at=now)

    assert stand(issued) == (Status.WRITTEN_OFF, 0, 0)
    assert books() == {"CASH": 800, "LOSSES": 5000, "SALES": -5800}
    assert not Invoice.objects.to_be_paid().exists()
    assert verify().findings == []
    with pytest.raises(NothingToSettle):
        write_off(invoice=issued, reason="Again", by=rita, at=now)


def test_a_part_may_be_given_up(issued: Invoice, rita: User, now: datetime) -> None:
    write_off(invoice=issued, reason="Promised", amount=pounds(800), by=rita, at=now)

    assert stand(issued) == (Status.ISSUED, 5000, 0)
    with pytest.raises(NotSettled):
        write_off(invoice=issued, reason="More", amount=pounds(5001), by=rita, at=now)


def test_who_pays_after_all_pays_once_it_is_owed_again(issued: Invoice, pay: Pay, rita: User, now: datetime) -> None:
    write_off(invoice=issued, reason="Moved away", by=rita, at=now)

    take_back_write_off(invoice=issued, reason="Came back", by=rita, at=now)
    pay(issued, 5800)

    assert stand(issued) == (Status.PAID, 0, 0)
    assert books() == {"CASH": 5800, "SALES": -5800}


def test_a_credit_note_takes_the_write_off_back_as_far_as_it_needs(
    issued: Invoice, pay: Pay, rita: User, now: datetime
) -> None:
    pay(issued, 800)
    write_off(invoice=issued, reason="Moved away", by=rita, at=now)

    credit_invoice(invoice=issued, reason="Never happened", by=rita, at=now)

    assert stand(issued) == (Status.CREDITED, 0, 800)
    assert books() == {"CASH": 800, "CREDIT": -800}


def test_postgres_counts_what_is_written_off(issued: Invoice, now: datetime) -> None:
    row = {"invoice": issued, "currency": "GBP", "reason": "x", "at": now}

    for minor in (5801, -1):
        with pytest.raises(IntegrityError), transaction.atomic():
            WriteOff.objects.create(**row, amount_minor=minor)
    with pytest.raises(DatabaseError, match="is the sum of what was given up"), transaction.atomic():
        Invoice.objects.filter(pk=issued.pk).update(written_off_minor=1)


# -- one sum on several invoices


def test_one_sum_pays_several_invoices(billed: Issue, rita: User, now: datetime) -> None:
    first, second = billed(1000), billed(2000)
    shares = [Share(invoice=first, amount=pounds(1000)), Share(invoice=second, amount=pounds(500))]

    payments = receive(shares=shares, method=Method.BANK_TRANSFER, reference="RF18 5390", by=rita, at=now)

    assert stand(first) == (Status.PAID, 0, 0)
    assert stand(second) == (Status.PARTIAL, 1500, 0)
    assert len({payment.receipt for payment in payments}) == 1
    assert {payment.reference for payment in payments} == {"RF18 5390"}


def test_a_sum_is_written_down_as_a_whole_or_not_at_all(billed: Issue, rita: User, now: datetime) -> None:
    first, second = billed(1000), billed(2000)
    shares = [Share(invoice=first, amount=pounds(1000)), Share(invoice=second, amount=pounds(2001))]

    with pytest.raises(TooMuch), transaction.atomic():
        receive(shares=shares, method=Method.CASH, by=rita, at=now)
    with pytest.raises(NotSettled):
        receive(shares=[shares[0], shares[0]], method=Method.CASH, by=rita, at=now)

    assert not Payment.objects.exists()


def test_what_came_by_bank_beyond_what_is_owed_is_kept_as_credit(issued: Invoice, rita: User, now: datetime) -> None:
    def take(method: Method) -> Payment:
        return record_payment(invoice=issued, amount=pounds(6000), method=method, beyond=True, by=rita, at=now)

    with pytest.raises(TooMuch), transaction.atomic():
        take(Method.CASH)
    take(Method.BANK_TRANSFER)

    assert stand(issued) == (Status.PAID, 0, 200)
    assert books() == {"BANK": 6000, "CREDIT": -200, "SALES": -5800}


def test_each_of_these_is_in_the_log(overpaid: Invoice, billed: Issue, rita: User, now: datetime) -> None:
    other = billed(5000)
    use_credit(source=overpaid, target=other, amount=pounds(1000), by=rita, at=now)
    write_off(invoice=other, reason="Moved away", by=rita, at=now)
    take_back_write_off(invoice=other, reason="Came back", by=rita, at=now)
    pay_back(invoice=overpaid, wished=[WishedRefund(amount=pounds(1), method=Method.CASH)], reason="x", by=rita, at=now)

    actions: Any = set(AuditEntry.objects.values_list("action", flat=True))

    assert actions >= {
        "billing.credit.given",
        "billing.credit.used",
        "billing.invoice.written_off",
        "billing.invoice.owed_again",
        "billing.payment.paid_back",
    }
