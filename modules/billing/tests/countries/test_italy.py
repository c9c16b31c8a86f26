"""Italy: medical care is exempt (art. 10 n. 18 DPR 633/72, natura N4), all else bears 22, 10, 5 or 4 %."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from identity.models import User
from kernel.money import Money
from modules.billing.domain.tax_presets import preset_of
from modules.billing.domain.taxes import rate_for
from modules.billing.models import Invoice
from modules.billing.services import WishedLine, draft_invoice_by_hand, take_over_rates
from modules.billing.tests.countries.bills import Line, bill
from modules.crm.models import Patient
from tests.doors import Api


def test_a_session_of_physiotherapy_is_exempt_and_says_by_which_article() -> None:
    session = bill("IT", Line("60.00", "0"), currency="EUR")

    assert (session.net, session.tax, session.gross) == ("60.00", "0.00", "60.00")
    assert (session.rates[0].category, session.rates[0].code) == ("E", "N4")
    assert session.rates[0].reason == "Esente IVA art. 10, comma 1, n. 18, DPR 633/72"


def test_insoles_at_4_and_a_cream_at_22_beside_an_exempt_visit() -> None:
    """Insoles 104.00 at 4 %: 104.00 ÷ 1.04 = 100.00, tax 4.00. Cream 12.20 at 22 %: 10.00 and 2.20. Visit 50.00."""
    mixed = bill("IT", Line("104.00", "4"), Line("12.20", "22"), Line("50.00", "0"), currency="EUR")

    assert mixed.taxes == {"0": "0.00", "4": "4.00", "22": "2.20"}
    assert (mixed.net, mixed.tax, mixed.gross) == ("160.00", "6.20", "166.20")


def test_ten_euros_off_the_whole_are_borne_by_each_rate_in_proportion() -> None:
    """10.00 off 122.00 at 22 % and 78.00 exempt: 6.10 and 3.90. 115.90 × 22 ÷ 122 = 20.90."""
    mixed = bill("IT", Line("122.00", "22"), Line("78.00", "0"), amount_less="10.00", currency="EUR")

    assert mixed.taxes == {"0": "0.00", "22": "20.90"}
    assert (mixed.net, mixed.tax, mixed.gross) == ("169.10", "20.90", "190.00")


def test_in_a_shop_nothing_is_exempt_by_itself() -> None:
    """A shop that says 0 % claims no exemption of medical care."""
    sale = bill("IT", Line("9.00", "0"), currency="EUR", treats_people=False)

    assert (sale.rates[0].category, sale.rates[0].reason) == ("Z", "")


def test_a_shop_that_bills_an_exempt_line_says_so_by_its_category() -> None:
    rates = preset_of("IT", treats_people=False)

    assert rate_for(Decimal(0), rates, on=date(2026, 3, 2), category="E").code == "N4"


def test_the_draft_copies_article_and_natura_and_the_api_tells_them(
    patient: Patient, ana: User, rita: User, now: datetime, api: Callable[..., Api]
) -> None:
    take_over_rates(country="IT", by=ana)
    lines = [WishedLine(description="Seduta", unit_price=Money(6000, "GBP"))]

    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now, supplied_on=date(2031, 3, 3))

    line = Invoice.objects.get(pk=draft.pk).lines.get()
    assert (line.tax_category, line.tax_code) == ("E", "N4")
    (told,) = api(rita).get(f"/api/billing/invoices/{draft.pk}/").json()["taxes"]
    assert told == {
        "category": "E",
        "rate": "0.00",
        "reason": "Esente IVA art. 10, comma 1, n. 18, DPR 633/72",
        "code": "N4",
        "net": "60.00",
        "tax": "0.00",
    }
