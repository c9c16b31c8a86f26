"""Which till cash goes through, what goes back out of it, and what the books say of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.domain.tills import counted_in_pieces
from modules.billing.models import MoveKind, Payment, Refund, Till, TillSession
from modules.billing.services import (
    Share,
    WishedRefund,
    credit_invoice,
    issue_invoice,
    pay_back,
    receive,
    record_payment,
    take_back_payment,
)
from modules.billing.services.ledger import catch_up
from modules.billing.services.ledger.checking import check_books
from modules.billing.services.tills import (
    CashMoveInvalid,
    TillNeeded,
    TillUnknown,
    close_session,
    count_till,
    drawers_for,
    move_cash,
    open_session,
    set_till_rules,
)
from modules.billing.services.tills.taking import pass_through
from modules.billing.tests.test_ledger import books, forget_the_books
from modules.billing.tests.test_tills import HOUR, Bill, Close, Take, cash, close, drawer, pounds, session, sum_of, till
from modules.scheduling.models import Location
from tenancy import TenantRef, use

__all__ = ["cash", "close", "session", "till"]  # fixtures


def test_only_cash_goes_through_a_till(session: TillSession, bill: Bill, rita: User, now: datetime) -> None:
    payment = record_payment(
        invoice=bill(100), amount=pounds(100), method=Method.CARD, by=rita, at=now, till_session_id=session.pk
    )
    assert payment.till_session is None
    invoice = bill(100)
    with pytest.raises(IntegrityError, match="payment_through_a_till_is_cash"), transaction.atomic():
        Payment.objects.create(
            invoice=invoice, method="CARD", received_at=now, till_session=session, amount_minor=1, currency="GBP"
        )


def test_a_practice_without_a_till_is_asked_nothing(in_clinic: TenantRef, bill: Bill, cash: Take, ana: User) -> None:
    set_till_rules(needs_open_till=True, blind_count=True, by=ana)

    assert not drawers_for(currency="GBP", location_id=None, by=ana).are_there
    assert cash(bill(100), 100, None).till_session is None


def test_cash_is_taken_outside_any_session_unless_the_practice_says_no(
    till: Till, bill: Bill, cash: Take, ana: User, rita: User, now: datetime
) -> None:
    assert cash(bill(100), 100, None).till_session is None

    set_till_rules(needs_open_till=True, blind_count=True, by=ana)
    with pytest.raises(TillNeeded):
        cash(bill(100), 100, None)
    record_payment(invoice=bill(100), amount=pounds(100), method=Method.CARD, by=rita, at=now)


def test_the_likeliest_till_is_the_only_one_or_ones_own_or_the_last_one_used_there(
    session: TillSession, bill: Bill, cash: Take, ana: User, bo: User, rita: User, now: datetime
) -> None:
    def likeliest(by: User, location: Location | None = None) -> Any:
        return drawers_for(currency="GBP", location_id=location.pk if location else None, by=by).likeliest

    assert likeliest(bo) == session.pk  # the only one

    north = Location.objects.create(name="North", time_zone="Europe/London")
    second = open_session(till=drawer("North desk", by=ana, location=north), counted=sum_of(0), by=ana, at=now)
    assert likeliest(rita) == session.pk
    assert likeliest(ana) == second.pk
    assert likeliest(bo) is None

    record_payment(invoice=bill(100), amount=pounds(100), method=Method.CASH, by=bo, at=now, till_session_id=second.pk)
    assert likeliest(bo) == second.pk
    assert likeliest(bo, session.till.location) is None


def test_cash_does_not_go_through_a_till_of_another_currency_or_one_that_there_is_not(
    session: TillSession, bill: Bill, cash: Take, ana: User, rita: User, now: datetime
) -> None:
    euros = open_session(till=drawer("Euro box", by=ana, currency="EUR"), counted=sum_of(0, "EUR"), by=rita, at=now)

    assert [each.pk for each in drawers_for(currency="GBP", location_id=None, by=rita).open] == [session.pk]
    with pytest.raises(TillUnknown):
        cash(bill(100), 100, euros)
    with pytest.raises(TillUnknown):
        cash(bill(100), 100, TillSession(pk=ana.pk))
    with pytest.raises(CashMoveInvalid):
        move_cash(session=euros, kind=MoveKind.PAID_IN, amount=pounds(100), reason="x", by=rita, at=now)


@pytest.mark.parametrize(("currency", "opened", "moved"), [("JPY", 20000, 504), ("KWD", 20000, 515)])
def test_a_till_holds_yen_and_dinars_as_well(
    in_clinic: TenantRef, ana: User, rita: User, now: datetime, currency: str, opened: int, moved: int
) -> None:
    till = drawer("Box", by=ana, currency=currency)
    session = open_session(till=till, counted=counted_in_pieces({10000: 2}, currency), by=rita, at=now)
    amount = Money(moved, currency)
    move_cash(session=session, kind=MoveKind.PAID_IN, amount=amount, reason="Change", by=rita, at=now)

    count_till(session=session, counted=sum_of(opened, currency), by=rita, at=now)
    closed = close_session(session=session, reason="Gone", by=rita, at=now + HOUR)

    assert str(closed.difference) == {"JPY": "-504", "KWD": "-0.515"}[currency]
    assert books() == {"PETTY": -moved, "DIFFERENCES": moved}


@pytest.mark.parametrize(("minor", "reason"), [(0, "x"), (-1, "x"), (100, "  ")])
def test_a_move_is_of_something_and_has_a_reason(
    session: TillSession, rita: User, now: datetime, minor: int, reason: str
) -> None:
    with pytest.raises(CashMoveInvalid):
        move_cash(session=session, kind=MoveKind.PAID_OUT, amount=pounds(minor), reason=reason, by=rita, at=now)


# -- refunds, several invoices, payments that were none


def test_one_sum_of_cash_for_several_invoices_goes_through_one_till(
    session: TillSession, bill: Bill, rita: User, now: datetime
) -> None:
    first, second = (issue_invoice(invoice=bill(minor), by=rita, at=now) for minor in (1000, 2000))
    shares = [Share(invoice=each, amount=each.gross) for each in (first, second)]

    receive(shares=shares, method=Method.CASH, by=rita, at=now, till_session_id=session.pk)

    assert session.reckon().payments == 3000


def test_what_is_paid_back_in_cash_is_less_in_the_till_it_comes_from(
    session: TillSession, bill: Bill, cash: Take, rita: User, now: datetime
) -> None:
    invoice = issue_invoice(invoice=bill(3000), by=rita, at=now)
    cash(invoice, 3000, None)
    credit_invoice(invoice=invoice, reason="Never happened", by=rita, at=now)
    parts = [WishedRefund(amount=pounds(1000), method=method) for method in (Method.CASH, Method.CARD)]

    pay_back(invoice=invoice, wished=parts, reason="x", by=rita, at=now, till_session_id=session.pk)

    assert session.reckon().expected == 4000
    assert [refund.till_session for refund in Refund.objects.order_by("pk")] == [session, None]


def test_a_payment_in_cash_that_was_none_is_less_in_its_till(
    session: TillSession, bill: Bill, cash: Take, rita: User, now: datetime
) -> None:
    payment = cash(bill(3000), 3000, session)

    take_back_payment(payment=payment, reason="Typed twice", by=rita, at=now, till_session_id=session.pk)

    assert session.reckon().expected == 5000
    assert "CASH" not in books()


# -- the books


def test_the_books_are_made_anew_from_what_went_through_the_tills(
    session: TillSession,
    bill: Bill,
    cash: Take,
    close: Close,
    in_clinic: TenantRef,
    rita: User,
    now: datetime,
) -> None:
    cash(bill(2000), 2000, session)
    move_cash(session=session, kind=MoveKind.PAID_OUT, amount=pounds(700), reason="Stamps", by=rita, at=now)
    close(session, 6200, "Wrong change")
    before = books()

    forget_the_books(in_clinic)
    assert len([said for said in check_books() if "till" in said.lower() or "Paid out" in said or "Front" in said]) == 2
    catch_up(at=now)

    assert books() == before
    assert before["DIFFERENCES"] == 100
    assert before["CASH"] == 6200 - 5000


def test_tills_of_one_practice_are_none_of_anothers(session: TillSession, other: TenantRef) -> None:
    with use(other):
        assert not TillSession.objects.exists()
        with pytest.raises(TillUnknown):
            pass_through(session_id=session.pk, method=Method.CASH, currency="GBP")
