"""Statements of the bank: read, and kept once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from audit.models import AuditEntry
from identity.models import User
from modules.billing.domain.bank.tables import Role
from modules.billing.models import BankColumns, BankLine, BankStatement, BankTable
from modules.billing.selectors.bank import lines_of
from modules.billing.services.bank.columns import WishedColumns, keep_table, preview, waiting
from modules.billing.services.bank.keeping import LARGEST, Taken, forget_tables, take_in
from modules.billing.services.bank.refusals import StatementInvalid, StatementKnown
from modules.billing.tests.bank import IBAN, PAYER, Entry, camt
from modules.billing.tests.test_bank import Read, read
from modules.billing.tests.test_settling import pounds

__all__ = ["read"]  # a fixture

TABLE = (
    b"Buchungstag;Auftraggeber;Verwendungszweck;IBAN;Betrag\r\n"
    b"31.12.2030;M\xfcller, Zo\xeb;Rechnung 2031-0001;DE89 3704 0044 0532 0130 00;1.058,00\r\n"
    b"02.01.2031;Vermieter;Miete;;-700,50\r\n"
)
ROLES = (Role.DATE, Role.NAME, Role.TEXT, Role.IBAN, Role.AMOUNT)


def test_a_file_is_kept_once(read: Read, ana: User, now: datetime) -> None:
    statement = read(Entry(amount="58.00", text="x"))

    assert (statement.account, statement.opening, statement.closing) == (IBAN, pounds(10000), pounds(15800))
    with pytest.raises(StatementKnown, match="sent before"):
        read(Entry(amount="58.00", text="x"))
    assert BankStatement.objects.count() == BankLine.objects.count() == 1
    assert AuditEntry.objects.filter(action="billing.bankstatement.taken_in").count() == 1


def test_lines_of_an_earlier_statement_are_not_kept_again(read: Read) -> None:
    known = Entry(amount="58.00", bank_reference="A1")
    alike = Entry(amount="3.00", text="Coffee")
    read(known, alike)

    later = read(known, alike, alike, Entry(amount="7.00", bank_reference="A2"))

    assert later.known_before == 2
    assert sorted(lines_of(later).values_list("amount_minor", "nth")) == [(300, 1), (700, 0)]


def test_a_statement_in_another_currency_is_refused(in_clinic: object, ana: User, now: datetime) -> None:
    with pytest.raises(StatementInvalid, match=r"in EUR\. Invoices here are in GBP"):
        take_in(name="x", content=camt(Entry(amount="1.00"), currency="EUR"), by=ana, at=now)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "nothing in this file"),
        (b"x" * (LARGEST + 1), "larger than 5 MB"),
        (camt(Entry(amount="30.00"), closing="131.00"), r"£100\.00 before and lines of £30\.00 .* £131\.00"),
        (b"%PDF-1.7 statement", "neither a table"),
        (b"just a text", "headers in this file, and no rows"),
    ],
    ids=["empty", "20 MB", "a part is missing", "pdf", "text"],
)
def test_a_bad_file_says_what_is_wrong(in_clinic: object, ana: User, now: datetime, content: bytes, words: str) -> None:
    with pytest.raises(StatementInvalid, match=words):
        take_in(name="x", content=content, by=ana, at=now)
    assert not BankStatement.objects.exists()


# -- tables


def table_of(taken: Taken) -> BankTable:
    assert taken.table is not None
    return taken.table


def test_a_table_waits_until_its_columns_are_said_and_is_known_again(
    in_clinic: object, ana: User, now: datetime
) -> None:
    table = table_of(take_in(name="dezember.csv", content=TABLE, by=ana, at=now))
    asked = waiting(table)
    assert (asked.suggested.roles, asked.suggested.day_first, asked.suggested.decimal_sign) == (ROLES, True, ",")
    assert not BankLine.objects.exists()

    wish = WishedColumns(roles=ROLES, account=IBAN)
    assert [line.amount for line in preview(table=table, wish=wish, on=now.date())] == [pounds(105800), pounds(-70050)]
    statement = keep_table(table=table, wish=wish, by=ana, at=now)

    came, went = lines_of(statement).order_by("-amount_minor")
    assert (came.party_name, came.party_iban, str(came.booked_on)) == ("Müller, Zoë", PAYER, "2030-12-31")
    assert (went.text, went.amount) == ("Miete", pounds(-70050))
    assert not BankTable.objects.exists()
    assert BankColumns.objects.get().account == IBAN
    with pytest.raises(StatementKnown):
        take_in(name="again.csv", content=TABLE, by=ana, at=now)
    other = table_of(take_in(name="january.csv", content=TABLE.replace(b"58", b"59"), by=ana, at=now))
    assert waiting(other).is_known
    assert waiting(other).suggested.account == IBAN


def test_dates_that_can_be_read_both_ways_are_asked_for(in_clinic: object, ana: User, now: datetime) -> None:
    content = b"Date,Amount,Text\n03/04/2031,5.00,a\n04/04/2031,6.00,b\n"
    table = table_of(take_in(name="x.csv", content=content, by=ana, at=now))
    roles = (Role.DATE, Role.AMOUNT, Role.TEXT)

    with pytest.raises(StatementInvalid, match="whether the day or the month comes first"):
        keep_table(table=table, wish=WishedColumns(roles=roles, account=IBAN), by=ana, at=now)
    statement = keep_table(table=table, wish=WishedColumns(roles=roles, account=IBAN, day_first=False), by=ana, at=now)

    assert [str(line.booked_on) for line in lines_of(statement)] == ["2031-04-04", "2031-03-04"]


def test_dates_with_points_have_the_day_first(in_clinic: object, ana: User, now: datetime) -> None:
    table = table_of(take_in(name="x.csv", content=b"Date;Amount\n03.04.2030;5,00\n", by=ana, at=now))

    assert waiting(table).suggested.day_first is True


def test_dates_with_the_month_first_show_it_themselves(in_clinic: object, ana: User, now: datetime) -> None:
    content = b"Date,Amount\n12/31/2030,5.00\n01/02/2031,-0.00\n"
    table = table_of(take_in(name="x.csv", content=content, by=ana, at=now))

    statement = keep_table(
        table=table, wish=WishedColumns(roles=(Role.DATE, Role.AMOUNT), account="12345678"), by=ana, at=now
    )

    assert [str(line.booked_on) for line in lines_of(statement)] == ["2030-12-31"]
    assert statement.account == "12345678"


def test_rows_that_cannot_be_read_are_named_and_nothing_is_kept(in_clinic: object, ana: User, now: datetime) -> None:
    content = b"Date,Amount,Currency\n2031-03-03,5.00,GBP\n2031-03-04,five,GBP\n2031-03-05,5.00,USD\nsoon,5.00,GBP\n"
    table = table_of(take_in(name="x.csv", content=content, by=ana, at=now))
    roles = (Role.DATE, Role.AMOUNT, Role.CURRENCY)

    with pytest.raises(StatementInvalid) as refused:
        keep_table(table=table, wish=WishedColumns(roles=roles, account=IBAN), by=ana, at=now)

    assert refused.value.fields["file"] == [
        "Row 2: “five” is no amount.",
        "Row 3: USD is not the currency of this account.",
        "Row 4: “soon” is no date.",
    ]
    assert not BankStatement.objects.exists()


def test_a_table_that_nobody_explains_is_forgotten(in_clinic: object, ana: User, now: datetime) -> None:
    take_in(name="x.csv", content=TABLE, by=ana, at=now)

    assert forget_tables(at=now + timedelta(days=6)) == 0
    assert forget_tables(at=now + timedelta(days=8)) == 1
