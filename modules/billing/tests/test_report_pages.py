"""The reports on pages, as files and over the wire: the same figures everywhere, and each leads to its documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from audit.models import AuditEntry
from identity.models import User
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, Payment
from modules.billing.selectors.reports import REPORTS
from modules.billing.services import issue_invoice
from modules.billing.tests.test_discount_pages import read_pdf, text_of
from modules.scheduling.models import Service
from tenancy import TenantRef
from tests.doors import Api, Pages

Pay = Callable[..., Payment]
LINK = re.compile(r'href="(/invoices/reports/[a-z]+/rows/\?[^"]+)"')


@pytest.fixture
def days(now: datetime) -> str:
    return f"since={now:%Y-%m-01}&until={now:%Y-%m-31}"


@pytest.fixture
def owner(clinic: TenantRef, ana: User) -> Pages:
    return Pages(clinic, ana)


def test_the_overview_shows_what_was_billed_and_came_in(issued: Invoice, pay: Pay, owner: Pages, days: str) -> None:
    pay(issued, 5000, Method.CARD)

    text = text_of(owner.get(f"/invoices/reports/?{days}"))

    for shown in ("£58.00", "£50.00", "Card terminal", "Bo", "Receivables by age", "This month"):
        assert shown in text
    assert 'href="/invoices/reports/"' in text_of(owner.get("/invoices/"))


def test_every_figure_leads_to_documents_that_add_up_to_it(
    issued: Invoice, bill: Callable[[int], Invoice], pay: Pay, rita: User, now: datetime, owner: Pages, days: str
) -> None:
    pay(issued, 5000)
    issue_invoice(invoice=bill(1250), by=rita, at=now)

    for kind in REPORTS.values():
        for by in kind.ways:
            found = owner.get(f"/invoices/reports/{kind.name}/?{days}&by={by}")
            report = found.context["report"]
            links = [link.replace("&amp;", "&") for link in LINK.findall(found.content.decode())]
            sums = [owner.get(link).context["sums"] for link in links]
            assert sums == [row.amounts for row in report.rows] + report.totals


def test_the_documents_behind_a_figure_are_named_and_noted(issued: Invoice, owner: Pages, days: str) -> None:
    text = text_of(owner.get(f"/invoices/reports/revenue/rows/?{days}&by=day&key={issued.issue_date}&currency=GBP"))

    assert str(issued.number) in text
    assert "Patient B" in text
    assert AuditEntry.objects.filter(action="billing.invoice.listed").latest("at").listed == [issued.patient_id]


def test_there_is_a_sentence_where_there_is_nothing(owner: Pages, in_clinic: TenantRef) -> None:
    assert "Nothing in these days" in text_of(owner.get("/invoices/reports/revenue/"))
    assert "Nothing behind this" in text_of(owner.get("/invoices/reports/revenue/rows/?key=x&by=day"))
    assert owner.get("/invoices/reports/").status_code == 200


@pytest.mark.parametrize("path", ["", "revenue/", "revenue/rows/"])
@pytest.mark.parametrize("query", ["since=x", "since=2031-03-02&until=2031-03-01", "since=2020-01-01&until=2031-01-01"])
def test_days_that_are_none_are_refused_in_words(path: str, query: str, owner: Pages) -> None:
    assert owner.get(f"/invoices/reports/{path}?{query}").status_code == 422


def test_there_is_no_report_of_any_name(owner: Pages) -> None:
    for path in ("profit/", "profit/rows/", "profit/download/", "revenue/download/?file=exe"):
        assert owner.get(f"/invoices/reports/{path}").status_code == 404


def test_the_file_for_programs_has_days_as_they_read_them(issued: Invoice, owner: Pages, days: str) -> None:
    file = owner.get(f"/invoices/reports/revenue/download/?{days}&by=day&file=csv")

    assert file.content.decode("utf-8-sig").splitlines() == [
        "Day,Currency,Without tax,Tax,With tax",
        f"{issued.issue_date},GBP,58.00,0.00,58.00",
    ]
    assert file["Content-Disposition"].startswith('attachment; filename="revenue-')


def test_the_sheet_has_numbers_and_their_sums(issued: Invoice, pay: Pay, owner: Pages, days: str) -> None:
    pay(issued, 5000, Method.CARD)
    pay(issued, 150)

    file = owner.get(f"/invoices/reports/payments/download/?{days}&by=method&file=xlsx")

    rows = CalamineWorkbook.from_filelike(BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert rows == [
        ["Method", "Currency", "Received", "Paid back", "Together"],
        ["Cash", "GBP", 1.5, 0.0, 1.5],
        ["Card terminal", "GBP", 50.0, 0.0, 50.0],
        ["Total", "GBP", 51.5, 0.0, 51.5],
    ]


def test_the_pdf_says_whose_it_is_of_which_days_and_the_same(issued: Invoice, owner: Pages, days: str) -> None:
    file = owner.get(f"/invoices/reports/revenue/download/?{days}&by=service&file=pdf")

    text = read_pdf(file.content)
    for shown in ("Northside Physio", "Revenue", "1 March 2031 to 31 March 2031", "Follow-up", "£58.00", "Total"):
        assert shown in text


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("file", ["csv", "xlsx", "pdf"])
def test_every_report_is_a_file_also_with_nothing_in_it(name: str, file: str, owner: Pages) -> None:
    assert owner.get(f"/invoices/reports/{name}/download/?file={file}").status_code == 200


def test_a_name_that_is_a_formula_is_none_in_a_file(
    issued: Invoice, owner: Pages, days: str, in_clinic: TenantRef
) -> None:
    Service.objects.filter(name="Follow-up").update(name="=1+1")

    file = owner.get(f"/invoices/reports/revenue/download/?{days}&by=service&file=csv")

    assert file.content.decode("utf-8-sig").splitlines()[1].startswith("'=1+1,")


def test_the_wire_says_what_the_page_says(
    issued: Invoice, pay: Pay, clinic: TenantRef, ana: User, days: str, now: datetime
) -> None:
    pay(issued, 5000, Method.CARD)
    api = Api(clinic, ana)

    revenue = api.get(f"/api/billing/reports/revenue/?{days}&by=practitioner").json()
    assert (revenue["by"], revenue["since"], revenue["until"]) == ("practitioner", "2031-03-01", "2031-03-31")
    assert [(each["label"], each["net"], each["tax"], each["gross"]) for each in revenue["items"]] == [
        ("Bo", "58.00", "0.00", "58.00")
    ]
    payments = api.get(f"/api/billing/reports/payments/?{days}&by=method").json()["items"]
    assert [(each["key"], each["received"], each["together"]) for each in payments] == [("CARD", "50.00", "50.00")]
    taxes = api.get(f"/api/billing/reports/taxes/?{days}").json()["items"]
    assert [(each["key"].split("/")[0], each["gross"]) for each in taxes] == [("0.00", "58.00")]
    until = now.date() + timedelta(days=45)
    receivables = api.get(f"/api/billing/reports/receivables/?until={until}").json()
    assert [(each["key"], each["amount"]) for each in receivables["items"]] == [("31-60", "8.00")]
    assert api.get(f"/api/billing/reports/liabilities/?until={until}").json() == {"until": str(until), "items": []}


@pytest.mark.parametrize("query", ["since=2031-03-02&until=2031-03-01", "since=2020-01-01&until=2031-01-01", "by=moon"])
def test_the_wire_refuses_days_that_are_none(query: str, clinic: TenantRef, ana: User) -> None:
    assert Api(clinic, ana).get(f"/api/billing/reports/revenue/?{query}").status_code == 422


def test_a_practice_sees_its_own_figures_only(
    issued: Invoice, other: TenantRef, cai: User, days: str, clinic: TenantRef
) -> None:
    assert Api(other, cai).get(f"/api/billing/reports/revenue/?{days}").json()["items"] == []


def test_the_desk_sees_no_report(issued: Invoice, clinic: TenantRef, rita: User) -> None:
    assert Pages(clinic, rita).get("/invoices/reports/").status_code == 403


def test_whoever_may_not_see_every_invoice_sees_no_names_behind_a_figure(
    issued: Invoice, owner: Pages, days: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("modules.billing.pages.reports.reach_of", lambda *_: None)

    text = text_of(owner.get(f"/invoices/reports/revenue/rows/?{days}&by=day&currency=GBP"))

    assert str(issued.number) in text
    assert "Patient B" not in text
