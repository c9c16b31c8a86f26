"""Whatever happens to two invoices of a client, in whatever order, the books say what the documents do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.models import User
from kernel.errors import DomainError
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.domain.tills import Counted
from modules.billing.models import Invoice, LedgerLine, MoveKind, Payment, Refund, Till, TillSession
from modules.billing.services import (
    WishedCredit,
    WishedLine,
    WishedRefund,
    credit_invoice,
    draft_invoice_by_hand,
    issue_invoice,
    pay_back,
    record_payment,
    take_back_payment,
    take_back_write_off,
    use_credit,
    write_off,
)
from modules.billing.services.ledger import catch_up
from modules.billing.services.ledger.checking import check_books
from modules.billing.services.tills import close_session, count_till, move_cash, open_session
from modules.billing.tests.test_ledger import books, forget_the_books
from modules.billing.tests.test_tills import drawer
from modules.crm.models import Patient
from tenancy import TenantRef

DEEDS = (
    "pay",
    "credit",
    "credit all",
    "use",
    "back",
    "take back",
    "write off",
    "owe again",
    "cash",
    "open",
    "move",
    "close",
)
steps = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 1), st.integers(1, 9000)), min_size=1, max_size=12)


@pytest.fixture
def two(in_clinic: TenantRef, patient: Patient, rita: User, now: datetime) -> Callable[[], list[Invoice]]:
    """`two()` issues two invoices over some 70.00 with tax at several rates."""

    def issue() -> list[Invoice]:
        if not Till.objects.exists():
            drawer("Front desk", by=rita)
        lines = [
            WishedLine(description="One", unit_price=Money(4999, "GBP"), tax_rate=Decimal(20)),
            WishedLine(description="Two", unit_price=Money(1733, "GBP"), tax_rate=Decimal(5)),
            WishedLine(description="Three", unit_price=Money(101, "GBP")),
        ]
        drafts = [draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now) for _ in range(2)]
        return [issue_invoice(invoice=draft, by=rita, at=now) for draft in drafts]

    return issue


def of_the_till(one: Invoice, minor: int, signed: dict[str, Any]) -> dict[str, Callable[[], object]]:
    """What goes through a till: it is opened, cash goes in and out, and it is closed with a little too much or less."""
    till, amount = Till.objects.get(), Money(minor, "GBP")
    session = TillSession.objects.order_by("-pk").first() or TillSession(pk=till.pk, currency="GBP", opening_minor=0)

    def close() -> None:
        found = Money(max(session.reckon().expected + minor - 4500, 0), "GBP")
        count_till(session=session, counted=Counted(found), **signed)
        close_session(session=session, reason="x", **signed)

    kind = MoveKind.PAID_IN if minor % 2 else MoveKind.PAID_OUT
    into: dict[str, Any] = {"till_session_id": session.pk, "method": Method.CASH}
    return {
        "cash": lambda: record_payment(invoice=one, amount=amount, **into, **signed),
        "open": lambda: open_session(till=till, counted=Counted(amount), **signed),
        "move": lambda: move_cash(session=session, kind=kind, amount=amount, reason="x", **signed),
        "close": close,
    }


def act(deed: str, one: Invoice, other: Invoice, minor: int, **signed: Any) -> None:
    """Do one thing to an invoice; what is not possible as it stands is refused, and nothing has happened."""
    amount = Money(minor, "GBP")
    lines = [line for line in one.lines.order_by("position") if line.gross_minor > line.credited_minor]
    deeds: dict[str, Callable[[], object]] = {
        "pay": lambda: record_payment(
            invoice=one, amount=amount, method=Method.BANK_TRANSFER, beyond=bool(minor % 2), **signed
        ),
        "credit": lambda: credit_invoice(
            invoice=one,
            wished=[WishedCredit(line_id=line.pk, amount=amount) for line in lines[minor % 3 :][:1]],
            reason="x",
            **signed,
        ),
        "credit all": lambda: credit_invoice(invoice=one, reason="x", **signed),
        "use": lambda: use_credit(source=one, target=other, **signed),
        "back": lambda: pay_back(
            invoice=one,
            wished=[WishedRefund(amount=amount, method=Method.CASH)],
            reason="x",
            till_session_id=TillSession.objects.open().values_list("pk", flat=True).first(),
            **signed,
        ),
        "take back": lambda: [
            take_back_payment(payment=payment, reason="x", **signed)
            for payment in Payment.objects.filter(invoice=one).order_by("pk")[:1]
        ],
        "write off": lambda: write_off(invoice=one, amount=amount, reason="x", **signed),
        "owe again": lambda: take_back_write_off(invoice=one, reason="x", **signed),
    }
    try:
        with transaction.atomic():
            (deeds | of_the_till(one, minor, signed))[deed]()
    except (DomainError, TillSession.DoesNotExist):
        pass


@given(steps)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_books_are_what_the_documents_are(
    two: Callable[[], list[Invoice]], rita: User, now: datetime, happened: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        both = two()
        for deed, which, minor in happened:
            one, other = (Invoice.objects.get(pk=both[index].pk) for index in (which, 1 - which))
            act(deed, one, other, minor, by=rita, at=now)

        rows = [Invoice.objects.get(pk=invoice.pk) for invoice in both]
        sums = books()
        came = Payment.objects.aggregate(sum=Sum("amount_minor"))["sum"] or 0
        went = Refund.objects.aggregate(sum=Sum("amount_minor"))["sum"] or 0
        assert sums.get("RECEIVABLE", 0) == sum(row.to_pay.minor for row in rows)
        assert sums.get("CREDIT", 0) == -sum(row.overpaid.minor for row in rows)
        assert sums.get("LOSSES", 0) == sum(row.written_off_minor for row in rows)
        beside = sums.get("PETTY", 0) + sums.get("DIFFERENCES", 0)
        assert sums.get("BANK", 0) + sums.get("CASH", 0) + beside == came - went == sum(row.paid_minor for row in rows)
        assert list(check_books()) == []
        transaction.set_rollback(True)


@given(steps)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_books_that_are_made_anew_come_to_the_same(
    two: Callable[[], list[Invoice]],
    in_clinic: TenantRef,
    rita: User,
    now: datetime,
    happened: list[tuple[str, int, int]],
) -> None:
    both = two()
    for deed, which, minor in happened:
        one, other = (Invoice.objects.get(pk=both[index].pk) for index in (which, 1 - which))
        act(deed, one, other, minor, by=rita, at=now)
    before = books()

    forget_the_books(in_clinic)
    assert not LedgerLine.objects.exists()
    catch_up(at=now)

    assert books() == before
    assert list(check_books()) == []
