"""The chain over issued documents: it holds, and whoever tampers with one is found."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from identity.models import User
from modules.billing.domain.chain import START, form
from modules.billing.models import Invoice, InvoiceLine, LedgerEntry, NumberSeries
from modules.billing.services import chain_up, issue_invoice
from modules.billing.services.chaining import APART, APART_ON_LINES, PEOPLE, PEOPLE_ON_LINES, verify
from tenancy import TenantRef, use_owner

TABLES = (
    "billing_invoice",
    "billing_invoiceline",
    "billing_payment",
    "billing_numberseries",
    "billing_ledgerentry",
    "billing_ledgerline",
)


@pytest.fixture
def three(bill: Callable[[int], Invoice], issued: Invoice, rita: User, now: datetime) -> list[Invoice]:
    """Three issued invoices of a year."""
    return [issued, *(issue_invoice(invoice=bill(minor), by=rita, at=now) for minor in (100, 200))]


@pytest.fixture
def tamper(clinic: TenantRef) -> Callable[..., None]:
    """`tamper("UPDATE …")`, as only the owner of the database can, with every trigger set aside."""

    def do(statement: str, values: list[Any] | None = None) -> None:
        with use_owner(clinic.schema_name), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement, values or [])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return do


def remove_from_books(tamper: Callable[..., None], document: Invoice) -> None:
    entries = list(LedgerEntry.objects.filter(invoice=document).values_list("pk", flat=True))
    tamper("DELETE FROM billing_ledgerline WHERE entry_id = ANY(%s)", [entries])
    tamper("DELETE FROM billing_ledgerentry WHERE invoice_id = %s", [document.pk])


def found() -> list[str]:
    return [str(finding) for finding in verify().findings]


def test_each_document_follows_the_one_before_it(three: list[Invoice]) -> None:
    rows = [Invoice.objects.get(pk=each.pk) for each in three]

    assert [row.chain_previous for row in rows] == [START, rows[0].chain_hash, rows[1].chain_hash]
    assert (verify().documents, verify().waiting, found()) == (3, 0, [])
    entry = AuditEntry.objects.filter(action="billing.invoice.issued").latest("at")
    assert entry.changes["chain_hash"] == [None, rows[2].chain_hash]


def test_what_happens_to_an_invoice_afterwards_breaks_nothing(
    three: list[Invoice], pay: Callable[..., Any], run_jobs: Callable[..., int], now: datetime
) -> None:
    pay(three[0], 1000)
    run_jobs(at=now)

    assert Invoice.objects.get(pk=three[0].pk).pdf_id is not None
    assert found() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gross_minor = gross_minor + 1, net_minor", 99999),
        ("client_name", "Somebody else"),
        ("client_address", ""),
        ("seller_name", "Another"),
        ("issue_date", "2031-03-02"),
        ("due_date", "2040-01-01"),
        ("chain_salt", "00" * 16),
        ("chain_people", "00" * 32),
    ],
)
def test_a_changed_document_is_found(three: list[Invoice], tamper: Any, column: str, value: Any) -> None:
    tamper("ALTER TABLE billing_invoice DROP CONSTRAINT invoice_adds_up")
    tamper(f"UPDATE billing_invoice SET {column} = %s WHERE number = '2031-0002'", [value])  # noqa: S608

    assert found() == ["2031-0002: the document was changed"]


@pytest.mark.parametrize(
    "change", ["description = 'Something else'", "quantity = 2", "tax_rate = 7", "position = 7", "detail = 'x'"]
)
def test_a_changed_line_is_found(three: list[Invoice], tamper: Any, change: str) -> None:
    tamper(f"UPDATE billing_invoiceline SET {change} WHERE invoice_id = %s", [three[1].pk])  # noqa: S608

    assert found() == ["2031-0002: the document was changed"]


def test_a_line_put_in_is_found(three: list[Invoice], tamper: Any) -> None:
    tamper(
        "INSERT INTO billing_invoiceline"
        " (id, invoice_id, position, description, detail, quantity,"
        " unit_price_minor, tax_rate, net_minor, tax_minor, gross_minor, currency) SELECT gen_random_uuid(),"
        " invoice_id, 2, 'x', '', 1, 0, 0, 0, 0, 0, 'GBP' FROM billing_invoiceline WHERE invoice_id = %s",
        [three[0].pk],
    )

    assert found() == ["2031-0001: the document was changed"]


def test_a_document_that_is_gone_is_found(three: list[Invoice], tamper: Any) -> None:
    remove_from_books(tamper, three[1])
    tamper("DELETE FROM billing_invoiceline WHERE invoice_id = %s", [three[1].pk])
    tamper("DELETE FROM billing_invoice WHERE number = '2031-0002'")

    assert found() == [
        "2031-0002: the document is missing",
        "2031-0003: the document does not follow the one before it",
    ]


def test_the_last_one_gone_is_found_too(three: list[Invoice], tamper: Any) -> None:
    remove_from_books(tamper, three[2])
    tamper("DELETE FROM billing_invoiceline WHERE invoice_id = %s", [three[2].pk])
    tamper("DELETE FROM billing_invoice WHERE number = '2031-0003'")

    assert found() == ["2031-0003: the document is missing"]


def test_a_document_renumbered_is_found(three: list[Invoice], tamper: Any) -> None:
    tamper("UPDATE billing_invoice SET number = '2031-0009' WHERE number = '2031-0003'")

    assert found() == [
        "2031-0009: the number is not the one of its place",
        "2031-0009: the document was changed",
    ]


def test_a_hash_worked_out_anew_breaks_the_next_one(three: list[Invoice], tamper: Any) -> None:
    tamper("UPDATE billing_invoice SET client_name = 'x', chain_hash = '', chain_salt = '' WHERE number = '2031-0002'")
    chain_up()

    assert "2031-0003: the document does not follow the one before it" in found()


def test_what_was_issued_before_the_chain_is_linked_in_its_order(three: list[Invoice], tamper: Any) -> None:
    tamper(
        "UPDATE billing_invoice SET chain_hash = '', chain_previous = '', chain_people = '', chain_salt = '',"
        " series_id = NULL, sequence = NULL"
    )
    assert len(found()) == 6

    assert (chain_up(), chain_up()) == (3, 0)

    rows = list(Invoice.objects.order_by("number"))
    assert [row.chain_previous for row in rows[1:]] == [row.chain_hash for row in rows[:2]]
    assert (found(), [row.sequence for row in rows]) == ([], [1, 2, 3])


def test_the_release_puts_what_was_issued_before_into_its_series(
    three: list[Invoice], tamper: Any, clinic: TenantRef
) -> None:
    """With every guard in place, as the migration runs."""
    tamper(
        "UPDATE billing_invoice SET chain_hash = '', chain_previous = '', chain_people = '', chain_salt = '',"
        " series_id = NULL, sequence = NULL"
    )
    places = importlib.import_module("modules.billing.migrations.0014_series_kept").PLACES
    with use_owner(clinic.schema_name), connection.cursor() as cursor:
        cursor.execute(places)

    assert list(Invoice.objects.order_by("number").values_list("sequence", flat=True)) == [1, 2, 3]
    assert (verify().waiting, chain_up(), found()) == (3, 3, [])


def test_a_new_document_waits_for_those_of_before(
    three: list[Invoice], tamper: Any, bill: Callable[[int], Invoice], rita: User, now: datetime
) -> None:
    tamper("UPDATE billing_invoice SET chain_hash = '', chain_previous = '', chain_people = '', chain_salt = ''")
    assert (verify().waiting, found()) == (3, [])

    issue_invoice(invoice=bill(1), by=rita, at=now)

    assert (verify().waiting, found()) == (4, [])
    assert (chain_up(), verify().waiting, found()) == (4, 0, [])


def test_who_is_erased_goes_and_the_money_is_still_proved(three: list[Invoice], tamper: Any) -> None:
    tamper(
        "UPDATE billing_invoice SET client_name = '', client_address = '', patient_name = '', chain_salt = ''"
        " WHERE number = '2031-0002'"
    )
    tamper("UPDATE billing_invoiceline SET description = '', detail = '' WHERE invoice_id = %s", [three[1].pk])
    assert (found(), verify().erased) == ([], 1)

    tamper("UPDATE billing_invoice SET due_date = '2040-01-01' WHERE number = '2031-0002'")

    assert found() == ["2031-0002: the document was changed"]


def test_the_application_changes_no_link(three: list[Invoice]) -> None:
    changes: list[dict[str, Any]] = [{"chain_hash": "x"}, {"chain_salt": ""}, {"sequence": 9}, {"series": None}]
    for change in [*changes, {"chain_previous": "f" * 64}, {"location": None}, {"kind": "CREDIT_NOTE"}]:
        with pytest.raises(DatabaseError, match="neither changes nor goes"), transaction.atomic():
            Invoice.objects.filter(number="2031-0001").update(**change)


def test_every_column_is_in_the_chain_or_apart_from_it_for_a_reason() -> None:
    """A column that somebody adds is in it by itself; one that changes after the issue must be named."""
    columns = {each.attname for each in Invoice._meta.concrete_fields}
    of_lines = {each.attname for each in InvoiceLine._meta.concrete_fields}

    assert columns > PEOPLE | APART
    assert of_lines > PEOPLE_ON_LINES | APART_ON_LINES
    assert {"number", "gross_minor", "kind", "issue_date", "seller_name"} <= columns - PEOPLE - APART


def test_a_column_that_says_nothing_changes_no_hash_of_before() -> None:
    assert form({"a": 1, "later": None}, [{"b": "x", "then": 0}]) == form({"a": 1}, [{"b": "x"}])


def test_the_command_says_which_tenants_hold(three: list[Invoice], clinic: TenantRef, tamper: Any) -> None:
    told = StringIO()
    call_command("verify_documents", tenant=clinic.subdomain, stdout=told)
    assert told.getvalue() == f"{clinic.subdomain}: holds, 3 documents\n"

    tamper("UPDATE billing_invoice SET client_name = 'x' WHERE number = '2031-0003'")
    with pytest.raises(CommandError, match="1 of 1 tenants") as broken:
        call_command("verify_documents", tenant=clinic.subdomain, stdout=told)

    assert broken.value.returncode == 1
    assert told.getvalue().endswith(f"{clinic.subdomain}: BROKEN, 3 documents\n  2031-0003: the document was changed\n")
    with pytest.raises(CommandError, match="no tenant"):
        call_command("verify_documents", tenant="nobody")


def test_series_keep_what_is_in_use(three: list[Invoice]) -> None:
    assert NumberSeries.objects.get().next == 4
