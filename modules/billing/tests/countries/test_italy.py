"""Italy: medical care is exempt (art. 10 n. 18 DPR 633/72, natura N4), all else bears 22, 10, 5 or 4 %.

Where more than 77.47 euro bear no tax, the bill bears the stamp duty of 2.00 euro (bollo).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from lxml import etree

from filestore.storage import read_file
from identity.models import User
from kernel.money import Money
from modules.billing.domain.tax_presets import preset_of
from modules.billing.domain.taxes import rate_for
from modules.billing.models import EInvoice, Invoice, StampDuty
from modules.billing.services import (
    AddressDetails,
    NoStampDuty,
    UnknownLine,
    WishedAdjustment,
    WishedEInvoices,
    WishedLine,
    add_adjustment,
    change_adjustment,
    draft_invoice_by_hand,
    issue_invoice,
    make_e_invoices,
    set_e_invoice_address,
    set_e_invoice_rules,
    set_stamp_duty,
    take_over_rates,
)
from modules.billing.tests.countries.bills import Line, bill
from modules.crm.models import Client, Patient
from tenancy import TenantRef, use
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


# -- bollo


@pytest.fixture
def in_rome(in_clinic: TenantRef, ana: User) -> Iterator[TenantRef]:
    """The clinic, as if it lay in Rome, with Italy's rates; the stamp duty is passed on."""
    rome = replace(in_clinic, currency="EUR", time_zone="Europe/Rome")
    with use(rome):
        take_over_rates(country="IT", by=ana)
        set_stamp_duty(stamp_duty=StampDuty.PASSED_ON, by=ana)
        yield rome


@pytest.fixture
def seduta(in_rome: TenantRef, patient: Patient, rita: User, now: datetime) -> Callable[..., Invoice]:
    """`seduta(7748)`: a draft over so many cents, exempt; `taxed=` so many at 22 % besides."""

    def write(minor: int, *, taxed: int = 0) -> Invoice:
        lines = [WishedLine(description="Seduta", unit_price=Money(minor, "EUR"))]
        if taxed:
            more = Money(taxed, "EUR")
            lines.append(WishedLine(description="Crema", unit_price=more, tax_rate=Decimal(22)))
        return draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)

    return write


def lines_of(invoice: Invoice) -> list[tuple[str, str]]:
    return [(line.description, str(line.gross)) for line in invoice.lines.order_by("position")]


DUTY = ("Stamp duty on what is exempt", "2.00")


def test_up_to_77_47_there_is_no_bollo_and_a_cent_more_bears_2_00(seduta: Callable[..., Invoice]) -> None:
    small, large = seduta(7747), seduta(7748)

    assert lines_of(small) == [("Seduta", "77.47")]
    assert lines_of(large) == [("Seduta", "77.48"), DUTY]
    assert str(Invoice.objects.get(pk=large.pk).gross) == "79.48"
    duty = large.lines.get(is_duty=True)
    assert (duty.tax_category, duty.tax_code, str(duty.tax)) == ("E", "N1", "0.00")


def test_what_bears_iva_does_not_count(seduta: Callable[..., Invoice]) -> None:
    assert lines_of(seduta(5000, taxed=12200)) == [("Seduta", "50.00"), ("Crema", "122.00")]


def test_a_discount_takes_the_bollo_along_and_is_none_on_it(
    seduta: Callable[..., Invoice], ana: User, now: datetime
) -> None:
    """80.00 with bollo are 82.00. Less 5 % are 76.00 and no bollo; less 1 % are 79.20 and 2.00: 81.20."""
    draft = seduta(8000)
    wish = WishedAdjustment(percent=Decimal(5), reason="Fedeltà")

    given = add_adjustment(invoice=draft, wish=wish, by=ana, at=now)
    assert lines_of(draft) == [("Seduta", "76.00")]

    change_adjustment(adjustment=given, wish=replace(wish, percent=Decimal(1)), by=ana, at=now)
    assert lines_of(draft) == [("Seduta", "79.20"), DUTY]
    assert str(Invoice.objects.get(pk=draft.pk).gross) == "81.20"
    with pytest.raises(UnknownLine):
        add_adjustment(invoice=draft, wish=wish, line_id=draft.lines.get(is_duty=True).pk, by=ana, at=now)


def test_a_practice_that_bears_it_shows_it_at_nothing(seduta: Callable[..., Invoice], ana: User) -> None:
    set_stamp_duty(stamp_duty=StampDuty.BORNE, by=ana)

    draft = seduta(8000)

    line = draft.lines.get(is_duty=True)
    assert (str(line.gross), line.detail) == ("0.00", "€2.00, borne by us")
    assert str(Invoice.objects.get(pk=draft.pk).gross) == "80.00"


def test_it_is_issued_with_the_rest(seduta: Callable[..., Invoice], rita: User, now: datetime) -> None:
    issued = issue_invoice(invoice=seduta(8000), by=rita, at=now)

    assert (str(issued.gross), str(issued.net), str(issued.tax)) == ("82.00", "82.00", "0.00")


def test_where_nothing_is_done_about_it_there_is_none(seduta: Callable[..., Invoice], ana: User) -> None:
    set_stamp_duty(stamp_duty=StampDuty.NONE, by=ana)

    assert lines_of(seduta(8000)) == [("Seduta", "80.00")]


def test_elsewhere_there_is_no_such_duty(in_clinic: TenantRef, ana: User, api: Callable[..., Api]) -> None:
    with pytest.raises(NoStampDuty):
        set_stamp_duty(stamp_duty=StampDuty.PASSED_ON, by=ana)
    assert api(ana).put("/api/billing/tax-rules/", {"stamp_duty": "BORNE"}).status_code == 409
    assert api(ana).get("/api/billing/tax-rules/").json() == {"stamp_duty": ""}


# -- FatturaPA


def test_a_firm_gets_a_fattura_with_natura_and_bollo(
    in_rome: TenantRef, seduta: Callable[..., Invoice], patient: Patient, ana: User, rita: User, now: datetime
) -> None:
    """80.00 exempt (N4) with the stamp duty of 2.00 (N1): 82.00, said as virtual stamp duty, for the codice fiscale."""
    Client.objects.filter(pk=patient.client_id).update(
        street="Via Po 2", postal_code="10124", city="Torino", country="IT", organisation="Alfa srl"
    )
    seller = {"street": "Via Roma 1", "postal_code": "00184", "city": "Roma", "vat_id": "12345670017", "regime": "RF01"}
    set_e_invoice_rules(wish=WishedEInvoices(fatturapa=True, **seller), by=ana)
    address = AddressDetails(vat_id="00743110157", certified_email="alfa@pec.example")
    set_e_invoice_address(client_id=patient.client_id, details=address, by=ana)

    issued = issue_invoice(invoice=seduta(8000), by=rita, at=now)
    make_e_invoices(invoice_id=issued.pk, at=now)

    row = EInvoice.objects.get()
    assert row.file is not None
    fattura = etree.fromstring(read_file(row.file))
    said = {name: [each.text for each in fattura.iterfind(f".//{name}")] for name in SAID}
    assert said == SAID


SAID = {
    "FormatoTrasmissione": ["FPR12"],
    "CodiceDestinatario": ["0000000"],
    "PECDestinatario": ["alfa@pec.example"],
    "TipoDocumento": ["TD01"],
    "BolloVirtuale": ["SI"],
    "ImportoBollo": ["2.00"],
    "ImportoTotaleDocumento": ["82.00"],
    "Natura": ["N4", "N1", "N1", "N4"],
    "ImponibileImporto": ["2.00", "80.00"],
    "Imposta": ["0.00", "0.00"],
    "RiferimentoNormativo": [
        "Escluso IVA art. 15, comma 1, DPR 633/72",
        "Esente IVA art. 10, comma 1, n. 18, DPR 633/72",
    ],
}
