"""Issued invoices: numbered without a gap, frozen by the database, on paper, in the mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from pypdf import PdfReader

from audit.models import AuditEntry
from filestore.storage import read_file
from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, InvoiceLine, NumberSeries, Payment
from modules.billing.services import (
    LetterheadDetails,
    WishedLine,
    draft_invoice_by_hand,
    issue_invoice,
    make_document,
    mark_overdue,
    pay_url,
    set_letterhead,
    void_draft,
)
from modules.billing.services.issuing import NotIssuable
from modules.crm.models import Client, Patient
from modules.inventory.models import Item, StockMove
from modules.inventory.public import InsufficientStock
from modules.inventory.services import count_stock
from tenancy import TenantRef, use_owner


def issue(invoice: Invoice, by: User, at: datetime) -> Invoice:
    return issue_invoice(invoice=invoice, by=by, at=at)


def test_an_issued_invoice_has_a_number_a_day_and_a_term(draft: Invoice, rita: User, now: datetime) -> None:
    issued = issue(draft, rita, now)

    assert (issued.status, issued.number, issued.issued_at) == (Status.ISSUED, "2031-0001", now)
    assert (issued.issue_date, issued.due_date) == (date(2031, 3, 3), date(2031, 3, 17))
    entry = AuditEntry.objects.get(action="billing.invoice.issued")
    assert (entry.user_id, entry.changes["number"]) == (rita.pk, [None, "2031-0001"])


def test_numbers_follow_each_other_and_begin_anew_each_year(
    bill: Callable[[int], Invoice], rita: User, now: datetime
) -> None:
    moments = [now, now, datetime(2031, 12, 31, 23, 59, tzinfo=UTC), datetime(2032, 1, 1, 0, 0, tzinfo=UTC)]

    numbers = [issue(bill(100), rita, at).number for at in moments]

    assert numbers == ["2031-0001", "2031-0002", "2031-0003", "2032-0001"]


def test_the_year_is_the_one_on_the_practices_wall(bill: Callable[[int], Invoice], rita: User, now: datetime) -> None:
    """In summer London is an hour ahead of UTC."""
    issued = issue(bill(100), rita, datetime(2031, 6, 30, 23, 30, tzinfo=UTC))

    assert issued.issue_date == date(2031, 7, 1)


def test_a_later_number_never_bears_an_earlier_day(bill: Callable[[int], Invoice], rita: User, now: datetime) -> None:
    issue(bill(100), rita, now)

    late = issue(bill(100), rita, now - timedelta(days=1))

    assert (late.number, late.issue_date) == ("2031-0002", date(2031, 3, 3))


def test_an_issue_that_fails_takes_no_number(
    bill: Callable[[int], Invoice], draft: Invoice, rita: User, now: datetime
) -> None:
    with transaction.atomic():
        issue(draft, rita, now)
        transaction.set_rollback(True)

    assert issue(bill(100), rita, now).number == "2031-0001"


def test_issuing_twice_does_nothing(issued: Invoice, rita: User, now: datetime) -> None:
    assert issue(issued, rita, now + timedelta(days=1)).issued_at == issued.issued_at
    assert NumberSeries.objects.get().next == 2


def test_a_discarded_draft_is_not_issued(draft: Invoice, rita: User, now: datetime) -> None:
    void_draft(invoice=draft, by=rita, at=now)

    with pytest.raises(NotIssuable):
        issue(draft, rita, now)


def test_it_keeps_the_names_of_its_day(issued: Invoice, ana: User) -> None:
    Client.objects.update(first_name="Renamed", street="Elsewhere")
    Patient.objects.update(first_name="Renamed")
    set_letterhead(details=LetterheadDetails(name="New name Ltd"), by=ana)

    kept = Invoice.objects.get()
    assert (kept.seller_name, kept.client_name, kept.patient_name) == ("Northside Physio", "Patient B", "Patient B")
    assert kept.client_address == "2 Mill Lane\nLS1 4AP Leeds"
    assert (kept.billed_name, kept.for_name) == ("Patient B", "Patient B")


def test_the_letterhead_sets_the_term(draft: Invoice, ana: User, now: datetime) -> None:
    set_letterhead(details=LetterheadDetails(name="N", address="1 High St\nLeeds", days_to_pay=30), by=ana)

    issued = issue(draft, ana, now)

    assert (issued.due_date, issued.seller_address) == (date(2031, 4, 2), "1 High St\nLeeds")


# -- frozen


@pytest.mark.parametrize(
    "change",
    [
        {"gross_minor": 1, "net_minor": 1},
        {"number": "2031-9999"},
        {"client_name": "Somebody else"},
        {"due_date": date(2040, 1, 1)},
        {"issue_date": date(2030, 1, 1)},
        {"currency": "EUR"},
        {"seller_name": ""},
        {"issued_at": None, "number": None, "issue_date": None, "status": "DRAFT"},
        {"paid_minor": 5800},
    ],
)
def test_the_database_refuses_to_change_an_issued_invoice(issued: Invoice, change: dict[str, Any]) -> None:
    """B3"""
    with pytest.raises(DatabaseError, match=r"neither changes nor goes|sum of the payments"), transaction.atomic():
        Invoice.objects.filter(pk=issued.pk).update(**change)


def test_the_owner_of_the_tables_cannot_change_it_either(issued: Invoice, clinic: TenantRef) -> None:
    refused = pytest.raises(DatabaseError, match="neither changes nor goes")
    with use_owner(clinic.schema_name), refused, transaction.atomic():
        connection.cursor().execute("UPDATE billing_invoice SET client_name = 'x'")


def test_its_lines_neither_change_nor_come_nor_go(issued: Invoice) -> None:
    line = issued.lines.get()
    refused: Any = lambda: pytest.raises(DatabaseError, match="neither change nor go")  # noqa: E731
    with refused(), transaction.atomic():
        InvoiceLine.objects.update(description="x")
    with refused(), transaction.atomic():
        line.delete()
    line.pk, line.position, line.appointment = issued.pk, 2, None
    with refused(), transaction.atomic():
        line.save(force_insert=True)


def test_it_cannot_be_removed(issued: Invoice) -> None:
    with pytest.raises(DatabaseError, match=r"neither changes? nor go"), transaction.atomic():
        connection.cursor().execute("DELETE FROM billing_invoice")


def test_totals_that_are_not_the_sum_of_the_lines_cannot_be_issued(draft: Invoice, rita: User, now: datetime) -> None:
    Invoice.objects.filter(pk=draft.pk).update(gross_minor=1, net_minor=1, tax_minor=0)

    with pytest.raises(IntegrityError, match="do not add up"), transaction.atomic():
        issue(draft, rita, now)


def test_nothing_is_born_issued_or_paid(draft: Invoice, now: datetime) -> None:
    row = {"client": draft.client, "patient": draft.patient, "currency": "GBP"}
    with pytest.raises(DatabaseError, match="starts as a draft"), transaction.atomic():
        Invoice.objects.create(**row, paid_minor=1)
    with pytest.raises(DatabaseError, match="starts as a draft"), transaction.atomic():
        Invoice.objects.create(
            **row, number="X", status="ISSUED", issued_at=now, issue_date=now.date(), due_date=now.date()
        )


@pytest.mark.parametrize("statement", ["UPDATE billing_payment SET amount_minor = 1", "DELETE FROM billing_payment"])
def test_payments_are_never_changed(issued: Invoice, pay: Callable[..., Payment], statement: str) -> None:
    pay(issued, 100)

    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_triggers_are_pinned_to_their_own_schema(clinic: TenantRef, other: TenantRef) -> None:
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE proname LIKE 'billing_%'"
        )
        pinned = cursor.fetchall()

    assert {clinic.schema_name, other.schema_name} <= {schema for schema, _ in pinned}
    ways = {"", ", pg_temp"}  # the second is of those that run as the owner
    assert all(
        {path.removeprefix(f"search_path={schema}, public") for path in paths} <= ways for schema, paths in pinned
    )


# -- sold from the shelf


def test_what_is_sold_leaves_the_shelf_when_it_is_issued(patient: Patient, rita: User, now: datetime) -> None:
    item = Item.objects.get(code="TB-M")
    line = WishedLine(item_id=item.pk, quantity=Decimal(2))
    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=rita, at=now)
    assert Item.objects.get(pk=item.pk).on_hand == item.on_hand

    issue(draft, rita, now)

    move = StockMove.objects.get(kind="SALE")
    assert Item.objects.get(pk=item.pk).on_hand == item.on_hand - 2
    assert (move.cause_type, move.cause_id, move.by_id) == ("invoice_line", draft.lines.get().pk, rita.pk)


def test_what_the_shelf_does_not_have_is_not_issued(patient: Patient, ana: User, now: datetime) -> None:
    """INV-01 at the till"""
    item = Item.objects.get(code="TB-M")
    count_stock(item=item, counted=Decimal(5), by=ana, at=now)
    line = WishedLine(item_id=item.pk, quantity=Decimal(10))
    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=ana, at=now)

    with pytest.raises(InsufficientStock, match=r"^Insufficient stock\. You have 5 but tried to remove 10\.$"):
        issue(draft, ana, now)

    assert (Invoice.objects.get().status, NumberSeries.objects.count()) == (Status.DRAFT, 0)


# -- on paper


def read(invoice: Invoice) -> tuple[str, Any]:
    invoice.refresh_from_db()
    assert invoice.pdf is not None
    pdf = PdfReader(BytesIO(read_file(invoice.pdf)))
    return "\n".join(page.extract_text() for page in pdf.pages), pdf


def test_the_paper_says_what_the_invoice_says(
    visit: Any, draft: Invoice, ana: User, now: datetime, run_jobs: Callable[..., int]
) -> None:
    details = LetterheadDetails(name="Northside Physio", address="14 Otley Road\nLS6 2AD Leeds", tax_number="GB 1")
    set_letterhead(details=details, by=ana)
    issue(draft, ana, now)
    run_jobs()

    text, pdf = read(draft)
    for words in (
        "Northside Physio", "14 Otley Road", "LS6 2AD Leeds", "GB 1", "Patient B", "2 Mill Lane", "2031-0001",
        "3 March 2031", "17 March 2031", "Follow-up", "Mon 3 Mar 2031, 10:00, Bo", "£58.00", "Pay online by card",
    ):  # fmt: skip
        assert words in text
    assert pay_url(Invoice.objects.get()) in text.replace("\n", "")
    page = pdf.pages[0].mediabox
    assert (round(page.width), round(page.height)) == (595, 842)  # A4
    assert pdf.metadata.title == "Invoice 2031-0001"
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    said = pdf.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in said  # PDF/A-3b
    assert "<pdfuaid:part>1</pdfuaid:part>" in said
    assert pdf.trailer["/Root"]["/OutputIntents"]


def test_what_people_type_is_never_read_as_markup(
    patient: Patient, rita: User, now: datetime, run_jobs: Callable[..., int]
) -> None:
    nasty = '#panic("x") *b* _i_ $x$ <l> @ref \\ "]} //'
    Client.objects.update(first_name=nasty[:70], last_name="")
    line = WishedLine(description=nasty, detail=nasty, unit_price=Money(100, "GBP"))
    invoice = draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=rita, at=now)
    issue(invoice, rita, now)
    run_jobs()

    assert nasty in read(invoice)[0].replace("\n", " ")


def test_many_lines_run_over_pages_that_are_numbered(
    patient: Patient, rita: User, now: datetime, run_jobs: Callable[..., int]
) -> None:
    lines = [WishedLine(description=f"Thing {n}", unit_price=Money(n, "GBP")) for n in range(1, 81)]
    invoice = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)
    issue(invoice, rita, now)
    run_jobs()

    text, pdf = read(invoice)
    assert len(pdf.pages) >= 3
    assert f"1 / {len(pdf.pages)}" in text
    assert "Thing 80" in text


def test_the_paper_is_made_and_sent_once_with_the_link(
    issued: Invoice, now: datetime, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    run_jobs(at=now)
    make_document(invoice_id=issued.pk, at=now)
    run_jobs(at=now)

    (mail,) = [mail for mail in mailoutbox if mail.subject.startswith("Invoice")]
    (name, content, media_type) = mail.attachments[0]
    assert mail.to == ["b@mail.example"]
    assert mail.subject == "Invoice 2031-0001 from Northside Physio"
    assert pay_url(issued) in mail.body
    assert "£58.00 are to be paid by Mon 17 Mar 2031" in mail.body
    assert (name, media_type, content[:5]) == ("2031-0001.pdf", "application/pdf", b"%PDF-")


def test_an_invoice_that_was_paid_at_once_asks_for_nothing(
    draft: Invoice, pay: Callable[..., Payment], now: datetime, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    pay(draft, 5800)
    run_jobs(at=now)

    mail = next(mail for mail in mailoutbox if mail.subject.startswith("Invoice"))
    assert "It is paid." in mail.body
    assert "/pay/" not in mail.body + mail.alternatives[0].content
    assert "Paid" in read(draft)[0]


# -- late


def test_what_is_past_its_day_is_overdue_until_it_is_paid(
    bill: Callable[[int], Invoice], rita: User, now: datetime, pay: Callable[..., Payment]
) -> None:
    untouched, begun, paid, drafted = (bill(100) for _ in range(4))
    for invoice in (untouched, begun, paid):
        issue(invoice, rita, now)
    pay(begun, 50)
    pay(paid, 100)

    assert mark_overdue(on=date(2031, 3, 17)) == 0  # the last day is still in time
    assert mark_overdue(on=date(2031, 3, 18)) == 2
    assert mark_overdue(on=date(2031, 3, 18)) == 0

    statuses = {each.pk: each.status for each in Invoice.objects.all()}
    expected = {untouched: Status.OVERDUE, begun: Status.OVERDUE, paid: Status.PAID, drafted: Status.DRAFT}
    assert statuses == {invoice.pk: status for invoice, status in expected.items()}

    pay(untouched, 100)
    pay(begun, 10)
    assert {each.status for each in Invoice.objects.filter(pk__in=[untouched.pk])} == {Status.PAID}
    assert {each.status for each in Invoice.objects.filter(pk__in=[begun.pk])} == {Status.PARTIAL}
