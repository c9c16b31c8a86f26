"""What is left of a package is given up: credited to the minor unit, and drawn from no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, PackagePurchase
from modules.billing.services import (
    NotCreditable,
    NothingToGiveUp,
    PackageInUse,
    WishedCredit,
    credit_invoice,
    give_up_rest,
    issue_invoice,
    rest_of,
)
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.services.packages.giving_up import value_of
from modules.billing.tests.conftest import Book, done
from modules.billing.tests.test_ledger import books
from modules.crm.models import Patient
from modules.scheduling.public import PackageRefused
from modules.scheduling.services import CallOff, cancel_appointment
from tenancy import TenantRef


@pytest.fixture
def sold(ten: PackagePurchase, rita: User, now: datetime) -> PackagePurchase:
    """Eleven sessions for 500.00, billed."""
    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    return PackagePurchase.objects.get(pk=ten.pk)


def give_up(purchase: PackagePurchase, *, by: User, at: datetime, reason: str = "Moves away") -> Invoice | None:
    return give_up_rest(purchase=purchase, reason=reason, by=by, at=at)


def test_what_is_left_is_credited_and_what_was_had_stays_billed(
    book: Book, sold: PackagePurchase, rita: User, now: datetime
) -> None:
    for hours in (0, 1, 2):
        done(book(0, starts_at=now + timedelta(hours=hours)), by=rita, at=now)

    note = give_up(sold, by=rita, at=now)

    assert note is not None
    assert (str(note.gross), note.reason) == ("363.62", "Moves away")  # 500.00 are 5 × 45.46 and 6 × 45.45
    sold.refresh_from_db()
    assert sold.ended_at == now
    invoice = Invoice.objects.get(pk=sold.line.invoice_id)
    assert (invoice.status, str(invoice.to_pay)) == (Status.ISSUED, "136.38")
    assert books() == {"RECEIVABLE": 13638, "SALES": -13638}, "nothing of it is owed any more"
    with pytest.raises(PackageRefused, match="called off"):
        book(4)


def test_once_all_of_it_is_credited_the_sessions_that_were_had_are_no_sale_either(
    book: Book, sold: PackagePurchase, rita: User, now: datetime
) -> None:
    done(book(0), by=rita, at=now)
    give_up(sold, by=rita, at=now)

    credit_invoice(invoice=sold.line.invoice, reason="A present of the house", by=rita, at=now)

    assert Invoice.objects.get(pk=sold.line.invoice_id).status == Status.CREDITED
    assert books() == {}


def test_untouched_it_is_credited_as_a_whole(sold: PackagePurchase, rita: User, now: datetime) -> None:
    note = give_up(sold, by=rita, at=now)

    assert note is not None
    assert str(note.gross) == "500.00"
    assert Invoice.objects.get(pk=sold.line.invoice_id).status == Status.CREDITED
    assert PackagePurchase.objects.get().ended_at == now


def test_a_price_that_was_reduced_before_is_shared_out_again(
    book: Book, sold: PackagePurchase, rita: User, now: datetime
) -> None:
    reduction = WishedCredit(line_id=sold.line_id, amount=Money(6000, "GBP"))
    credit_invoice(invoice=sold.line.invoice, wished=[reduction], reason="Too dear", by=rita, at=now)
    done(book(0), by=rita, at=now)

    rest = rest_of(PackagePurchase.objects.get())

    assert (rest.left, rest.used, str(rest.value)) == (10, 1, "400.00")


def test_what_is_booked_is_cancelled_first(book: Book, sold: PackagePurchase, rita: User, now: datetime) -> None:
    visit = book(7)
    with pytest.raises(PackageInUse, match="are booked"):
        give_up(sold, by=rita, at=now)

    cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)

    assert give_up(sold, by=rita, at=now) is not None


def test_it_is_given_up_once_for_a_reason_and_never_as_a_draft(
    ten: PackagePurchase, book: Book, rita: User, now: datetime
) -> None:
    done(book(0), by=rita, at=now)
    with pytest.raises(ReasonNeeded):
        give_up(ten, by=rita, at=now, reason=" ")
    with pytest.raises(NotCreditable, match="draft"):
        give_up(ten, by=rita, at=now)
    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    give_up(ten, by=rita, at=now)

    with pytest.raises(NothingToGiveUp):
        give_up(ten, by=rita, at=now)


@given(minor=st.integers(11, 100_000), reduced=st.integers(0, 10), used=st.integers(0, 11))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_left_and_what_was_had_are_always_the_whole(
    ten: PackagePurchase, minor: int, reduced: int, used: int
) -> None:
    """The shares of any sessions and of the others add up to what was billed; equal but for a minor unit."""
    ten.line.gross_minor, ten.line.credited_minor = minor, reduced
    units = list(ten.units.order_by("pk"))
    had, left = _worth(ten, units[:used]), _worth(ten, units[used:])

    assert had + left == minor - reduced
    assert abs(left * 11 - (minor - reduced) * (11 - used)) <= 11 * 11


def _worth(purchase: PackagePurchase, free: list[Any]) -> int:
    return value_of(purchase=purchase, are_left=[unit in free for unit in purchase.units.order_by("pk")])


def test_the_page_says_what_it_comes_to_and_credits_it(
    pages: Any, api: Any, clinic: TenantRef, sold: PackagePurchase, patient: Patient, rita: User, bo: User
) -> None:
    address = f"/packages/{sold.pk}/credit/"

    shown = pages(rita).get(address).content.decode()
    refused = pages(rita).post(address, {"reason": ""})
    rest = api(rita).get(f"/api/billing/purchases/{sold.pk}/rest/").json()
    saved = pages(rita).post(address, {"reason": "Moves away"})

    assert "£500.00" in shown
    assert (refused.status_code, pages(bo).get(address).status_code) == (422, 403)
    assert rest == {"left": 11, "booked": 0, "used": 0, "value": "500.00", "currency": "GBP"}
    assert saved.status_code == 302
    again = api(rita).post(f"/api/billing/purchases/{sold.pk}/credit-notes/", {"reason": "Moves away"})
    assert (again.status_code, again.json()["code"]) == (409, "package-nothing-left")
