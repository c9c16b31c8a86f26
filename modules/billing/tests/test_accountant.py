"""The books for the accountant's program: pairs that add up exactly, in the DATEV format, by the practice's numbers."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from kernel.money import Money
from modules.billing.domain.charts import PRESETS, Chart, Number, key_of
from modules.billing.domain.datev import COLUMNS, Batch, Booking, fiscal_year_of, readable, written
from modules.billing.domain.pairs import pairs
from modules.billing.domain.posting import Account
from modules.billing.domain.reports import Days
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, LedgerLine, Payment
from modules.billing.selectors.accountant import mapping
from modules.billing.services import (
    AccountantNotValid,
    NotExportable,
    WishedAccountant,
    WishedCredit,
    WishedLine,
    credit_invoice,
    datev_batch,
    draft_invoice_by_hand,
    issue_invoice,
    set_accountant,
    take_over_chart,
    write_off,
)
from modules.billing.services.accountant import name_of
from modules.crm.models import Patient
from tenancy import TenantRef
from tests.doors import Api, Pages

Pay = Callable[..., Payment]
MARCH = Days(date(2031, 3, 1), date(2031, 3, 31))
NINETEEN, SEVEN = Decimal(19), Decimal(7)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=9))
def test_pairs_add_up_to_what_happened_on_each_account(amounts: list[int]) -> None:
    sums = {str(number): minor for number, minor in enumerate([*amounts, -sum(amounts)])}

    found = pairs(sums)

    totals: Counter[str] = Counter()
    for pair in found:
        assert pair.minor > 0
        assert pair.debit != pair.credit
        totals[pair.debit] += pair.minor
        totals[pair.credit] -= pair.minor
    assert {account: minor for account, minor in totals.items() if minor} == {a: m for a, m in sums.items() if m}
    assert len(found) < max(len(sums), 1)


def test_what_does_not_add_up_is_no_booking() -> None:
    with pytest.raises(ValueError, match="not the same"):
        pairs({"1000": 100, "8400": -99})


def batch(**changed: Any) -> Batch:
    usual: dict[str, Any] = {
        "consultant": 29098,
        "client": 55003,
        "fiscal_year": date(2031, 1, 1),
        "account_length": 4,
        "since": MARCH.since,
        "until": MARCH.until,
        "made_at": datetime(2031, 4, 1, 9, 30, 0, 440000, UTC),
        "name": "Praxis",
        "currency": "EUR",
        "chart": "03",
    }
    return Batch(**(usual | changed))


def booking(**changed: Any) -> Booking:
    usual: dict[str, Any] = {
        "amount": Decimal("1190.5"),
        "debit": "1410",
        "credit": "8400",
        "day": date(2031, 3, 9),
        "number": "2031-0001",
        "text": "Invoice 2031-0001",
    }
    return Booking(**(usual | changed))


def lines_of(content: bytes) -> list[str]:
    return content.decode("cp1252").split("\r\n")


def rows_of(content: bytes) -> list[dict[str, str]]:
    """Read a batch the way another program would."""
    text = content.decode("cp1252").partition("\r\n")[2]
    return list(csv.DictReader(StringIO(text), delimiter=";"))


def test_a_batch_reads_as_datev_says() -> None:
    header, columns, row, last = lines_of(written(batch(), [booking()]))

    assert header == (
        '"EXTF";700;21;"Buchungsstapel";13;20310401093000440;;"RE";"";"";29098;55003;20310101;4;20310301;20310331;'
        '"Praxis";"";1;0;0;"EUR";;"";;;"03";;;"";""'
    )
    assert (len(COLUMNS), len(columns.split(";")), len(row.split(";"))) == (125, 125, 125)
    assert (COLUMNS[8], COLUMNS[13], COLUMNS[113], COLUMNS[124]) == (
        "BU-Schlüssel",
        "Buchungstext",
        "Festschreibung",
        "Abw. Skontokonto",
    )
    assert row.startswith('1190,50;"S";"EUR";;;;1410;8400;;0903;"2031-0001";;;"Invoice 2031-0001";')
    assert last == ""


def test_an_automatic_account_is_the_contra_account_and_is_told_not_to_reckon() -> None:
    sold = booking(is_on_automatic_credit=True)
    credited = booking(debit="8400", credit="1410", is_on_automatic_debit=True)

    *_rest, one, other, _end = lines_of(written(batch(), [sold, credited]))

    assert one.startswith('1190,50;"S";"EUR";;;;1410;8400;"0040";')
    assert other.startswith('1190,50;"H";"EUR";;;;1410;8400;"0040";')


def test_what_windows_1252_does_not_know_is_replaced_and_quotes_are_doubled() -> None:
    assert readable("Grüße € Łódź 東京\n") == "Grüße € ?ódz ??"
    (row,) = rows_of(written(batch(), [booking(text='A "B"; C', number="=A 1;2")]))
    assert (row["Buchungstext"], row["Belegfeld 1"]) == ('A "B"; C', "-A-1-2")


@pytest.mark.parametrize(
    ("day", "month", "begins"),
    [
        (date(2031, 3, 9), 1, date(2031, 1, 1)),
        (date(2031, 3, 9), 4, date(2030, 4, 1)),
        (date(2031, 4, 1), 4, date(2031, 4, 1)),
    ],
)
def test_the_fiscal_year_begins_in_its_month(day: date, month: int, begins: date) -> None:
    assert fiscal_year_of(day, first_month=month) == begins


def numbers_for_all() -> dict[Any, Number]:
    """SKR03, and something for whatever the chart does not have."""
    missing = {each.key: Number(str(4000 + place)) for place, each in enumerate(mapping())}
    return missing | PRESETS[Chart.SKR03]


@pytest.fixture
def mapped(in_clinic: TenantRef, ana: User) -> None:
    wish = WishedAccountant(consultant=29098, client=55003, chart=Chart.SKR03, numbers=numbers_for_all())
    set_accountant(wish=wish, by=ana)


@pytest.fixture
def month(in_clinic: TenantRef, patient: Patient, pay: Pay, rita: User, ana: User, now: datetime) -> Invoice:
    """119.00 at 19 and 10.70 at 7 per cent; 100.00 paid by card; 11.90 credited, 5.00 written off."""
    lines = [
        WishedLine(description="One", unit_price=Money(11900, "GBP"), tax_rate=NINETEEN),
        WishedLine(description="Two", unit_price=Money(1070, "GBP"), tax_rate=SEVEN),
    ]
    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)
    invoice = issue_invoice(invoice=draft, by=rita, at=now)
    pay(invoice, 10000, Method.CARD)
    line = invoice.lines.get(tax_rate=NINETEEN)
    part = [WishedCredit(line_id=line.pk, amount=Money(1190, "GBP"))]
    credit_invoice(invoice=invoice, wished=part, reason="Too dear", by=rita, at=now)
    write_off(invoice=invoice, amount=Money(500, "GBP"), reason="Small", by=ana, at=now)
    return invoice


def test_a_month_in_the_accountants_words(mapped: None, month: Invoice, ana: User, now: datetime) -> None:
    found = rows_of(datev_batch(days=MARCH, by=ana, at=now))

    shown = [
        " ".join(
            [
                row["Umsatz (ohne Soll/Haben-Kz)"],
                row["Soll/Haben-Kennzeichen"],
                row["Konto"],
                row["Gegenkonto (ohne BU-Schlüssel)"],
                row["BU-Schlüssel"] or "-",
                row["Belegdatum"],
                row["Buchungstext"],
            ]
        )
        for row in found
    ]
    assert shown == [
        "10,00 S 1410 8300 0040 0303 Invoice issued 2031-0001",
        "100,00 S 1410 8400 0040 0303 Invoice issued 2031-0001",
        "0,70 S 1410 1771 - 0303 Invoice issued 2031-0001",
        "19,00 S 1410 1776 - 0303 Invoice issued 2031-0001",
        "100,00 S 1360 1410 - 0303 Payment received 2031-0001",
        "10,00 H 1410 8400 0040 0303 Credit note issued CN-2031-0001",
        "1,90 S 1776 1410 - 0303 Credit note issued CN-2031-0001",
        "5,00 S 2400 1410 - 0303 Written off 2031-0001",
    ]


def test_the_rows_add_up_to_the_books(mapped: None, month: Invoice, pay: Pay, ana: User, now: datetime) -> None:
    known = {key: number.number for key, number in numbers_for_all().items()}
    booked: Counter[str] = Counter()
    for line in LedgerLine.objects.all():
        booked[known[key_of(line.account, line.tax_rate)]] += line.amount_minor

    exported: Counter[str] = Counter()
    for row in rows_of(datev_batch(days=MARCH, by=ana, at=now)):
        minor = int(row["Umsatz (ohne Soll/Haben-Kz)"].replace(",", ""))
        signed = minor if row["Soll/Haben-Kennzeichen"] == "S" else -minor
        exported[row["Konto"]] += signed
        exported[row["Gegenkonto (ohne BU-Schlüssel)"]] -= signed

    assert {number: minor for number, minor in exported.items() if minor} == {n: m for n, m in booked.items() if m}


def test_every_account_of_the_books_is_in_the_mapping(month: Invoice) -> None:
    found = [each.key for each in mapping()]

    assert {account for account, _rate in found} == {account.value for account in Account}
    assert {key_of(Account.TAX, NINETEEN), key_of(Account.SALES, SEVEN)} < set(found)
    assert len(found) == len(set(found))


def test_what_is_missing_is_said_all_at_once(month: Invoice, ana: User, now: datetime) -> None:
    with pytest.raises(NotExportable) as refused:
        datev_batch(days=Days(date(2030, 12, 31), MARCH.until), by=ana, at=now)

    assert refused.value.fields["accountant"] == [
        "The numbers of the consultant and the client are missing (Settings, Accountant).",
        "These days are in two fiscal years: a batch is of one.",
        "No number for: Owed by clients.",
        "No number for: Sales, 7 %.",
        "No number for: Sales, 19 %.",
        "No number for: Tax, 7 %.",
        "No number for: Tax, 19 %.",
        "No number for: Card terminal.",
        "No number for: Written off.",
    ]
    assert not AuditEntry.objects.filter(action="billing.ledgerentry.exported").exists()


@pytest.mark.parametrize(("currency", "sentence"), [("KWD", "three decimals"), ("EUR", "bookings in GBP")])
def test_currencies_that_cannot_go_out_are_refused(
    mapped: None,
    month: Invoice,
    ana: User,
    now: datetime,
    clinic: TenantRef,
    monkeypatch: pytest.MonkeyPatch,
    currency: str,
    sentence: str,
) -> None:
    elsewhere = replace(clinic, currency=currency)
    monkeypatch.setattr("modules.billing.services.accountant.current_tenant", lambda: elsewhere)

    with pytest.raises(NotExportable, match=sentence):
        datev_batch(days=MARCH, by=ana, at=now)


def test_amounts_without_decimals_have_two() -> None:
    (row,) = rows_of(written(batch(currency="JPY"), [booking(amount=Money(1200, "JPY").decimal)]))

    assert row["Umsatz (ohne Soll/Haben-Kz)"] == "1200,00"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (WishedAccountant(consultant=7), "consultant"),
        (WishedAccountant(client=100_000), "client"),
        (WishedAccountant(first_month=13), "first_month"),
        (WishedAccountant(account_length=9), "account_length"),
        (WishedAccountant(numbers={("CASH", None): Number("10x")}), "CASH"),
        (WishedAccountant(numbers={("CASH", None): Number("123456")}), "CASH"),
        (WishedAccountant(numbers={("GOLD", None): Number("1000")}), "numbers"),
    ],
)
def test_numbers_that_are_none_are_refused_by_their_field(
    in_clinic: TenantRef, ana: User, wish: WishedAccountant, field: str
) -> None:
    with pytest.raises(AccountantNotValid) as refused:
        set_accountant(wish=wish, by=ana)

    assert field in refused.value.fields


def test_the_owner_maps_the_accounts_on_the_page_and_takes_the_batch_along(
    month: Invoice, pages: Callable[[User], Pages], ana: User, rita: User
) -> None:
    owner, days = pages(ana), "?since=2031-03-01&until=2031-03-31"
    refused = owner.get(f"/invoices/journal/datev/{days}")
    assert refused.status_code == 302
    assert "No number for: Owed by clients." in owner.get(refused["location"]).content.decode()

    assert owner.post("/settings/billing/accountant/chart/", {"chart": "04"}).status_code == 302
    shown = owner.get("/settings/billing/accountant/").content.decode()
    assert 'value="4400"' in shown
    sent: dict[str, Any] = {
        "consultant": "29098",
        "client": "55003",
        "first_month": "1",
        "account_length": "4",
        "chart": "04",
        **{name_of(each.key): each.number for each in mapping()},
        **{f"automatic-{name_of(each.key)}": "on" for each in mapping() if each.is_automatic},
    }
    assert owner.post("/settings/billing/accountant/", sent | {"CASH": "x"}).status_code == 422
    assert owner.post("/settings/billing/accountant/", sent).status_code == 302

    answer = owner.get(f"/invoices/journal/datev/{days}")
    assert (answer.status_code, answer["Content-Disposition"].split('"')[1]) == (
        200,
        "EXTF_Buchungsstapel_2031-03-01_2031-03-31.csv",
    )
    assert len(rows_of(answer.content)) == 8
    assert AuditEntry.objects.filter(action="billing.ledgerentry.exported").count() == 1
    assert pages(rita).get(f"/invoices/journal/datev/{days}").status_code == 403
    assert pages(rita).get("/settings/billing/accountant/").status_code == 403


def test_the_api_maps_and_exports(month: Invoice, api: Callable[[User], Api], ana: User, rita: User) -> None:
    owner, days = api(ana), "?since=2031-03-01&until=2031-03-31"
    assert owner.get(f"/api/billing/ledger/datev/{days}").json()["code"] == "export-incomplete"
    take_over_chart(chart=Chart.SKR03, by=ana)
    told = owner.get("/api/billing/accountant/").json()

    answer = owner.put("/api/billing/accountant/", told | {"consultant": 29098, "client": 55003})

    assert (answer.status_code, answer.json()["numbers"]) == (200, told["numbers"])
    assert len(rows_of(owner.get(f"/api/billing/ledger/datev/{days}").content)) == 8
    assert owner.put("/api/billing/accountant/", {"first_month": 13}).status_code == 422
    assert [api(rita).get(f"/api/billing/{path}").status_code for path in ("accountant/", "ledger/datev/")] == [
        403,
        403,
    ]
