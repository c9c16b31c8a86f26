"""The reports: to whom and what a figure is put down, on which day, and that all of it is what the books say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from identity.models import User
from kernel.money import Money
from modules.billing.domain.reports import Days
from modules.billing.domain.states import Method
from modules.billing.models import Deposit, GatewayAccount, Invoice, LedgerLine, PackagePurchase, Payment, TreatmentCode
from modules.billing.selectors.reports import REPORTS, figures, report_of
from modules.billing.selectors.reports.figures import Row
from modules.billing.services import (
    Outcome,
    WishedCredit,
    WishedLine,
    WishedRule,
    credit_invoice,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    issue_invoice,
    record_payment,
    set_rule,
    settle_deposit,
)
from modules.billing.tests.conftest import Book, done
from modules.crm.models import Note, Patient
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import CallOff, Visitor, Wish, book_appointment, cancel_appointment
from tenancy import TenantRef
from tests.jobs import run_due_jobs

Pay = Callable[..., Payment]
Shown = dict[str, tuple[str, ...]]
ALL = Days(date(2030, 1, 1), date(2035, 12, 31))


@pytest.fixture
def report(in_clinic: TenantRef, ana: User) -> Callable[..., Shown]:
    """`report("revenue", by="service")` is what Ana sees, by label; of all days, or those until a day."""

    def ask(name: str, *, by: str = "", days: Days = ALL) -> Shown:
        found = report_of(REPORTS[name], ana, days, by=by)
        return {str(row.label): tuple(map(str, row.amounts)) for row in found.rows}

    return ask


def of_one(amount: str) -> tuple[str, ...]:
    return (amount, "0.00", amount)


def test_a_bill_is_revenue_of_who_treated_in_what_and_where(issued: Invoice, report: Callable[..., Shown]) -> None:
    assert report("revenue", by="practitioner") == {"Bo": of_one("58.00")}
    assert report("revenue", by="service") == {"Follow-up": of_one("58.00")}
    assert list(report("revenue", by="location").values()) == [of_one("58.00")]
    assert report("revenue", by="month") == {f"{issued.issue_date:%B %Y}": of_one("58.00")}


def test_what_is_not_from_a_visit_is_a_row_of_its_own(
    issued: Invoice, bill: Callable[[int], Invoice], rita: User, now: datetime, report: Callable[..., Shown]
) -> None:
    issue_invoice(invoice=bill(1250), by=rita, at=now)

    expected = {"Bo": of_one("58.00"), "Not from a visit": of_one("12.50")}
    assert report("revenue", by="practitioner") == expected


def test_drafts_are_in_no_report(draft: Invoice, report: Callable[..., Shown]) -> None:
    assert {name: report(name) for name in REPORTS} == {key: {} for key in REPORTS}


def test_a_credit_note_takes_back_what_the_bill_was_put_down_to(
    issued: Invoice, rita: User, now: datetime, report: Callable[..., Shown]
) -> None:
    part = WishedCredit(line_id=issued.lines.get().pk, amount=Money(800, "GBP"))
    credit_invoice(invoice=issued, wished=[part], reason="Too dear", by=rita, at=now)
    assert report("revenue", by="practitioner") == {"Bo": of_one("50.00")}

    credit_invoice(invoice=issued, reason="Not theirs", by=rita, at=now + timedelta(days=40))

    assert report("revenue", by="practitioner") == {}
    assert report("revenue", by="service") == {}
    months = report("revenue", by="month")
    assert list(months.values()) == [of_one("50.00"), of_one("-50.00")]


def test_a_further_service_is_put_down_to_itself_and_to_who_gave_it(
    visit: Appointment, rita: User, now: datetime, report: Callable[..., Shown]
) -> None:
    massage = Service.objects.get(name="Sports massage")
    visit.further_services.create(service=massage, position=1)
    invoice = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    issue_invoice(invoice=invoice, by=rita, at=now)

    expected = {"Follow-up": of_one("58.00"), "Sports massage": of_one(str(massage.price))}
    assert report("revenue", by="service") == expected
    assert set(report("revenue", by="practitioner")) == {"Bo"}


def test_a_treatment_is_revenue_of_its_visit(
    note: Note,
    does: Callable[..., Any],
    manual: TreatmentCode,
    visit: Appointment,
    rita: User,
    now: datetime,
    report: Callable[..., Shown],
) -> None:
    does(manual)
    invoice = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    issue_invoice(invoice=invoice, by=rita, at=now)

    assert report("revenue", by="practitioner") == {"Bo": ("78.00", "4.00", "82.00")}
    assert list(report("taxes")) == ["0 % · Zero rate", "20 % · Taxed"]


def test_taxes_are_told_apart_by_rate_category_and_code(
    in_clinic: TenantRef, patient: Patient, rita: User, now: datetime, report: Callable[..., Shown]
) -> None:
    lines = [
        WishedLine(description="Roller", unit_price=Money(2400, "GBP"), tax_rate=Decimal(20), tax_category="S"),
        WishedLine(description="Advice", unit_price=Money(8500, "GBP"), tax_rate=Decimal(0), tax_category="E"),
    ]
    invoice = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)
    issue_invoice(invoice=invoice, by=rita, at=now)

    shown = report("taxes")
    assert list(shown.values()) == [of_one("85.00"), ("20.00", "4.00", "24.00")]
    assert [label.split(" · ")[:2] for label in shown] == [["0 %", "Exempt"], ["20 %", "Taxed"]]


def test_money_counts_on_the_day_on_which_it_came_in_where_the_practice_is(
    issued: Invoice, rita: User, report: Callable[..., Shown]
) -> None:
    late = datetime(2031, 7, 1, 23, 30, tzinfo=UTC)  # half past midnight in London
    record_payment(invoice=issued, amount=Money(5000, "GBP"), method=Method.CARD, by=rita, at=late)

    assert report("payments", by="day") == {"Wed 2 Jul 2031": ("50.00", "0.00", "50.00")}
    assert report("payments", by="method") == {"Card terminal": ("50.00", "0.00", "50.00")}
    assert report("payments", days=Days(date(2031, 7, 1), date(2031, 7, 1))) == {}


def test_what_is_owed_grows_older_and_is_as_it_was_on_any_day(
    issued: Invoice, rita: User, report: Callable[..., Shown]
) -> None:
    due, begun = issued.due_date, issued.issue_date
    assert due
    assert begun
    paid = datetime.combine(due + timedelta(days=40), datetime.min.time(), UTC).replace(hour=12)
    record_payment(invoice=issued, amount=Money(3000, "GBP"), method=Method.CASH, by=rita, at=paid)

    def owed(late: int) -> Shown:
        return report("receivables", days=Days(due + timedelta(days=late), due + timedelta(days=late)))

    assert report("receivables", days=Days(begun, begun - timedelta(days=1))) == {}
    assert owed(0) == {"Not due yet": ("58.00",)}
    assert owed(1) == {"1 to 30 days late": ("58.00",)}
    assert owed(39) == {"31 to 60 days late": ("58.00",)}
    assert owed(40) == {"31 to 60 days late": ("28.00",)}
    assert owed(90) == {"61 to 90 days late": ("28.00",)}
    assert owed(91) == {"More than 90 days late": ("28.00",)}


def test_a_credit_note_lowers_what_is_owed_on_the_day_of_its_bill(
    issued: Invoice, rita: User, now: datetime, report: Callable[..., Shown]
) -> None:
    part = WishedCredit(line_id=issued.lines.get().pk, amount=Money(800, "GBP"))
    credit_invoice(invoice=issued, wished=[part], reason="Too dear", by=rita, at=now + timedelta(days=50))

    day = now.date() + timedelta(days=50)
    assert report("receivables", days=Days(day, day)) == {"31 to 60 days late": ("50.00",)}


@pytest.fixture
def deposit(in_clinic: TenantRef, patient: Patient, ana: User, bo: User, now: datetime) -> Deposit:
    """29.00 of 58.00, 20 per cent tax included, paid by card for a follow-up tomorrow."""
    Service.objects.filter(name="Follow-up").update(tax_rate=20)
    service = Service.objects.get(name="Follow-up")
    GatewayAccount.objects.create(account_id="acct_1", charges_enabled=True)
    set_rule(wish=WishedRule(service_id=service.pk, percent=Decimal(50)), by=ana)
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


def steps(name: str, user: User, days: Days = ALL) -> dict[str, str]:
    """How a report comes to what the books say; that it does is checked."""
    found = report_of(REPORTS[name], user, days, agrees=True)
    told: dict[str, str] = {}
    for each in found.agreements:
        assert each.holds
        told |= {str(label): str(amount) for label, amount in each.steps} | {"": str(each.booked)}
        assert each.steps[0][1] == found.totals[0][0 if name == "revenue" else 1]
    return told


def test_a_deposit_is_held_and_put_down_to_who_will_treat_until_the_bill_takes_it_off(
    deposit: Deposit, rita: User, ana: User, now: datetime, report: Callable[..., Shown]
) -> None:
    assert report("liabilities") == {"Deposits held": ("24.17",)}
    assert report("revenue", by="practitioner") == {"Bo": ("24.17", "4.83", "29.00")}
    assert steps("revenue", ana) == {
        "Billed, without tax": "24.17",
        "Deposits billed before their visits, less those taken off bills": "-24.17",
        "": "0.00",
    }

    visit = Appointment.objects.get(pk=deposit.appointment_id)
    done(visit, by=rita, at=visit.starts_at)
    run_due_jobs()
    issue_invoice(invoice=Invoice.objects.get(lines__appointment=visit), by=rita, at=now)

    assert report("liabilities") == {}
    assert report("revenue", by="practitioner") == {"Bo": ("48.33", "9.67", "58.00")}
    assert steps("revenue", ana) == {"Billed, without tax": "48.33", "": "48.33"}


@pytest.mark.parametrize(
    ("outcome", "revenue", "tax"),
    [
        (Outcome.KEPT, {"Deposits kept": "24.17", "": "24.17"}, {"": "4.83"}),
        (Outcome.RETURNED, {"": "0.00"}, {"Tax of deposits that were paid back": "-4.83", "": "0.00"}),
    ],
)
def test_what_becomes_of_a_deposit_is_told_on_the_way_to_the_books(
    outcome: Outcome,
    revenue: dict[str, str],
    tax: dict[str, str],
    deposit: Deposit,
    ana: User,
    now: datetime,
    report: Callable[..., Shown],
) -> None:
    cancel_appointment(appointment=deposit.appointment, cancellation=CallOff(), by=ana, at=now)
    settle_deposit(deposit=deposit, outcome=outcome, by=ana, at=now)

    told = steps("revenue", ana)
    assert {name: told[name] for name in revenue} == revenue
    told = steps("taxes", ana)
    assert {name: told[name] for name in tax} == tax
    if outcome is Outcome.RETURNED:
        assert report("payments", by="method")["Paid back"] == ("0.00", "-29.00", "-29.00")


def test_sessions_of_a_package_are_owed_until_they_are_had(
    ten: PackagePurchase, book: Book, rita: User, ana: User, now: datetime, report: Callable[..., Shown]
) -> None:
    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    assert report("liabilities") == {"Sessions still to be given": ("500.00",)}
    done(book(0), by=rita, at=now)

    assert report("liabilities") == {"Sessions still to be given": ("454.54",)}
    assert steps("revenue", ana) == {
        "Billed, without tax": "500.00",
        "Packages billed, whose sessions are to come": "-500.00",
        "Sessions of packages that were had": "45.46",
        "": "45.46",
    }


def test_what_was_paid_and_credited_is_the_clients(
    issued: Invoice, pay: Pay, rita: User, now: datetime, report: Callable[..., Shown]
) -> None:
    pay(issued, 5800)
    credit_invoice(invoice=issued, reason="Not theirs", by=rita, at=now)

    assert report("liabilities") == {"Credit of clients": ("58.00",)}


def test_totals_never_mix_currencies() -> None:
    rows = [
        Row(key="", label="", amounts=(Money(minor, currency),))
        for minor, currency in ((100, "GBP"), (7, "EUR"), (-30, "GBP"))
    ]

    assert figures.totals(rows) == [(Money(7, "EUR"),), (Money(70, "GBP"),)]


def test_a_key_that_is_none_leads_to_nothing(issued: Invoice, ana: User) -> None:
    for by, key in (("practitioner", "x"), ("day", "x"), ("rate", "x"), ("location", str(issued.pk))):
        of: dict[str, Any] = {"by": by, "key": key, "currency": "GBP"}
        source = REPORTS["revenue"].source
        assert list(figures.behind(source, ana, ALL, **of)) == []
        assert figures.sum_behind(source, ana, ALL, **of)[0] == Money(0, "GBP")


def test_sales_in_the_books_are_the_revenue_where_nothing_was_paid_before(
    issued: Invoice, bill: Callable[[int], Invoice], rita: User, ana: User, now: datetime
) -> None:
    issue_invoice(invoice=bill(1999), by=rita, at=now)

    sold = LedgerLine.objects.filter(account="SALES").aggregate(sum=Sum("amount_minor"))["sum"]
    assert report_of(REPORTS["revenue"], ana, ALL).totals[0][0].minor == -sold


def test_practitioners_see_no_report(issued: Invoice, bo: User) -> None:
    assert {name: report_of(kind, bo, ALL).rows for name, kind in REPORTS.items()} == {key: [] for key in REPORTS}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_asks_at_most_three_times(name: str, issued: Invoice, pay: Pay, ana: User) -> None:
    pay(issued, 800)
    ana.has_perm("billing.view_ledger")
    for by in REPORTS[name].ways:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            report_of(REPORTS[name], ana, ALL, by=by, agrees=True)
        assert len(asked) <= 3
