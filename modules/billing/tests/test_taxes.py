"""Rates of tax: begun on a day, never edited, and what a bill says of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from identity.models import User
from kernel.money import Money
from modules.billing.documents.invoice import invoice_pdf
from modules.billing.domain.taxes import Category
from modules.billing.models import Invoice, InvoiceLine, TaxRate, Treatment, TreatmentCode
from modules.billing.services import (
    RateDetails,
    TaxRateHeld,
    TaxRateInvalid,
    TaxRatesThere,
    WishedLine,
    begin_rate,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    end_rate,
    issue_invoice,
    take_back_rate,
    take_over_rates,
)
from modules.billing.services.lines import LinesNotValid
from modules.billing.tests.test_discount_pages import read_pdf, text_of
from modules.crm.models import Patient
from modules.scheduling.models import Appointment, Service
from tenancy import TenantRef
from tests.doors import Api

NEW_YEAR = date(2031, 1, 1)


def standard(rate: str, *, since: date = NEW_YEAR, **more: Any) -> RateDetails:
    usual = {"name": "Standard", "category": Category.STANDARD, "percent": Decimal(rate), "valid_from": since}
    return RateDetails(**(usual | more))


def exempt(**more: Any) -> RateDetails:
    usual = {"name": "Health", "category": Category.EXEMPT, "valid_from": NEW_YEAR, "reason": "Art. 132", "code": "X"}
    return RateDetails(**(usual | more))


def periods() -> list[tuple[str, str, date | None]]:
    rows = TaxRate.objects.kept().order_by("name", "valid_from")
    return [(row.name, f"{row.percent:.0f}", row.valid_until) for row in rows]


def test_a_change_is_a_new_row_and_the_one_before_ends_the_day_before(in_clinic: TenantRef, ana: User) -> None:
    begin_rate(details=standard("19"), by=ana)
    begin_rate(details=standard("21", since=date(2032, 7, 1), name="standard"), by=ana)
    begin_rate(details=standard("20", since=date(2032, 1, 1)), by=ana)

    assert periods() == [
        ("Standard", "19", date(2031, 12, 31)),
        ("Standard", "20", date(2032, 6, 30)),
        ("Standard", "21", None),
    ]
    with pytest.raises(TaxRateInvalid):
        begin_rate(details=standard("25", since=date(2032, 1, 1)), by=ana)


def test_what_is_to_come_can_be_taken_back_and_what_has_begun_cannot(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    first = begin_rate(details=standard("19"), by=ana)
    later = begin_rate(details=standard("20", since=date(2032, 1, 1)), by=ana)

    take_back_rate(rate=later, by=ana, at=now, on=now.date())

    assert periods() == [("Standard", "19", None)]
    with pytest.raises(TaxRateHeld):
        take_back_rate(rate=first, by=ana, at=now, on=now.date())
    end_rate(rate=first, until=date(2031, 6, 30), by=ana)
    assert periods() == [("Standard", "19", date(2031, 6, 30))]
    with pytest.raises(TaxRateInvalid):
        end_rate(rate=first, until=date(2031, 7, 1), by=ana)


def test_postgres_edits_no_rate(in_clinic: TenantRef, ana: User) -> None:
    row = begin_rate(details=standard("19"), by=ana)

    for change in (lambda: TaxRate.objects.filter(pk=row.pk).update(percent=20), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()  # type: ignore[operator]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"percent": Decimal(0)},
        {"percent": Decimal(101)},
        {"percent": Decimal("NaN")},
        {"category": Category.EXEMPT},
        {"category": Category.EXEMPT, "percent": Decimal(0)},
        {"code": "x" * 21},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], in_clinic: TenantRef, ana: User) -> None:
    with pytest.raises(TaxRateInvalid):
        begin_rate(details=standard("19", **wrong), by=ana)


def test_a_countrys_rates_are_taken_over_once(in_clinic: TenantRef, ana: User) -> None:
    assert len(take_over_rates(country="DE", by=ana)) == 8
    with pytest.raises(TaxRatesThere):
        take_over_rates(country="DE", by=ana)


def test_a_country_that_nobody_knows_has_none(in_clinic: TenantRef, ana: User) -> None:
    with pytest.raises(TaxRateInvalid):
        take_over_rates(country="XX", by=ana)


def test_the_day_of_the_visit_decides_and_what_was_drawn_up_keeps_its_rate(
    visit: Appointment, ana: User, rita: User, now: datetime
) -> None:
    """The service says 19 %. The visit is in March; from March on it is 20 %."""
    begin_rate(details=standard("19"), by=ana)
    begin_rate(details=standard("20", since=date(2031, 3, 1)), by=ana)
    Service.objects.filter(pk=visit.service_id).update(tax_rate=19)

    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    begin_rate(details=standard("25", since=date(2031, 3, 2)), by=ana)

    line = InvoiceLine.objects.get(invoice=draft)
    assert (line.tax_rate, line.tax_category, str(line.tax)) == (20, "S", "9.67")


def test_treatments_are_taxed_by_the_day_of_their_visit_and_stay_in_step(
    draft: Invoice, manual: TreatmentCode, does: Callable[..., Treatment], ana: User
) -> None:
    """The list says 20 %, which since February is 22 %."""
    begin_rate(details=standard("20"), by=ana)
    begin_rate(details=standard("22", since=date(2031, 2, 1)), by=ana)

    does(manual)
    does(manual)

    lines = InvoiceLine.objects.filter(invoice=draft, treatment__isnull=False)
    assert [(line.tax_rate, line.tax_category) for line in lines] == [(22, "S"), (22, "S")]


def test_without_any_rates_a_percentage_is_what_it_says(bill: Callable[[int], Invoice]) -> None:
    line = bill(100).lines.get()

    assert (line.tax_rate, line.tax_category, line.tax_reason) == (0, "Z", "")


def test_the_bill_says_why_nothing_is_due_on_every_side(
    patient: Patient, ana: User, rita: User, now: datetime, pages: Any
) -> None:
    begin_rate(details=exempt(), by=ana)
    lines = [
        WishedLine(description="Visit", unit_price=Money(5000, "GBP")),
        WishedLine(description="Book", unit_price=Money(1000, "GBP"), tax_category="Z"),
        WishedLine(description="Tape", unit_price=Money(1200, "GBP"), tax_rate=Decimal(20)),
    ]
    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)
    issue_invoice(invoice=draft, by=rita, at=now)

    page = text_of(pages(rita).get(f"/invoices/{draft.pk}/"))
    paper = read_pdf(invoice_pdf(Invoice.objects.for_display().get(pk=draft.pk), pay_url=""))

    assert "Exempt, £50.00: Art. 132 (X)" in page
    assert "Tax 20% on £10.00" in page
    assert "Art. 132 (X) 0 % £50.00 £0.00" in paper
    assert "Zero rate 0 % £10.00 £0.00" in paper
    assert "Taxed 20 % £10.00 £2.00" in paper
    with pytest.raises(DatabaseError), transaction.atomic():
        InvoiceLine.objects.filter(invoice=draft).update(tax_reason="")


def test_a_category_fits_its_rate(patient: Patient, rita: User, now: datetime) -> None:
    for category, rate in (("S", 0), ("E", 20), ("Q", 0)):
        line = WishedLine(description="x", unit_price=Money(1, "GBP"), tax_rate=Decimal(rate), tax_category=category)
        with pytest.raises(LinesNotValid):
            draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=rita, at=now)


def test_the_settings_take_over_begin_and_end(in_clinic: TenantRef, ana: User, pages: Any) -> None:
    owner, path = pages(ana), "/settings/billing/taxes/"

    empty = text_of(owner.get(path))
    taken = owner.post(f"{path}preset/", {"country": "GB"})
    twice = owner.post(f"{path}preset/", {"country": "GB"})
    sent = {"name": "Standard", "category": "S", "percent": "22", "valid_from": "2099-01-01", "is_usual": "on"}
    begun = owner.post(path, sent)
    wrong = owner.post(path, sent | {"percent": ""})
    shown = text_of(owner.get(path))
    to_come = TaxRate.objects.get(valid_from=date(2099, 1, 1))
    ended = owner.post(f"{path}{to_come.pk}/end/")

    assert '<option value="GB" selected>United Kingdom</option>' in empty
    assert [each.status_code for each in (taken, twice, begun, wrong, ended)] == [302, 422, 302, 422, 302]
    assert "VATA 1994, Schedule 9, group 7" in shown
    assert "To come" in shown
    assert TaxRate.objects.kept().count() == 4


def test_by_api_it_is_the_same(in_clinic: TenantRef, ana: User, rita: User, api: Callable[..., Api]) -> None:
    owner, path = api(ana), "/api/billing/tax-rates/"

    taken = owner.post(f"{path}preset/", {"country": "CH"})
    begun = owner.post(path, {"name": "Standard", "percent": "8.5", "valid_from": "2099-01-01"})
    row = begun.json()
    ended = owner.put(f"{path}{row['id']}/last-day/", {"until": "2099-12-31"})

    assert (taken.status_code, len(taken.json())) == (201, 7)
    assert (row["category"], row["percent"], row["valid_until"]) == ("S", "8.50", None)
    assert ended.json()["valid_until"] == "2099-12-31"
    assert owner.client.delete(f"{path}{row['id']}/").status_code == 204
    assert len(owner.get(path).json()) == 7
    assert api(rita).get(path).status_code == 403
