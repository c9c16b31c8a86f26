"""The books: what is entered by itself, that it stays and adds up, and that it is what the documents are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum

from audit.models import AuditEntry
from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.models import (
    Deposit,
    GatewayAccount,
    Happening,
    Invoice,
    LedgerEntry,
    LedgerLine,
    PackagePurchase,
    Payment,
)
from modules.billing.services import (
    Outcome,
    WishedCredit,
    WishedRule,
    credit_invoice,
    issue_invoice,
    record_payment,
    set_rule,
    settle_deposit,
)
from modules.billing.services.ledger import catch_up
from modules.billing.services.ledger.checking import check_books
from modules.billing.tests.conftest import Book, done
from modules.crm.models import Patient
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import CallOff, Visitor, Wish, book_appointment, cancel_appointment, set_status
from tenancy import TenantRef, use_owner
from tests.doors import Api, Pages
from tests.jobs import run_due_jobs

Pay = Callable[..., Payment]


def books(**of: Any) -> dict[str, int]:
    """What each account comes to, in pence, of some entries or of all."""
    lines = LedgerLine.objects.filter(**{f"entry__{name}": value for name, value in of.items()})
    sums = lines.values_list("account").annotate(sum=Sum("amount_minor")).order_by("account")
    return {account: int(total) for account, total in sums if total}


def test_an_invoice_and_its_payments_are_entered_as_they_happen(issued: Invoice, pay: Pay) -> None:
    assert books() == {"RECEIVABLE": 5800, "SALES": -5800}

    pay(issued, 5000, Method.CARD)
    pay(issued, 800)

    assert books() == {"CARD": 5000, "CASH": 800, "SALES": -5800}
    assert [entry.kind for entry in LedgerEntry.objects.order_by("pk")] == ["ISSUED", "PAID", "PAID"]


def test_the_day_of_an_entry_is_the_day_of_its_document(issued: Invoice, pay: Pay, now: datetime) -> None:
    payment = pay(issued, 100)

    assert LedgerEntry.objects.get(kind=Happening.ISSUED).day == issued.issue_date
    assert LedgerEntry.objects.get(payment=payment).day == now.date()


def test_a_bill_over_nothing_is_entered_without_amounts(
    bill: Callable[[int], Invoice], rita: User, now: datetime
) -> None:
    issue_invoice(invoice=bill(0), by=rita, at=now)

    assert (LedgerEntry.objects.get().kind, books()) == (Happening.ISSUED, {})


def test_nothing_in_the_books_changes_or_goes_and_no_entry_is_out_of_balance(issued: Invoice) -> None:
    entry = LedgerEntry.objects.get()
    for change in (
        lambda: LedgerLine.objects.update(amount_minor=1),
        lambda: LedgerLine.objects.all().delete(),
        lambda: LedgerEntry.objects.update(day=date(2030, 1, 1)),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    line = LedgerLine(entry=entry, position=9, account="CASH", amount_minor=1, currency="GBP")
    with pytest.raises(IntegrityError, match="add up to nothing"), transaction.atomic():
        commit(line)


def commit(line: LedgerLine) -> None:
    """Write a line, and have what waits for the end of a transaction be checked."""
    line.save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def deposit(in_clinic: TenantRef, patient: Patient, ana: User, bo: User, now: datetime) -> Callable[..., Deposit]:
    """`deposit()` is one of 29.00, 20 per cent tax included, for a follow-up at 58.00 tomorrow; paid by card."""
    Service.objects.filter(name="Follow-up").update(tax_rate=20)
    service = Service.objects.get(name="Follow-up")
    GatewayAccount.objects.create(account_id="acct_1", charges_enabled=True)
    set_rule(wish=WishedRule(service_id=service.pk, percent=Decimal(50)), by=ana)

    def book_and_pay() -> Deposit:
        wish = Wish(
            service_id=service.pk,
            patient_id=patient.pk,
            practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
            starts_at=now + timedelta(days=1),
        )
        visit = book_appointment(wish=wish, by=Visitor(), at=now)
        asked = Deposit.objects.get(appointment=visit)
        record_payment(invoice=asked.invoice, amount=asked.amount, method=Method.CARD, by=ana, at=now)
        return Deposit.objects.get(pk=asked.pk)

    return book_and_pay


def test_a_deposit_is_owed_to_the_client_until_the_visit_is_billed(
    deposit: Callable[..., Deposit], rita: User, now: datetime
) -> None:
    paid = deposit()
    assert books() == {"CARD": 2900, "DEPOSITS": -2417, "TAX": -483}

    visit = Appointment.objects.get(pk=paid.appointment_id)
    done(visit, by=rita, at=visit.starts_at)
    run_due_jobs()
    issue_invoice(invoice=Invoice.objects.get(lines__appointment=visit), by=rita, at=now)

    assert books() == {"CARD": 2900, "RECEIVABLE": 2900, "SALES": -4833, "TAX": -967}


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        (Outcome.KEPT, {"CARD": 2900, "FEES": -2417, "TAX": -483}),
        (Outcome.RETURNED, {"CARD": 2900, "PAID_BACK": -2900}),
        (Outcome.CREDITED, {"CARD": 2900, "DEPOSITS": -2417, "TAX": -483}),
    ],
)
def test_what_becomes_of_a_deposit_is_entered(
    outcome: Outcome, after: dict[str, int], deposit: Callable[..., Deposit], ana: User, now: datetime
) -> None:
    paid = deposit()
    cancel_appointment(appointment=paid.appointment, cancellation=CallOff(), by=ana, at=now)

    settle_deposit(deposit=paid, outcome=outcome, by=ana, at=now)

    assert books() == after


def test_sessions_of_a_package_are_earned_when_they_are_had(
    ten: PackagePurchase, book: Book, rita: User, now: datetime
) -> None:
    done(book(0), by=rita, at=now)
    assert books() == {}

    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    assert books() == {"RECEIVABLE": 50000, "PACKAGES": -45454, "SALES": -4546}


def test_a_session_that_was_kept_and_is_given_back_is_owed_again(
    ten: PackagePurchase, book: Book, rita: User, now: datetime
) -> None:
    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    missed = set_status(appointment=book(0), status="NO_SHOW", by=rita, at=now + timedelta(hours=2))
    assert books()["SALES"] == -4546

    set_status(appointment=missed, status="SCHEDULED", by=rita, at=now + timedelta(hours=2))

    assert books() == {"RECEIVABLE": 50000, "PACKAGES": -50000}


def test_the_shares_of_all_sessions_are_what_the_package_was_billed_at(
    ten: PackagePurchase, book: Book, rita: User, now: datetime
) -> None:
    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    for week in range(10):
        done(book(7 * week), by=rita, at=now + timedelta(weeks=week))
    done(book(70, service="Sports massage"), by=rita, at=now + timedelta(weeks=10))

    assert books() == {"RECEIVABLE": 50000, "SALES": -50000}


def test_what_is_credited_is_owed_no_more_and_beyond_that_the_clients(
    issued: Invoice, pay: Pay, rita: User, now: datetime
) -> None:
    pay(issued, 5000)
    line = issued.lines.get()
    part = WishedCredit(line_id=line.pk, amount=Money(2000, "GBP"))

    credit_note = credit_invoice(invoice=issued, wished=[part], reason="Too dear", by=rita, at=now)

    assert books(invoice=credit_note) == {"RECEIVABLE": -800, "CREDIT": -1200, "SALES": 2000}
    credit_invoice(invoice=issued, reason="Not theirs", by=rita, at=now)
    assert books() == {"CASH": 5000, "CREDIT": -5000}


def test_a_package_that_is_credited_in_parts_is_owed_until_the_last_of_them(
    ten: PackagePurchase, rita: User, now: datetime
) -> None:
    invoice = issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    part = WishedCredit(line_id=ten.line_id, amount=Money(10000, "GBP"))

    credit_invoice(invoice=invoice, wished=[part], reason="A friend", by=rita, at=now)
    assert books() == {"RECEIVABLE": 40000, "PACKAGES": -50000, "SALES": 10000}

    credit_invoice(invoice=invoice, reason="Moved away", by=rita, at=now)
    assert books() == {}


def test_what_was_before_the_books_is_entered_afterwards_as_it_would_have_been(
    issued: Invoice,
    pay: Pay,
    deposit: Callable[..., Deposit],
    ten: PackagePurchase,
    book: Book,
    in_clinic: TenantRef,
    ana: User,
    rita: User,
    now: datetime,
) -> None:
    pay(issued, 5000)
    pay(issued, 800)
    cancelled = deposit()
    cancel_appointment(appointment=cancelled.appointment, cancellation=CallOff(), by=ana, at=now)
    settle_deposit(deposit=cancelled, outcome=Outcome.KEPT, by=ana, at=now)
    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    done(book(7), by=rita, at=now + timedelta(days=7))
    before = whole()
    forget_the_books(in_clinic)
    assert sum(each.endswith("not in the books.") for each in check_books()) == 8

    assert catch_up(at=now) == 7  # the session goes with the invoice that its package was sold on
    assert whole() == before
    assert catch_up(at=now) == 0
    assert AuditEntry.objects.filter(action="billing.ledger.caught_up").count() == 7


def whole() -> Counter[tuple[Any, ...]]:
    rows = LedgerLine.objects.values_list(
        "entry__kind", "entry__invoice", "entry__day", "account", "amount_minor", "tax_rate"
    )
    return Counter(rows)


def forget_the_books(place: TenantRef) -> None:
    """Be a release that knew no books."""
    tamper(place, "DELETE FROM billing_ledgerline", "DELETE FROM billing_ledgerentry")


def tamper(place: TenantRef, *statements: str) -> None:
    """Do what only somebody with all the rights in the database can: switch the triggers off, and write."""
    tables = ("billing_ledgerline", "billing_ledgerentry")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with use_owner(place.schema_name), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_the_command_says_what_differs_and_fails(issued: Invoice, pay: Pay, in_clinic: TenantRef) -> None:
    pay(issued, 5800)
    told = StringIO()
    call_command("verify_ledger", tenant="clinic", stdout=told)
    assert told.getvalue() == "clinic: agrees\n"

    forget_the_books(in_clinic)
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("verify_ledger", tenant="clinic", stdout=told)
    assert "Invoice 2031-0001 is not in the books." in told.getvalue()
    catch_up(at=issued.issued_at or datetime.now().astimezone())


def test_an_amount_that_somebody_falsified_is_found(issued: Invoice, in_clinic: TenantRef) -> None:
    tamper(in_clinic, "UPDATE billing_ledgerline SET amount_minor = amount_minor * 2")

    assert list(check_books()) == [
        "Invoice 2031-0001: “Invoice issued” is entered with other amounts than it has.",
        "Invoice 2031-0001: 11600 is owed by the books, 5800 by the invoice.",
    ]
    tamper(in_clinic, "UPDATE billing_ledgerline SET amount_minor = amount_minor / 2")


def test_the_journal_shows_accounts_and_entries_of_its_days(
    issued: Invoice, pay: Pay, clinic: TenantRef, ana: User, now: datetime
) -> None:
    pay(issued, 5000)
    page = Pages(clinic, ana)

    shown = page.get(f"/invoices/journal/?since={now:%Y-%m-%d}&until={now:%Y-%m-%d}")
    text = shown.content.decode()
    assert "2031-0001" in text
    balances = {each.account.value: (str(each.before), str(each.after)) for each in shown.context["balances"]}
    assert balances == {"RECEIVABLE": ("0.00", "8.00"), "SALES": ("0.00", "-58.00"), "CASH": ("0.00", "50.00")}
    later = now + timedelta(days=3)
    shown = page.get(f"/invoices/journal/?since={later:%Y-%m-%d}&until={later:%Y-%m-%d}")
    assert not shown.context["entries"]
    assert {str(each.before) for each in shown.context["balances"]} == {"8.00", "-58.00", "50.00"}


@pytest.mark.parametrize("query", ["since=x", "since=2031-03-02&until=2031-03-01", "since=2020-01-01&until=2031-01-01"])
def test_days_that_are_none_are_refused_in_words(query: str, clinic: TenantRef, ana: User) -> None:
    assert Pages(clinic, ana).get(f"/invoices/journal/?{query}").status_code == 422
    assert Api(clinic, ana).get(f"/api/billing/ledger/entries/?{query}").status_code == 422


def test_the_file_has_a_row_for_each_line_and_names_nobody(
    issued: Invoice, pay: Pay, clinic: TenantRef, ana: User, now: datetime
) -> None:
    pay(issued, 5800, Method.CARD)

    file = Pages(clinic, ana).get(f"/invoices/journal/download/?since={now:%Y-%m-%d}&until={now:%Y-%m-%d}")

    rows = file.content.decode("utf-8-sig").splitlines()
    assert rows[0] == "day,entry,kind,invoice,account,debit,credit,currency,tax_rate"
    assert [row.split(",", 2)[2] for row in rows[1:]] == [
        "ISSUED,2031-0001,RECEIVABLE,58.00,,GBP,",
        "ISSUED,2031-0001,SALES,,58.00,GBP,0.00",
        "PAID,2031-0001,RECEIVABLE,,58.00,GBP,",
        "PAID,2031-0001,CARD,58.00,,GBP,",
    ]
    entry = AuditEntry.objects.get(action="billing.ledgerentry.exported")
    assert entry.listed == [issued.patient_id]


def test_the_books_over_the_wire_say_the_same(
    issued: Invoice, pay: Pay, clinic: TenantRef, ana: User, now: datetime
) -> None:
    pay(issued, 5000)
    days = f"since={now:%Y-%m-%d}&until={now:%Y-%m-%d}"

    listed = Api(clinic, ana).get(f"/api/billing/ledger/entries/?{days}&account=CASH").json()
    assert [(each["kind"], each["invoice_number"]) for each in listed["items"]] == [("PAID", "2031-0001")]
    assert [(each["account"], each["amount"]) for each in listed["items"][0]["lines"]] == [
        ("RECEIVABLE", "-50.00"),
        ("CASH", "50.00"),
    ]
    balances = Api(clinic, ana).get(f"/api/billing/ledger/balances/?{days}").json()["items"]
    assert {each["account"]: each["after"] for each in balances} == {
        "RECEIVABLE": "8.00",
        "SALES": "-58.00",
        "CASH": "50.00",
    }
