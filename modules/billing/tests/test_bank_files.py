"""What banks write into their files: camt.053 and tables, whole and broken."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from modules.billing.domain.bank.camt import is_xml, read_camt
from modules.billing.domain.bank.lines import ReadLine, Unreadable, as_account, keyed
from modules.billing.domain.bank.tables import (
    Columns,
    Role,
    check_roles,
    guess_decimal_sign,
    guess_roles,
    headed,
    read_amount,
    read_row,
)
from modules.billing.tests.bank import IBAN, PAYER, Entry, camt

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>"""


def minor(content: bytes) -> list[int]:
    (statement,) = read_camt(content)
    return [line.amount.minor for line in statement.lines]


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_a_statement_is_read_in_every_version(version: str) -> None:
    entry = Entry(amount="58.00", text="Invoice 2031-0001", name="Ana Roe", iban=PAYER, reference="RF18539007547034")

    (statement,) = read_camt(camt(entry, version=version))

    assert (statement.account, statement.currency) == (IBAN, "GBP")
    assert (statement.opening, statement.closing) == (Money(10000, "GBP"), Money(15800, "GBP"))
    assert statement.lines == (
        ReadLine(
            booked_on=date(2031, 3, 3),
            value_on=date(2031, 3, 3),
            amount=Money(5800, "GBP"),
            text="Invoice 2031-0001",
            reference="RF18539007547034",
            party_name="Ana Roe",
            party_iban=PAYER,
        ),
    )


def test_what_went_is_below_nothing_and_what_is_not_booked_is_left_out() -> None:
    assert minor(camt(Entry(amount="-12.50"), Entry(amount="99.00", status="PDNG"))) == [-1250]


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_batch_is_taken_apart_and_has_to_add_up(version: str) -> None:
    assert minor(camt(Entry(amount="30.00", parts=("10.00", "20.00")), version=version)) == [1000, 2000]
    with pytest.raises(Unreadable, match="batch"):
        read_camt(camt(Entry(amount="30.00", parts=("10.00", "19.00")), version=version))


def test_a_batch_whose_parts_have_no_amounts_stays_one_line() -> None:
    assert minor(camt(Entry(amount="30.00", parts=("", "")))) == [3000]


def test_a_statement_that_does_not_add_up_is_refused_with_its_figures() -> None:
    with pytest.raises(Unreadable, match="does-not-add-up") as refused:
        read_camt(camt(Entry(amount="30.00"), closing="131.00"))

    assert refused.value.figures == {
        "opening": Money(10000, "GBP"),
        "lines": Money(3000, "GBP"),
        "closing": Money(13100, "GBP"),
    }


def test_a_line_of_nothing_is_no_line() -> None:
    assert minor(camt(Entry(amount="-0.00"), Entry(amount="1.00"))) == [100]


def test_a_currency_of_three_decimals_keeps_them() -> None:
    assert minor(camt(Entry(amount="1.125"), currency="KWD", opening=None)) == [1125]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (LAUGHS, "doctype"),
        (b"<html><body>Please sign in</body></html>", "not-camt"),
        (b"<html><p>Please sign in<br></html>", "not-xml"),
        (camt(Entry(amount="1")).replace(b"camt.053", b"camt.054"), "other-camt"),
        (camt(Entry(amount="1"), currency="ZZZ"), "currency"),
        (camt(Entry(amount="1.005"), opening=None), "amount"),
        (camt(Entry(amount="1", day="2031-02-30"), opening=None), "day"),
        (camt(opening=None), "empty"),
        (camt(Entry(amount="1"))[:400], "not-xml"),
    ],
    ids=["laughs", "html", "tag soup", "camt.054", "currency", "half a penny", "no such day", "nothing", "cut off"],
)
def test_what_is_no_statement_is_refused(content: bytes, why: str) -> None:
    assert is_xml(content)
    with pytest.raises(Unreadable) as refused:
        read_camt(content)
    assert str(refused.value) == why


def test_nothing_is_read_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    content = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]><Document>&x;</Document>'.encode()

    with pytest.raises(Unreadable, match="doctype"):
        read_camt(content)


def test_two_alike_on_a_day_are_two_and_the_parts_of_a_batch_differ() -> None:
    one = ReadLine(booked_on=date(2031, 3, 3), amount=Money(100, "GBP"), text="Coffee")
    part = ReadLine(booked_on=date(2031, 3, 3), amount=Money(200, "GBP"), bank_reference="B1")

    keys = [(key, nth) for _line, key, nth in keyed(IBAN, [one, part, one])]

    assert [nth for _key, nth in keys] == [0, 0, 1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("text", "sign", "amount"),
    [
        ("1.234,56", ",", 123456),
        ("1,234.56", ".", 123456),
        ("1'234.50", ".", 123450),
        ("1 234,5", ",", 123450),
        ("12,00-", ",", -1200),
        ("(12.00)", ".", -1200),
        ("\u221212,00 €", ",", -1200),
        ("EUR 7", ",", 700),
        ("+5", ".", 500),
        ("-0,00", ",", 0),
        ("-€12,00", ",", -1200),
        ("1.234", ",", 123400),
    ],
)
def test_amounts_are_read_as_banks_write_them(text: str, sign: str, amount: int) -> None:
    assert read_amount(text, decimal_sign=sign, currency="EUR") == Money(amount, "EUR")


@pytest.mark.parametrize("text", ["12.34,56,78", "twelve", "1,234.56", "0,001", "--5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="amount"):
        read_amount(text, decimal_sign=",", currency="EUR")


@given(st.integers(-(10**12), 10**12), st.sampled_from([",", "."]), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_that_is_written_is_read_back(minor: int, sign: str, currency: str) -> None:
    money = Money(minor, currency)
    written = str(money).replace(".", sign)

    assert read_amount(written, decimal_sign=sign, currency=currency) == money


@pytest.mark.parametrize(
    ("texts", "currency", "sign"),
    [
        (["1.234,56"], "EUR", ","),
        (["12.50", "7"], "EUR", "."),
        (["1.234"], "EUR", ","),
        (["1.234"], "KWD", ""),
        (["1.234", "12.5"], "KWD", "."),
        (["7", "8"], "EUR", ""),
        (["1,50", "1.50"], "EUR", ""),
    ],
)
def test_the_sign_before_the_cents_is_found_or_asked_for(texts: list[str], currency: str, sign: str) -> None:
    assert guess_decimal_sign(texts, currency) == sign


def test_columns_are_guessed_from_headers_of_several_languages() -> None:
    german = ["Buchungstag", "Valutadatum", "Auftraggeber", "Verwendungszweck", "Betrag", "Währung", "IBAN"]
    italian = ["Data contabile", "Data valuta", "Addebiti", "Accrediti", "Descrizione"]

    assert guess_roles(german) == ("date", "value_date", "name", "text", "amount", "currency", "iban")
    assert guess_roles(italian) == ("date", "value_date", "debit", "credit", "text")


def test_lines_about_the_account_above_the_headers_are_passed_over() -> None:
    headers, rows = headed(["Account", "GB29"], [["From", "to"], ["Date", "Amount"], ["2031-03-03", "5"]])

    assert (headers, rows) == (["Date", "Amount"], [["2031-03-03", "5"]])


def test_a_table_needs_a_date_and_an_amount_or_both_ways() -> None:
    with pytest.raises(Unreadable, match="no-date-column"):
        check_roles([Role.AMOUNT])
    with pytest.raises(Unreadable, match="no-amount-column"):
        check_roles([Role.DATE, Role.AMOUNT, Role.DEBIT])
    with pytest.raises(Unreadable, match="column-twice"):
        check_roles([Role.DATE, Role.DATE, Role.AMOUNT])
    check_roles([Role.DATE, Role.TEXT, Role.TEXT, Role.DEBIT, Role.CREDIT])


def test_what_went_and_what_came_may_stand_in_two_columns() -> None:
    columns = Columns(roles=(Role.DATE, Role.DEBIT, Role.CREDIT, Role.TEXT, Role.TEXT), decimal_sign=",", account="1")

    def read(*cells: str) -> ReadLine | None:
        return read_row(cells, columns, currency="EUR", read_day=date.fromisoformat)

    went, came = read("2031-03-03", "5,00", "", "a", "b"), read("2031-03-03", "0,00", "7,00", "", "c")
    assert went is not None
    assert came is not None
    assert (went.amount.minor, went.text) == (-500, "a b")
    assert (came.amount.minor, came.text) == (700, "c")
    assert read("2031-03-03", "0,00", "", "", "") is None


def test_an_account_is_an_iban_or_what_a_bank_calls_it() -> None:
    assert as_account("de89 3704 0044 0532 0130 00") == PAYER
    assert as_account("12-34-56 12345678") == "12345612345678"
    with pytest.raises(Unreadable, match="account"):
        as_account("DE89 3704 0044 0532 0130 01")
