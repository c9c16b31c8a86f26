"""Many who give discounts on one draft, and somebody who issues it meanwhile: real threads, real commits."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest

from identity.models import User
from kernel.money import Money
from modules.billing.models import Adjustment, Invoice
from modules.billing.services import (
    DiscountTooHigh,
    WishedAdjustment,
    WishedLine,
    add_adjustment,
    draft_invoice_by_hand,
    issue_invoice,
)
from modules.billing.services.drafting import NotADraft
from modules.billing.tests.conftest import register
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def desk() -> User:
    with use_platform():
        return User.objects.get(email="rita@clinic.example")


@pytest.fixture
def draft(place: TenantRef, desk: User, now: datetime) -> Invoice:
    line = WishedLine(description="x", unit_price=Money(10000, "GBP"), tax_rate=Decimal(20))
    with use(place):
        patient = register("Patient B", by=desk, at=now, email="b@mail.example")
        return draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=desk, at=now)


def give(place: TenantRef, draft: Invoice, desk: User, at: datetime) -> str:
    wish = WishedAdjustment(percent=Decimal(2), reason="Loyalty")
    with use(place):
        try:
            add_adjustment(invoice=draft, wish=wish, by=desk, at=at)
        except (DiscountTooHigh, NotADraft) as refused:
            return refused.code
    return "given"


def test_ten_who_give_two_per_cent_at_once_give_no_more_than_the_ten_they_may(
    place: TenantRef, desk: User, draft: Invoice, now: datetime
) -> None:
    told = all_at_once([lambda: give(place, draft, desk, now)] * 10)

    assert Counter(told) == {"given": 5, "discount-too-high": 5}
    with use(place):
        assert str(Invoice.objects.get(pk=draft.pk).gross) == "90.00"


def test_whoever_issues_meanwhile_freezes_what_was_given_by_then(
    place: TenantRef, desk: User, draft: Invoice, now: datetime
) -> None:
    def issue() -> str:
        with use(place):
            issue_invoice(invoice=draft, by=desk, at=now)
        return "issued"

    told = Counter(all_at_once([lambda: give(place, draft, desk, now)] * 3 + [issue]))

    with use(place):
        issued = Invoice.objects.get(pk=draft.pk)
        given = Adjustment.objects.filter(invoice=draft).count()
    assert (told["issued"], told["given"] + told["not-a-draft"]) == (1, 3)
    assert given == told["given"]
    assert issued.gross_minor == 10000 - 200 * given
