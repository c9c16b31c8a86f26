"""However much is billed, paid and credited: every report adds up to the documents and the books, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.models import User
from kernel.errors import DomainError
from kernel.money import Money
from modules.billing.domain.posting import Account
from modules.billing.domain.reports import Days
from modules.billing.domain.states import DocumentKind, Method
from modules.billing.models import Invoice, InvoiceLine, LedgerLine, Payment
from modules.billing.selectors.reports import REPORTS, Report, figures, report_of
from modules.billing.services import (
    WishedCredit,
    WishedLine,
    credit_invoice,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    issue_invoice,
    record_payment,
)
from modules.crm.models import Patient
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef

BEGUN = date(2030, 1, 1)
Step = tuple[str, int, int, str]
amounts = st.integers(1, 20_000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("visit"), st.integers(0, 5), amounts, st.sampled_from(("Follow-up", "Sports massage"))),
        st.tuples(st.just("hand"), st.integers(0, 40), amounts, st.sampled_from(("0", "7", "20"))),
        st.tuples(st.just("pay"), st.integers(0, 40), amounts, st.sampled_from(("CASH", "CARD", "BANK_TRANSFER"))),
        st.tuples(st.just("credit"), st.integers(0, 40), amounts, st.sampled_from(("part", "whole"))),
    ),
    min_size=3,
    max_size=9,
)


class Desk:
    """Does what a history says, a step after the other, some days apart."""

    def __init__(self, patient: Patient, rita: User, bo: User, begun: datetime) -> None:
        self.patient, self.rita, self.at = patient, rita, begun
        self.bo = Practitioner.objects.get(user_id=bo.pk)

    def take(self, step: Step) -> None:
        kind, days, amount, how = step
        self.at += timedelta(days=days, hours=3)
        getattr(self, kind)(amount, how)

    def visit(self, amount: int, service: str) -> None:
        wish = Wish(
            service_id=Service.objects.get(name=service).pk,
            patient_id=self.patient.pk,
            practitioner_id=self.bo.pk,
            starts_at=self.at.replace(minute=0),
        )
        try:
            visit = book_appointment(wish=wish, by=self.rita, at=self.at)
        except DomainError:  # it is night, or a Sunday
            return
        self.issue(draft_invoice_for_visit(appointment_id=visit.pk, by=self.rita, at=self.at))

    def hand(self, amount: int, rate: str) -> None:
        line = WishedLine(description="Something", unit_price=Money(amount, "GBP"), tax_rate=Decimal(rate))
        wished = [line, WishedLine(description="More", unit_price=Money(333, "GBP"))]
        self.issue(draft_invoice_by_hand(patient_id=self.patient.pk, lines=wished, by=self.rita, at=self.at))

    def issue(self, draft: Invoice) -> None:
        issue_invoice(invoice=draft, by=self.rita, at=self.at)

    def pay(self, amount: int, method: str) -> None:
        invoice = self.any(amount, Invoice.objects.to_be_paid())
        if invoice is not None:
            paid = Money(min(amount, invoice.to_pay.minor), "GBP")
            record_payment(invoice=invoice, amount=paid, method=Method(method), by=self.rita, at=self.at)

    def credit(self, amount: int, how: str) -> None:
        invoice = self.any(amount, Invoice.objects.exclude(status__in=("DRAFT", "VOID", "CREDITED", "CREDIT")))
        if invoice is None:
            return
        line = InvoiceLine.objects.filter(invoice=invoice).order_by("-gross_minor")[0]
        left = line.gross_minor - line.credited_minor
        wished = [WishedCredit(line_id=line.pk, amount=Money(min(amount, left), "GBP"))] if how == "part" else []
        if wished and not left:
            return
        credit_invoice(invoice=invoice, wished=wished, reason="So it was", by=self.rita, at=self.at)

    @staticmethod
    def any(number: int, rows: Any) -> Invoice | None:
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None


@pytest.fixture
def desk(in_clinic: TenantRef, patient: Patient, rita: User, bo: User, now: datetime) -> Desk:
    return Desk(patient, rita, bo, now)


@given(history=steps, back=st.integers(0, 60))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_report_adds_up_whatever_happened(desk: Desk, ana: User, history: list[Step], back: int) -> None:
    for step in history:
        desk.take(step)

    today = desk.at.astimezone(ZoneInfo("Europe/London")).date()
    for until in (today, today - timedelta(days=back)):
        days = Days(BEGUN, until)
        for found in all_reports(ana, days):
            assert_rows_add_up(found, ana)
            assert all(each.holds for each in found.agreements)
        assert total("revenue", ana, days) == billed(days)
        assert total("taxes", ana, days) == billed(days)
        assert total("payments", ana, days)[2] == paid(days)
        assert total("receivables", ana, days) == [owed(until)]
        assert total("receivables", ana, days) == [booked(Account.RECEIVABLE, until)]
        held = sum(booked(account, until) for account in (Account.CREDIT, Account.DEPOSITS, Account.PACKAGES))
        assert total("liabilities", ana, days) == [-held]


def all_reports(user: User, days: Days) -> Iterator[Report]:
    for kind in REPORTS.values():
        for by in kind.ways:
            yield report_of(kind, user, days, by=by, agrees=True)


def assert_rows_add_up(found: Report, user: User) -> None:
    """The total is the same however it is added up, and each figure is the sum of the documents behind it."""
    kind, days = found.kind, found.days
    assert not_nothing(found) == not_nothing(report_of(kind, user, days))
    for row in found.rows:
        of: dict[str, Any] = {"by": found.by, "key": row.key, "currency": row.currency}
        documents = [figures.as_behind(kind.source, each) for each in figures.behind(kind.source, user, days, **of)]
        added = figures.totals([figures.Row(key="", label="", amounts=each.amounts) for each in documents])
        assert figures.sum_behind(kind.source, user, days, **of) == row.amounts
        assert (added[0] if added else tuple(Money(0, row.currency) for _ in row.amounts)) == row.amounts


def not_nothing(report: Report) -> list[tuple[Money, ...]]:
    """A bill that is credited on another day comes to nothing: by day there are two rows, by place none."""
    return [amounts for amounts in report.totals if any(amounts)]


def total(name: str, user: User, days: Days) -> list[int]:
    kind = REPORTS[name]
    totals = report_of(kind, user, days).totals
    return [amount.minor for amount in totals[0]] if totals else [0] * len(kind.columns)


def summed(rows: Any, name: str) -> int:
    return int(rows.aggregate(sum=Sum(name))["sum"] or 0)


def billed(days: Days) -> list[int]:
    rows = Invoice.objects.filter(issue_date__range=(days.since, days.until))
    invoices, notes = (rows.filter(kind=kind.value) for kind in DocumentKind)
    return [summed(invoices, name) - summed(notes, name) for name in ("net_minor", "tax_minor", "gross_minor")]


def paid(days: Days) -> int:
    rows = Payment.objects.filter(received_at__date__range=(days.since, days.until))
    return summed(rows, "amount_minor")


def owed(until: date) -> int:
    """What the documents say that was owed: bills less what was paid and credited until then, never below nothing."""
    owed = 0
    for invoice in Invoice.objects.filter(kind=DocumentKind.INVOICE.value, issue_date__lte=until):
        paid = summed(invoice.payments.filter(received_at__date__lte=until), "amount_minor")
        credited = summed(invoice.credit_notes.filter(issue_date__lte=until), "gross_minor")
        owed += max(invoice.gross_minor - paid - credited, 0)
    return owed


def booked(account: Account, until: date) -> int:
    return summed(LedgerLine.objects.filter(account=account.value, entry__day__lte=until), "amount_minor")
