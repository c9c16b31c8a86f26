"""Several who decide on the same lines of the bank, or send the same file, at the same moment: real threads."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from identity.models import User
from modules.billing.domain.states import Method
from modules.billing.models import BankLine, BankMatch, BankStatement, Invoice, Payment, Refund
from modules.billing.selectors.bank import lines_of
from modules.billing.services import Share, issue_invoice, record_payment
from modules.billing.services.bank.deciding import (
    confirm_line,
    confirm_sure_ones,
    ignore_line,
    link_line,
    open_line_again,
)
from modules.billing.services.bank.keeping import take_in
from modules.billing.services.ledger.checking import check_books
from modules.billing.tests.bank import Entry, camt
from modules.billing.tests.test_concurrency import desk, drafts, place, somebody
from modules.billing.tests.test_settling import pounds
from modules.billing.tests.test_settling_races import Try, try_to
from modules.crm.models import Patient
from tenancy import TenantRef, use
from tests.together import all_at_once

__all__ = ["desk", "place", "somebody", "try_to"]  # fixtures

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def owed(place: TenantRef, desk: User, somebody: Patient, now: datetime) -> list[Invoice]:
    """Two invoices of 50.00."""
    with use(place), transaction.atomic():
        return [
            issue_invoice(invoice=draft, by=desk, at=now) for draft in drafts(place, desk, somebody, now, 2, minor=5000)
        ]


@pytest.fixture
def statement(place: TenantRef, desk: User, owed: list[Invoice], now: datetime) -> BankStatement:
    """Two lines of 50.00; the first names the first invoice."""
    entries = [Entry(amount="50.00", text=str(owed[0].number), bank_reference=each) for each in ("A", "B")]
    entries[1] = Entry(amount="50.00", text="thanks", bank_reference="B")
    with use(place), transaction.atomic():
        return take_in(name="x", content=camt(*entries), by=desk, at=now).statements[0]


def test_a_line_that_six_confirm_is_booked_once(
    place: TenantRef, desk: User, owed: list[Invoice], statement: BankStatement, try_to: Try, now: datetime
) -> None:
    with use(place):
        line = lines_of(statement).first()
    assert line is not None

    def confirm(invoice: Invoice) -> object:
        return confirm_line(line=line, shares=[Share(invoice=invoice, amount=pounds(5000))], by=desk, at=now)

    answers = all_at_once([try_to(lambda: confirm(owed[0])), try_to(lambda: confirm(owed[1]))] * 3)

    assert Counter(answers) == {"done": 1, "line-not-open": 5}
    with use(place):
        assert (Payment.objects.count(), BankMatch.objects.count()) == (1, 1)
        assert list(check_books()) == []


def test_the_database_itself_refuses_a_second_booking(
    place: TenantRef, desk: User, owed: list[Invoice], statement: BankStatement, now: datetime
) -> None:
    with use(place):
        line = lines_of(statement)[0]
        (payment,) = confirm_line(line=line, shares=[Share(invoice=owed[0], amount=pounds(5000))], by=desk, at=now)
        paid = {"amount": pounds(5000), "method": Method.BANK_TRANSFER}
        other = record_payment(invoice=owed[1], **paid, by=desk, at=now)
        row = {"line": line, "position": 0, "made": True, "at": now}
        with pytest.raises(IntegrityError, match="bank_line_matched_once"), transaction.atomic():
            BankMatch.objects.create(**row, payment=other)
        row = {"line": lines_of(statement)[1], "position": 0, "made": True, "at": now}
        with pytest.raises(IntegrityError, match="bank_payment_matched_once"), transaction.atomic():
            BankMatch.objects.create(**row, payment=payment)


def test_two_lines_do_not_pay_one_invoice_twice(
    place: TenantRef, desk: User, owed: list[Invoice], statement: BankStatement, try_to: Try, now: datetime
) -> None:
    with use(place):
        lines = list(lines_of(statement))
    shares = [Share(invoice=owed[0], amount=pounds(5000))]

    answers = all_at_once(
        [try_to(lambda line=line: confirm_line(line=line, shares=shares, by=desk, at=now)) for line in lines] * 2
    )

    assert Counter(answers)["done"] == 1
    with use(place):
        assert Payment.objects.count() == 1


def test_all_sure_ones_may_be_confirmed_by_two_at_once(
    place: TenantRef, desk: User, statement: BankStatement, try_to: Try, now: datetime
) -> None:
    all_at_once([try_to(lambda: confirm_sure_ones(statement=statement, by=desk, at=now))] * 4)

    with use(place):
        assert Payment.objects.count() == BankMatch.objects.count() == 1


def test_a_payment_is_linked_to_one_line(
    place: TenantRef, desk: User, owed: list[Invoice], statement: BankStatement, try_to: Try, now: datetime
) -> None:
    with use(place), transaction.atomic():
        paid = {"amount": pounds(5000), "method": Method.BANK_TRANSFER}
        payment = record_payment(invoice=owed[0], **paid, by=desk, at=now)
        lines = list(lines_of(statement))

    answers = all_at_once(
        [try_to(lambda line=line: link_line(line=line, recorded=[payment.pk], by=desk, at=now)) for line in lines] * 2
    )

    assert Counter(answers)["done"] == 1
    with use(place):
        assert BankMatch.objects.count() == 1


def test_a_line_is_confirmed_or_left_out_and_undone_once(
    place: TenantRef, desk: User, owed: list[Invoice], statement: BankStatement, try_to: Try, now: datetime
) -> None:
    with use(place):
        line = lines_of(statement)[0]
    shares = [Share(invoice=owed[0], amount=pounds(5000))]

    answers = all_at_once(
        [
            try_to(lambda: confirm_line(line=line, shares=shares, by=desk, at=now)),
            try_to(lambda: ignore_line(line=line, reason="x", by=desk, at=now)),
        ]
        * 3
    )
    undone = all_at_once([try_to(lambda: open_line_again(line=line, by=desk, at=now))] * 4)

    assert Counter(answers) == {"done": 1, "line-not-open": 5}
    assert Counter(undone) == {"done": 1, "line-open": 3}
    with use(place):
        assert Payment.objects.count() == Refund.objects.count()
        assert list(check_books()) == []


def test_a_file_that_two_send_is_kept_once(place: TenantRef, desk: User, try_to: Try, now: datetime) -> None:
    content = camt(Entry(amount="1.00", text="x"))

    answers = all_at_once([try_to(lambda: take_in(name="x", content=content, by=desk, at=now))] * 4)

    assert Counter(answers) == {"done": 1, "statement-known": 3}
    with use(place):
        assert BankLine.objects.count() == 1
