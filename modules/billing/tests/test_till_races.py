"""Several at one till in the same moment: real threads, real commits, a database of the test's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import transaction

from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.domain.tills import Counted
from modules.billing.models import CashMove, LedgerEntry, MoveKind, Payment, Till, TillSession
from modules.billing.services import record_payment
from modules.billing.services.tills import change_till, close_session, count_till, move_cash, open_session
from modules.billing.tests.test_concurrency import desk, drafts, place, somebody
from modules.billing.tests.test_settling_races import Try, try_to
from modules.billing.tests.test_tills import drawer
from modules.crm.models import Patient
from tenancy import TenantRef, use
from tests.together import all_at_once

__all__ = ["desk", "place", "somebody", "try_to"]  # fixtures

pytestmark = pytest.mark.usefixtures("own_database")


def pence(minor: int) -> Counted:
    return Counted(Money(minor, "GBP"))


@pytest.fixture
def till(place: TenantRef, desk: User) -> Till:
    with use(place), transaction.atomic():
        return drawer("Front desk", by=desk)


@pytest.fixture
def session(place: TenantRef, till: Till, desk: User, now: datetime) -> TillSession:
    """Opened with 50.00, and counted at that."""
    with use(place), transaction.atomic():
        opened = open_session(till=till, counted=pence(5000), by=desk, at=now)
        count_till(session=opened, counted=pence(5000), by=desk, at=now)
    return opened


def test_of_eight_who_open_one_till_one_does(
    place: TenantRef, desk: User, till: Till, try_to: Try, now: datetime
) -> None:
    answers = all_at_once([try_to(lambda: open_session(till=till, counted=pence(0), by=desk, at=now))] * 8)

    assert Counter(answers) == {"done": 1, "till-not-opened": 7}
    with use(place):
        assert TillSession.objects.count() == 1


def test_of_eight_who_close_one_till_one_does(
    place: TenantRef, desk: User, session: TillSession, try_to: Try, now: datetime
) -> None:
    with use(place), transaction.atomic():
        count_till(session=session, counted=pence(4900), by=desk, at=now)

    answers = all_at_once([try_to(lambda: close_session(session=session, reason="x", by=desk, at=now))] * 8)

    assert Counter(answers) == {"done": 1, "till-closed": 7}
    with use(place):
        assert LedgerEntry.objects.filter(till_session=session).count() == 1


@pytest.mark.parametrize("turn", range(4))
def test_who_pays_while_a_till_is_closed_is_in_what_was_expected_or_not_in_it_at_all(
    place: TenantRef, desk: User, somebody: Patient, session: TillSession, try_to: Try, now: datetime, turn: int
) -> None:
    bills = drafts(place, desk, somebody, now, 5)

    def paying(number: int) -> Callable[[], str]:
        return try_to(
            lambda: record_payment(
                invoice=bills[number],
                amount=Money(100, "GBP"),
                method=Method.CASH,
                by=desk,
                at=now,
                till_session_id=session.pk,
            )
        )

    def put_in() -> object:
        amount = Money(100, "GBP")
        return move_cash(session=session, kind=MoveKind.PAID_IN, amount=amount, reason="x", by=desk, at=now)

    def count_and_close() -> object:
        count_till(session=session, counted=pence(5000), by=desk, at=now)
        return close_session(session=session, reason="x", by=desk, at=now)

    payers = [paying(number) for number in range(5)]
    closing = try_to(count_and_close)
    answers = all_at_once([*payers[:turn], closing, *payers[turn:], try_to(put_in)])

    assert set(answers) <= {"done", "till-closed"}
    with use(place):
        found = TillSession.objects.get(pk=session.pk)
        came = Payment.objects.filter(till_session=session).count() + CashMove.objects.count()
        assert found.closed_at is not None
        assert found.expected_minor == 5000 + 100 * came == found.reckon().expected
        assert came == answers.count("done") - 1


def test_a_till_is_not_switched_off_while_somebody_opens_it(
    place: TenantRef, desk: User, till: Till, try_to: Try, now: datetime
) -> None:
    opening = try_to(lambda: open_session(till=till, counted=pence(0), by=desk, at=now))
    switching = try_to(lambda: change_till(till=till, name="Front desk", is_active=False, by=desk))

    answers = all_at_once([opening, switching])

    assert sorted(answers) in (["done", "till-busy"], ["done", "till-not-opened"])
    with use(place):
        assert Till.objects.get().is_active == TillSession.objects.exists()
