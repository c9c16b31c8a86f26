"""Credit notes: numbered and frozen like invoices, never more than is left, and what becomes of what was billed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from jobs.models import OutboxMessage
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.models import CheckoutSession, Deposit, Invoice, InvoiceLine, PackagePurchase, Payment, Treatment
from modules.billing.services import (
    AlreadyInvoiced,
    CreditNotValid,
    NotCreditable,
    NothingToPay,
    PackageDetails,
    PackageInUse,
    WishedCredit,
    WishedLine,
    add_package,
    credit_invoice,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    issue_invoice,
    open_checkout_for,
    sell_package,
    settle_checkout,
)
from modules.billing.services.chaining import verify
from modules.billing.services.deposits import ReasonNeeded, ask_for_deposit
from modules.billing.services.links import LinkNotGood, invoice_behind, pay_token
from modules.billing.tests.conftest import Stripe
from modules.crm.models import Patient
from modules.inventory.models import Item
from modules.inventory.public import items_on_list
from modules.scheduling import public as scheduling
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment

Credit = Callable[..., Invoice]


@pytest.fixture
def credit(rita: User, now: datetime) -> Credit:
    """`credit(invoice, (line, amount=…), …)`: Rita credits parts of an invoice, or the whole."""

    def do(invoice: Invoice, *wished: WishedCredit, reason: str = "Billed by mistake") -> Invoice:
        return credit_invoice(invoice=invoice, wished=wished, reason=reason, by=rita, at=now)

    return do


@pytest.fixture
def sold(patient: Patient, rita: User, now: datetime) -> Invoice:
    """Three tubes at 10.00 with 20 % from the shelf, and 7.00 without tax."""
    item = next(each for each in items_on_list() if each.on_hand >= 3)
    lines = [
        WishedLine(item_id=item.id, quantity=Decimal(3), unit_price=Money(1000, "GBP"), tax_rate=Decimal(20)),
        WishedLine(description="Report", unit_price=Money(700, "GBP")),
    ]
    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)
    return issue_invoice(invoice=draft, by=rita, at=now)


def stands(invoice: Invoice) -> tuple[str, str, str, str]:
    row = Invoice.objects.get(pk=invoice.pk)
    return row.status, str(row.credited), str(row.to_pay), str(row.overpaid)


def on_hand(invoice: Invoice) -> Decimal:
    return Item.objects.get(pk=invoice.lines.exclude(item=None).get().item_id).on_hand


def test_a_credit_note_is_a_document_of_its_own_that_names_the_invoice(issued: Invoice, credit: Credit) -> None:
    note = Invoice.objects.get(pk=credit(issued).pk)

    assert (note.number, note.kind, note.status, note.corrects_id) == (
        "CN-2031-0001", "CREDIT_NOTE", Status.CREDIT, issued.pk,
    )  # fmt: skip
    assert (note.reason, str(note.gross), str(note.to_pay)) == ("Billed by mistake", "58.00", "0.00")
    assert (note.client_name, note.client_address) == (issued.client_name, issued.client_address)
    assert stands(issued) == (Status.CREDITED, "58.00", "0.00", "0.00")
    entry = AuditEntry.objects.get(action="billing.invoice.credited")
    assert (entry.object_id, entry.changes["status"]) == (str(issued.pk), ["ISSUED", "CREDITED"])
    assert (verify().documents, verify().findings) == (2, [])


def test_part_of_a_line_by_quantity_and_by_amount(sold: Invoice, credit: Credit) -> None:
    tubes, report = sold.lines.all()

    first = credit(sold, WishedCredit(line_id=tubes.pk, quantity=Decimal(1)))
    second = credit(sold, WishedCredit(line_id=report.pk, amount=Money(150, "GBP")))

    assert [(str(each.net), str(each.tax), str(each.gross)) for each in (first, second)] == [
        ("8.33", "1.67", "10.00"), ("1.50", "0.00", "1.50"),
    ]  # fmt: skip
    assert stands(sold) == (Status.ISSUED, "11.50", "25.50", "0.00")
    assert [line.is_reduction for line in (*first.lines.all(), *second.lines.all())] == [False, True]


def test_parts_of_everything_make_it_credited(sold: Invoice, credit: Credit) -> None:
    tubes, report = sold.lines.all()
    credit(sold, WishedCredit(line_id=tubes.pk, quantity=Decimal(2)))
    credit(sold, WishedCredit(line_id=report.pk))
    assert stands(sold)[0] == Status.ISSUED

    last = credit(sold)

    assert (str(last.gross), stands(sold)[0]) == ("10.00", Status.CREDITED)
    total = [
        sum(getattr(note, f"{part}_minor") for note in sold.credit_notes.all()) for part in ("net", "tax", "gross")
    ]
    assert total == [sold.net_minor, sold.tax_minor, sold.gross_minor]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 900)), max_size=6), st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_credited_the_parts_are_the_invoice(
    patient: Patient, rita: User, now: datetime, credit: Credit, steps: list[tuple[int, int]], inclusive: bool
) -> None:
    rates = ("20", "5", "20")
    lines = [
        WishedLine(description=rate, unit_price=Money(333 + n, "GBP"), tax_rate=Decimal(rate), quantity=Decimal(2 + n))
        for n, rate in enumerate(rates)
    ]
    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, prices_include_tax=inclusive, by=rita, at=now)
    invoice = issue_invoice(invoice=draft, by=rita, at=now)
    billed = list(invoice.lines.all())
    for place, minor in steps:
        try:
            with transaction.atomic():
                credit(invoice, WishedCredit(line_id=billed[place].pk, amount=Money(minor, "GBP")))
        except CreditNotValid:
            line = InvoiceLine.objects.get(pk=billed[place].pk)
            assert minor > line.gross_minor - line.credited_minor
    if Invoice.objects.get(pk=invoice.pk).status != Status.CREDITED:
        credit(invoice)

    notes = list(invoice.credit_notes.all())
    for part in ("net_minor", "tax_minor", "gross_minor"):
        assert sum(getattr(note, part) for note in notes) == getattr(invoice, part)
        for line in billed:
            assert sum(getattr(each, part) for each in line.credits.all()) == getattr(line, part)
    assert stands(invoice)[0] == Status.CREDITED


@pytest.mark.parametrize(
    ("wish", "field", "sentence"),
    [
        ({"quantity": Decimal(4)}, "quantity", "Of Cold gel 3 are left to credit."),
        ({"quantity": Decimal("0.0001")}, "quantity", "Of Cold gel 3 are left to credit."),
        ({"amount": Money(3001, "GBP")}, "amount", "At most £30.00 are left of this line."),
        ({"amount": Money(0, "GBP")}, "amount", "At most £30.00 are left of this line."),
        ({"amount": Money(100, "EUR")}, "amount", "At most £30.00 are left of this line."),
        ({"amount": Money(1, "GBP"), "quantity": Decimal(1)}, "amount", "Either a quantity or an amount."),
        ({"amount": Money(1, "GBP"), "restock": True}, "restock", "Only goods that come back go on the shelf."),
    ],
)
def test_more_than_is_left_is_refused(
    sold: Invoice, credit: Credit, wish: dict[str, Any], field: str, sentence: str
) -> None:
    line = sold.lines.first()
    assert line is not None
    with pytest.raises(CreditNotValid) as refused, transaction.atomic():
        credit(sold, WishedCredit(line_id=line.pk, **wish))

    assert refused.value.fields == {f"lines.0.{field}": [sentence.replace("Cold gel", line.description)]}
    assert stands(sold)[1] == "0.00"


def test_a_line_is_chosen_once_and_is_of_the_invoice(sold: Invoice, issued: Invoice, credit: Credit) -> None:
    line, theirs = sold.lines.first(), issued.lines.get()
    assert line is not None
    twice = [WishedCredit(line_id=line.pk, quantity=Decimal(1))] * 2
    for wished in (twice, [WishedCredit(line_id=theirs.pk)]):
        with pytest.raises(CreditNotValid, match="at most once"), transaction.atomic():
            credit(sold, *wished)


def test_a_credit_has_a_reason_and_something_to_credit(issued: Invoice, bill: Any, credit: Credit) -> None:
    with pytest.raises(ReasonNeeded):
        credit(issued, reason="  ")
    with pytest.raises(NotCreditable, match="discarded"):
        credit(bill(100))
    note = credit(issued)
    with pytest.raises(NotCreditable, match="2031-0001 is credited already"):
        credit(issued)
    with pytest.raises(NotCreditable, match="A credit note is not credited"):
        credit(note)


def test_what_was_paid_beyond_it_is_shown(sold: Invoice, credit: Credit, pay: Any) -> None:
    tubes = sold.lines.first()
    assert tubes is not None
    pay(sold, 3000)
    credit(sold, WishedCredit(line_id=tubes.pk, quantity=Decimal(1)))
    assert stands(sold) == (Status.PAID, "10.00", "0.00", "3.00")
    with pytest.raises(NothingToPay):
        pay(sold, 1)

    credit(sold)

    assert stands(sold) == (Status.CREDITED, "37.00", "0.00", "30.00")
    with pytest.raises(NothingToPay, match="is credited"):
        pay(sold, 1)


def test_goods_come_back_to_the_shelf_if_the_desk_says_so(sold: Invoice, credit: Credit) -> None:
    tubes, before = sold.lines.first(), on_hand(sold)
    assert tubes is not None

    credit(sold, WishedCredit(line_id=tubes.pk, quantity=Decimal(2), restock=True))
    assert on_hand(sold) == before + 2

    credit(sold)
    assert on_hand(sold) == before + 2


def test_a_visit_that_was_credited_is_billed_anew(
    issued: Invoice, visit: Appointment, credit: Credit, bo: User, rita: User, now: datetime
) -> None:
    with pytest.raises(AlreadyInvoiced):
        draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    credit(issued)

    anew = issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now), by=rita, at=now)

    assert (anew.number, str(anew.gross)) == ("2031-0002", "58.00")
    line = issued.lines.get()
    assert (line.appointment_id, line.former_appointment_id) == (None, visit.pk)
    assert set(Invoice.objects.visible_to(bo)) == set(Invoice.objects.all())
    assert all(bo.has_perm("billing.view_invoice", each) for each in Invoice.objects.all())
    assert verify().findings == []


def test_treatments_of_a_credited_invoice_are_billed_anew(
    does: Any, manual: Any, visit: Appointment, credit: Credit, rita: User, now: datetime
) -> None:
    done = does(manual)
    first = issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now), by=rita, at=now)
    credit(first)
    assert list(Treatment.objects.not_billed()) == [done]

    anew = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    assert [line.treatment_id for line in anew.lines.all()] == [None, done.pk]


def test_a_package_goes_with_its_invoice_unless_it_is_in_use(
    patient: Patient, visit: Appointment, credit: Credit, ana: User, bo: User, rita: User, now: datetime
) -> None:
    service = Service.objects.get(name="Follow-up")
    details = PackageDetails(name="5 × follow-up", price=Money(25000, "GBP"), contents={service.pk: 5})
    package = add_package(details=details, by=ana)
    used, unused = (sell_package(package=package, patient_id=patient.pk, by=rita, at=now) for _ in range(2))
    for purchase in (used, unused):
        issue_invoice(invoice=purchase.line.invoice, by=rita, at=now)
    practitioner = Practitioner.objects.get(user_id=bo.pk)
    wish = Wish(
        service_id=service.pk,
        patient_id=patient.pk,
        practitioner_id=practitioner.pk,
        starts_at=now + timedelta(days=1),
        package_id=used.pk,
    )
    book_appointment(wish=wish, by=rita, at=now)

    with pytest.raises(PackageInUse, match="Sessions of 5 × follow-up are booked or used"), transaction.atomic():
        credit(used.line.invoice)
    credit(used.line.invoice, WishedCredit(line_id=used.line_id, amount=Money(100, "GBP")))
    credit(unused.line.invoice)

    assert dict(PackagePurchase.objects.values_list("pk", "ended_at")) == {used.pk: None, unused.pk: now}


def test_a_credited_invoice_is_not_paid_online_and_its_page_is_closed(
    stripe: Stripe, address: str, issued: Invoice, credit: Credit, run_jobs: Any, now: datetime
) -> None:
    credit(issued)
    run_jobs(at=now)

    assert CheckoutSession.objects.get().status == "EXPIRED"
    assert [session["status"] for session in stripe.sessions()] == ["expired"]
    with pytest.raises(NothingToPay, match="is credited"):
        open_checkout_for(token=pay_token(issued), at=now)


def test_money_that_arrives_all_the_same_is_kept_and_shown(
    stripe: Stripe, address: str, issued: Invoice, credit: Credit, now: datetime
) -> None:
    stripe.pay(address)
    credit(issued)

    settle_checkout(session_id=CheckoutSession.objects.get().session_id, at=now)

    assert stands(issued) == (Status.CREDITED, "58.00", "0.00", "58.00")
    assert Payment.objects.get().amount == Money(5800, "GBP")


def test_a_deposit_is_given_back_with_the_whole_bill_only(
    visit: Appointment, credit: Credit, pay: Any, rita: User, now: datetime
) -> None:
    terms = scheduling.Terms(parts=((visit.service_id, Money(2000, "GBP")),), minutes=30)
    deposit = ask_for_deposit(appointment_id=visit.pk, terms=terms, until=now, by=rita, at=now)
    pay(deposit.invoice, 2000)
    bill = issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now), by=rita, at=now)
    assert str(bill.gross) == "38.00"
    service = bill.lines.get(deposit=None)
    with pytest.raises(CreditNotValid, match=r"Credit £38\.00 at most"), transaction.atomic():
        credit(bill, WishedCredit(line_id=service.pk, amount=Money(3900, "GBP")))
    with pytest.raises(NotCreditable, match="This deposit is used"), transaction.atomic():
        credit(Invoice.objects.get(pk=deposit.invoice_id))
    credit(bill, WishedCredit(line_id=service.pk, amount=Money(1000, "GBP")))
    assert Deposit.objects.get().left == Money(0, "GBP")

    rest = credit(bill, WishedCredit(line_id=service.pk))

    assert (str(rest.gross), stands(bill)[:2]) == ("28.00", (Status.CREDITED, "38.00"))
    assert Deposit.objects.get().left == Money(2000, "GBP")
    anew = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    assert str(anew.gross) == "38.00"


def test_a_deposit_that_is_not_used_is_credited_as_a_whole(
    visit: Appointment, credit: Credit, pay: Any, rita: User, now: datetime
) -> None:
    terms = scheduling.Terms(parts=((visit.service_id, Money(2000, "GBP")),), minutes=30)
    deposit = ask_for_deposit(appointment_id=visit.pk, terms=terms, until=now, by=rita, at=now)
    pay(deposit.invoice, 2000)
    line = deposit.invoice.lines.get()
    with pytest.raises(CreditNotValid, match="as a whole"), transaction.atomic():
        credit(deposit.invoice, WishedCredit(line_id=line.pk, amount=Money(100, "GBP")))

    credit(deposit.invoice)

    assert stands(deposit.invoice) == (Status.CREDITED, "20.00", "0.00", "20.00")
    assert Deposit.objects.get().left == Money(0, "GBP")


def test_nobody_pays_a_credit_note(issued: Invoice, credit: Credit, pay: Any) -> None:
    note = credit(issued)

    with pytest.raises(NothingToPay, match="is a credit note"), transaction.atomic():
        pay(note, 1)
    with pytest.raises(LinkNotGood):
        invoice_behind(pay_token(note))


def test_jobs_say_nothing_of_the_reason(issued: Invoice, credit: Credit) -> None:
    credit(issued, reason="Because of Mrs Miller")

    assert "Miller" not in str(list(OutboxMessage.objects.values_list("arguments", flat=True)))
