"""Many who credit the same invoice at once, and one who pays meanwhile: real threads, real commits."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction

from identity.models import User
from kernel.errors import DomainError
from kernel.money import Money
from modules.billing.domain.states import Method, Status
from modules.billing.models import Invoice, InvoiceLine
from modules.billing.services import WishedCredit, credit_invoice, issue_invoice, record_payment
from modules.billing.services.chaining import verify
from modules.billing.tests.test_concurrency import desk, drafts, place, somebody
from modules.crm.models import Patient
from tenancy import TenantRef, use
from tests.doors import Api
from tests.together import all_at_once

__all__ = ["desk", "place", "somebody"]  # fixtures

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def hundred(place: TenantRef, desk: User, somebody: Patient, now: datetime) -> Invoice:
    """An issued invoice of 100.00, on one line."""
    (draft,) = drafts(place, desk, somebody, now, 1, minor=10000)
    with use(place), transaction.atomic():
        return issue_invoice(invoice=draft, by=desk, at=now)


def test_of_ten_who_credit_thirty_three_at_once_three_do(
    place: TenantRef, desk: User, hundred: Invoice, now: datetime
) -> None:
    with use(place):
        line = InvoiceLine.objects.get()
    wish = WishedCredit(line_id=line.pk, amount=Money(3300, "GBP"))

    def credit() -> str:
        try:
            with use(place), transaction.atomic():
                note = credit_invoice(invoice=hundred, wished=[wish], reason="Too dear", by=desk, at=now)
        except DomainError as error:
            return error.code
        return str(note.number)

    answers = all_at_once([credit] * 10)

    assert Counter(answers) == {"credit-invalid": 7, **{f"CN-2031-000{n}": 1 for n in (1, 2, 3)}}
    with use(place):
        row = Invoice.objects.get(pk=hundred.pk)
        assert (row.credited_minor, row.status, InvoiceLine.objects.get(pk=line.pk).credited_minor) == (
            9900, Status.ISSUED, 9900,
        )  # fmt: skip
        assert (verify().documents, verify().findings) == (4, [])


def test_one_who_pays_and_one_who_credits_never_take_more_than_there_is(
    place: TenantRef, desk: User, hundred: Invoice, now: datetime
) -> None:
    def credit() -> None:
        with use(place), transaction.atomic():
            credit_invoice(invoice=hundred, reason="Not theirs", by=desk, at=now)

    def pay() -> str:
        try:
            with use(place), transaction.atomic():
                record_payment(invoice=hundred, amount=Money(10000, "GBP"), method=Method.CASH, by=desk, at=now)
        except DomainError as error:
            return error.code
        return "paid"

    paid = all_at_once([credit, pay])[1]

    with use(place):
        row = Invoice.objects.get(pk=hundred.pk)
    assert (row.status, row.to_pay.minor) == (Status.CREDITED, 0)
    assert row.overpaid.minor == (10000 if paid == "paid" else 0)
    assert paid in {"paid", "nothing-to-pay"}


def test_a_credit_asked_for_six_times_with_one_key_is_one_credit_note(
    place: TenantRef, desk: User, hundred: Invoice
) -> None:
    doors = [Api(place, desk) for _ in range(6)]
    path, body = f"/api/billing/invoices/{hundred.pk}/credit-notes/", {"reason": "Not theirs"}

    answers = all_at_once([lambda door=door: door.post(path, body, key="credit-1") for door in doors])

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["number"] for answer in answers if answer.status_code == 201}) == 1
    with use(place):
        assert Invoice.objects.filter(kind="CREDIT_NOTE").count() == 1


def test_quantities_credited_at_once_are_never_more_than_were_sold(
    place: TenantRef, desk: User, hundred: Invoice, now: datetime
) -> None:
    with use(place):
        line = InvoiceLine.objects.get()
    wish = WishedCredit(line_id=line.pk, quantity=Decimal("0.3"))

    def credit() -> bool:
        try:
            with use(place), transaction.atomic():
                credit_invoice(invoice=hundred, wished=[wish], reason="x", by=desk, at=now)
        except DomainError:
            return False
        return True

    assert sum(all_at_once([credit] * 6)) == 3
