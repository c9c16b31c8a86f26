"""Tills: opened with a count, closed with a count, and in between cash goes through them and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.domain.tills import Counted, counted_in_pieces
from modules.billing.models import (
    CashMove,
    Invoice,
    LedgerEntry,
    MoveKind,
    Payment,
    Refund,
    Till,
    TillCount,
    TillSession,
)
from modules.billing.services import (
    record_payment,
)
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.services.settling.unwinding import unwind
from modules.billing.services.tills import (
    CountInvalid,
    NotCounted,
    TillBusy,
    TillClosed,
    TillDetails,
    TillInvalid,
    TillNameTaken,
    TillNotOpened,
    add_till,
    change_till,
    close_session,
    count_till,
    move_cash,
    open_session,
)
from modules.billing.tests.test_ledger import books
from modules.scheduling.models import Location
from tenancy import TenantRef, use

Bill = Callable[[int], Invoice]
HOUR = timedelta(hours=1)
Take = Callable[..., Payment]
Close = Callable[..., TillSession]


def pounds(minor: int) -> Money:
    return Money(minor, "GBP")


def sum_of(minor: int, currency: str = "GBP") -> Counted:
    return Counted(Money(minor, currency))


def drawer(name: str, *, by: User, currency: str = "GBP", location: Location | None = None) -> Till:
    place = location or Location.objects.order_by("pk")[0]
    return add_till(details=TillDetails(name=name, location_id=place.pk, currency=currency), by=by)


@pytest.fixture
def till(in_clinic: TenantRef, ana: User) -> Till:
    return drawer("Front desk", by=ana)


@pytest.fixture
def session(till: Till, rita: User, now: datetime) -> TillSession:
    """The front desk, opened by Rita with 50.00."""
    return open_session(till=till, counted=sum_of(5000), by=rita, at=now)


@pytest.fixture
def cash(rita: User, now: datetime) -> Callable[..., Payment]:
    """`cash(invoice, minor, session)` hands so many pence over the desk, into a till."""

    def hand_over(invoice: Invoice, minor: int, into: TillSession | None) -> Payment:
        return record_payment(
            invoice=invoice,
            amount=Money(minor, invoice.currency),
            method=Method.CASH,
            by=rita,
            at=now,
            till_session_id=into.pk if into else None,
        )

    return hand_over


@pytest.fixture
def close(rita: User, now: datetime) -> Callable[..., TillSession]:
    """`close(session, minor, reason)` counts so many pence and closes the till with them."""

    def count_and_close(session: TillSession, minor: int, reason: str = "") -> TillSession:
        count_till(session=session, counted=sum_of(minor, session.currency), by=rita, at=now + HOUR)
        return close_session(session=session, reason=reason, by=rita, at=now + HOUR)

    return count_and_close


def sql(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


# -- the drawers


def test_a_till_is_added_renamed_and_switched_off_and_on(till: Till, ana: User) -> None:
    change_till(till=till, name="  Back   office ", is_active=False, by=ana)
    assert (Till.objects.get().name, Till.objects.get().is_active) == ("Back office", False)

    change_till(till=till, name="Back office", is_active=True, by=ana)
    assert Till.objects.get().is_active


def test_a_till_has_a_name_of_its_own_at_its_location(till: Till, ana: User) -> None:
    with pytest.raises(TillNameTaken):
        drawer("Front desk", by=ana)
    with pytest.raises(TillInvalid):
        drawer("  ", by=ana)
    with pytest.raises(TillInvalid):
        drawer("Other", by=ana, currency="XXQ")
    with pytest.raises(TillInvalid):
        add_till(details=TillDetails(name="Other", location_id=till.pk, currency="GBP"), by=ana)


def test_an_open_till_is_not_switched_off(session: TillSession, ana: User) -> None:
    with pytest.raises(TillBusy):
        change_till(till=session.till, name="Front desk", is_active=False, by=ana)
    with pytest.raises(IntegrityError):
        sql("UPDATE billing_till SET is_active = false")


def test_a_till_that_is_switched_off_is_not_opened(till: Till, ana: User, now: datetime) -> None:
    change_till(till=till, name=till.name, is_active=False, by=ana)
    with pytest.raises(TillNotOpened):
        open_session(till=till, counted=sum_of(0), by=ana, at=now)


# -- opening and closing


def test_a_till_that_is_open_is_not_opened_again(session: TillSession, ana: User, now: datetime) -> None:
    with pytest.raises(TillNotOpened):
        open_session(till=session.till, counted=sum_of(100), by=ana, at=now)

    assert TillSession.objects.get().opened_by_name == str(session.opened_by_name)


def test_what_was_counted_is_kept_coin_by_coin(till: Till, rita: User, now: datetime) -> None:
    session = open_session(till=till, counted=counted_in_pieces({2000: 2, 500: 2}, "GBP"), by=rita, at=now)
    count_till(session=session, counted=counted_in_pieces({1000: 5}, "GBP"), by=rita, at=now + HOUR)
    closed = close_session(session=session, by=rita, at=now + HOUR)

    closed.refresh_from_db()
    assert (closed.opening_pieces, closed.counted_pieces) == ({"2000": 2, "500": 2}, {"1000": 5})
    assert (closed.expected_minor, closed.counted_minor, closed.difference_minor) == (5000, 5000, 0)
    assert not LedgerEntry.objects.exists()  # nothing is missing, so there is nothing to enter


@pytest.mark.parametrize(
    "counted",
    [sum_of(-1), sum_of(100, "EUR"), Counted(pounds(100), {100: 2}), Counted(pounds(3), {3: 1})],
    ids=["less than nothing", "another currency", "another sum", "no such coin"],
)
def test_what_nobody_can_have_counted_is_refused(till: Till, rita: User, now: datetime, counted: Counted) -> None:
    with pytest.raises(CountInvalid):
        open_session(till=till, counted=counted, by=rita, at=now)


def test_a_till_should_hold_what_went_through_it(
    session: TillSession, bill: Bill, cash: Take, close: Close, rita: User, now: datetime
) -> None:
    paid = bill(5800)
    cash(paid, 5800, session)
    cash(bill(2000), 1500, session)
    move_cash(session=session, kind=MoveKind.PAID_IN, amount=pounds(1000), reason="Change", by=rita, at=now)
    move_cash(session=session, kind=MoveKind.PAID_OUT, amount=pounds(250), reason="Stamps", by=rita, at=now)
    unwind(
        invoice=Invoice.objects.get(pk=paid.pk),
        wished=[],
        reason="Never happened",
        give_back=True,
        by=rita,
        at=now,
        till_session_id=session.pk,
    )

    closed = close(session, 5000 + 1500 + 1000 - 250)

    assert (closed.expected_minor, closed.difference_minor) == (7250, 0)
    assert books()["CASH"] == 2250  # what came in since it was opened
    assert books()["PETTY"] == -750
    assert Refund.objects.get().till_session == session


@pytest.mark.parametrize("found", [4850, 5020], ids=["too little", "too much"])
def test_a_difference_needs_a_reason_and_is_in_the_books(
    session: TillSession, close: Close, rita: User, now: datetime, found: int
) -> None:
    with pytest.raises(ReasonNeeded):
        close(session, found)
    closed = close_session(session=session, reason="Wrong change, I think", by=rita, at=now + HOUR)

    assert (closed.difference_minor, closed.reason) == (found - 5000, "Wrong change, I think")
    assert books() == {"CASH": found - 5000, "DIFFERENCES": 5000 - found}
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.till_session, entry.invoice) == ("DIFFERENCE", closed, None)


def test_every_count_is_kept_and_the_last_one_counts(
    session: TillSession, close: Close, rita: User, now: datetime
) -> None:
    count_till(session=session, counted=sum_of(4000), by=rita, at=now)
    closed = close(session, 5000)

    assert [count.amount_minor for count in TillCount.objects.order_by("at")] == [4000, 5000]
    assert closed.difference_minor == 0


def test_a_till_is_counted_before_it_is_closed_and_again_after_something_went_through_it(
    session: TillSession, bill: Bill, cash: Take, rita: User, now: datetime
) -> None:
    with pytest.raises(NotCounted):
        close_session(session=session, by=rita, at=now)
    count_till(session=session, counted=sum_of(5000), by=rita, at=now)
    cash(bill(100), 100, session)
    with pytest.raises(NotCounted):
        close_session(session=session, by=rita, at=now)


# -- a closed session takes nothing


@pytest.fixture
def closed(session: TillSession, close: Close) -> TillSession:
    return close(session, 5000)


def test_a_closed_session_takes_nothing_more(
    closed: TillSession, bill: Bill, cash: Take, rita: User, now: datetime
) -> None:
    invoice = bill(1000)
    with pytest.raises(TillClosed):
        cash(invoice, 1000, closed)
    with pytest.raises(TillClosed):
        move_cash(session=closed, kind=MoveKind.PAID_OUT, amount=pounds(1), reason="x", by=rita, at=now)
    with pytest.raises(TillClosed):
        count_till(session=closed, counted=sum_of(1), by=rita, at=now)
    with pytest.raises(TillClosed):
        close_session(session=closed, by=rita, at=now)
    assert not Payment.objects.exists()


def test_postgres_lets_nothing_into_a_closed_session_either(
    closed: TillSession, issued: Invoice, cash: Take, rita: User, now: datetime
) -> None:
    payment = cash(issued, 5800, None)
    of = {"till_session": closed, "amount_minor": 100, "currency": "GBP"}
    signed = {"at": now, "by_id": rita.pk, "by_name": "Rita"}

    for refused in (
        lambda: Payment.objects.create(invoice=issued, method="CASH", received_at=now, **of),
        lambda: Refund.objects.create(
            invoice=issued,
            payment=payment,
            method="CASH",
            kind="TAKEN_BACK",
            state="DONE",
            finished_at=now,
            **of,
            **signed,
        ),
        lambda: CashMove.objects.create(kind=MoveKind.PAID_IN, reason="x", **of, **signed),
        lambda: TillCount.objects.create(expected_minor=0, **of, **signed),
    ):
        with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
            refused()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_tillsession SET counted_minor = 1, difference_minor = 1 - expected_minor, reason = 'x'",
        "UPDATE billing_tillsession SET closed_at = NULL",
        "DELETE FROM billing_tillsession",
        "DELETE FROM billing_till",
        "UPDATE billing_till SET currency = 'EUR'",
        "DELETE FROM billing_tillcount",
        "UPDATE billing_tillcount SET amount_minor = 1",
    ],
)
def test_what_was_counted_stays(closed: TillSession, statement: str) -> None:
    with pytest.raises(DatabaseError):
        sql(statement)


def test_postgres_closes_no_session_with_another_sum_than_went_through_it(session: TillSession, rita: User) -> None:
    with pytest.raises(IntegrityError, match="went through"):
        sql(
            "UPDATE billing_tillsession SET closed_at = now() + interval '99 years', closed_by_id = %s, "
            "counted_minor = 4000, expected_minor = 4000, difference_minor = 0",
            rita.pk,
        )


def test_where_there_are_no_locations_a_till_is_the_practices(shop: TenantRef, ana: User) -> None:
    details = TillDetails(name="Counter", location_id=None, currency="EUR")

    with use(shop):
        assert str(add_till(details=details, by=ana)) == "Counter"
        with pytest.raises(TillNameTaken):
            add_till(details=details, by=ana)
