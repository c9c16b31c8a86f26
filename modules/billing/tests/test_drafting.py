"""Drawing up invoices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEntry
from identity.models import User
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.models import Invoice
from modules.billing.services import (
    AlreadyInvoiced,
    WishedLine,
    WrongPatient,
    draft_after_visit,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    issue_invoice,
    void_draft,
)
from modules.billing.services.drafting import NotADraft, UnknownPatient, UnknownVisit, VisitCancelled
from modules.billing.services.lines import LinesNotValid
from modules.billing.tests.conftest import register
from modules.crm.models import Patient
from modules.inventory.models import Item
from modules.inventory.public import UnknownItem
from modules.scheduling.domain.states import Status as VisitStatus
from modules.scheduling.models import Appointment, AppointmentService, Service
from modules.scheduling.services import CallOff, cancel_appointment, set_status


def test_the_invoice_of_a_visit_is_filled_from_its_service(visit: Appointment, draft: Invoice) -> None:
    """BIL-01, E2E-04"""
    line = draft.lines.get()

    assert (line.description, line.detail) == ("Follow-up", "Mon 3 Mar 2031, 10:00, Bo")
    assert (line.quantity, str(line.unit_price), str(line.gross)) == (1, "58.00", "58.00")
    assert (draft.status, str(draft.gross), draft.currency) == (Status.DRAFT, "58.00", "GBP")
    assert (draft.patient_id, draft.client_id, draft.number) == (visit.patient_id, visit.patient.client_id, None)
    assert line.appointment_id == visit.pk


def test_each_service_of_a_visit_is_a_line_of_its_invoice(visit: Appointment, rita: User, now: datetime) -> None:
    massage = Service.objects.get(name="Sports massage")
    AppointmentService.objects.create(appointment=visit, service=massage, position=1)

    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    lines = draft.lines.order_by("position").values_list("description", "gross_minor", "appointment_id")
    assert list(lines) == [("Follow-up", 5800, visit.pk), ("Sports massage", 6400, None)]
    assert draft.gross_minor == 12200


def test_the_tax_of_a_service_is_within_its_price(visit: Appointment, rita: User, now: datetime) -> None:
    Service.objects.filter(pk=visit.service_id).update(tax_rate=20)

    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    assert [str(amount) for amount in (draft.net, draft.tax, draft.gross)] == ["48.33", "9.67", "58.00"]


def test_asked_again_the_same_draft_is_returned(visit: Appointment, draft: Invoice, rita: User, now: datetime) -> None:
    again = draft_invoice_for_visit(appointment_id=visit.pk, due_date=date(2031, 4, 1), by=rita, at=now)

    assert (again.pk, again.due_date) == (draft.pk, date(2031, 4, 1))
    assert AuditEntry.objects.filter(action="billing.invoice.drafted").count() == 1


def test_a_visit_is_billed_once(visit: Appointment, issued: Invoice, rita: User, now: datetime) -> None:
    with pytest.raises(AlreadyInvoiced) as refused:
        draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    assert (str(refused.value), refused.value.code) == ("This visit is on invoice 2031-0001.", "already-invoiced")


def test_the_wrong_patient_is_refused_and_both_are_named(visit: Appointment, rita: User, now: datetime) -> None:
    """BIL-03, B8"""
    other = register("Patient A", by=rita, at=now)

    with pytest.raises(WrongPatient) as refused:
        draft_invoice_for_visit(appointment_id=visit.pk, patient_id=other.pk, by=rita, at=now)

    assert str(refused.value) == "Mismatch! This appointment belongs to Patient B."
    assert refused.value.fields == {"patient_id": ["You chose Patient A; the appointment is Patient B's."]}
    assert Invoice.objects.count() == 0


def test_the_right_patient_may_be_named(visit: Appointment, rita: User, now: datetime) -> None:
    draft = draft_invoice_for_visit(appointment_id=visit.pk, patient_id=visit.patient_id, by=rita, at=now)

    assert draft.patient_id == visit.patient_id


def test_what_does_not_exist_is_not_billed(visit: Appointment, rita: User, now: datetime) -> None:
    with pytest.raises(UnknownVisit):
        draft_invoice_for_visit(appointment_id=new_id(), by=rita, at=now)
    with pytest.raises(UnknownPatient):
        draft_invoice_for_visit(appointment_id=visit.pk, patient_id=new_id(), by=rita, at=now)


def test_a_cancelled_visit_is_not_billed(visit: Appointment, rita: User, now: datetime) -> None:
    cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)

    with pytest.raises(VisitCancelled):
        draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    assert draft_after_visit(appointment_id=visit.pk, at=now) is None


def test_a_completed_visit_brings_its_draft_by_itself(
    visit: Appointment, bo: User, now: datetime, run_jobs: Callable[..., int]
) -> None:
    for status in (VisitStatus.CHECKED_IN, VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED):
        set_status(appointment=visit, status=status, by=bo, at=now)
    assert Invoice.objects.count() == 0

    run_jobs()

    draft = Invoice.objects.get()
    assert (draft.status, str(draft.gross)) == (Status.DRAFT, "58.00")


def test_news_of_a_visit_that_was_billed_already_does_nothing(
    issued: Invoice, visit: Appointment, now: datetime
) -> None:
    assert draft_after_visit(appointment_id=visit.pk, at=now) is None
    assert Invoice.objects.count() == 1


def test_a_discarded_draft_frees_its_visit(visit: Appointment, draft: Invoice, rita: User, now: datetime) -> None:
    void_draft(invoice=draft, by=rita, at=now)
    void_draft(invoice=draft, by=rita, at=now)

    draft.refresh_from_db()
    assert (draft.status, draft.number, draft.lines.count()) == (Status.VOID, None, 1)
    assert draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now).pk != draft.pk


def test_an_issued_invoice_is_not_discarded(issued: Invoice, rita: User, now: datetime) -> None:
    with pytest.raises(NotADraft):
        void_draft(invoice=issued, by=rita, at=now)


def test_a_line_with_an_item_takes_what_is_left_open_from_it(patient: Patient, rita: User, now: datetime) -> None:
    item = Item.objects.get(code="TB-M")
    lines = [
        WishedLine(item_id=item.pk, quantity=Decimal(2)),
        WishedLine(description="Fitting", unit_price=Money(1000, "GBP"), tax_rate=Decimal(20)),
    ]

    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)

    first = draft.lines.get(position=1)
    assert (first.description, str(first.unit_price), first.tax_rate) == (item.name, "12.00", 20)
    assert [str(amount) for amount in (draft.net, draft.tax, draft.gross)] == ["28.33", "5.67", "34.00"]


def test_prices_without_tax_have_it_put_on_top(patient: Patient, rita: User, now: datetime) -> None:
    line = WishedLine(description="Report", unit_price=Money(10000, "GBP"), tax_rate=Decimal(20))

    draft = draft_invoice_by_hand(patient_id=patient.pk, lines=[line], prices_include_tax=False, by=rita, at=now)

    assert [str(amount) for amount in (draft.net, draft.tax, draft.gross)] == ["100.00", "20.00", "120.00"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"unit_price": Money(1, "GBP")}, "lines.0.description"),
        ({"description": "x"}, "lines.0.unit_price"),
        ({"description": "x", "unit_price": Money(-1, "GBP")}, "lines.0.unit_price"),
        ({"description": "x", "unit_price": Money(1, "GBP"), "quantity": Decimal(0)}, "lines.0.quantity"),
        ({"description": "x", "unit_price": Money(1, "GBP"), "quantity": Decimal("0.0001")}, "lines.0.quantity"),
        ({"description": "x", "unit_price": Money(1, "GBP"), "tax_rate": Decimal(101)}, "lines.0.tax_rate"),
        ({"description": "x", "unit_price": Money(10**15, "GBP"), "quantity": Decimal(9)}, "lines"),
    ],
)
def test_a_flawed_line_is_named(patient: Patient, rita: User, now: datetime, line: Any, field: str) -> None:
    with pytest.raises(LinesNotValid) as refused:
        draft_invoice_by_hand(patient_id=patient.pk, lines=[WishedLine(**line)], by=rita, at=now)

    assert list(refused.value.fields) == [field]


def test_an_invoice_has_lines_and_known_items(patient: Patient, rita: User, now: datetime) -> None:
    with pytest.raises(LinesNotValid):
        draft_invoice_by_hand(patient_id=patient.pk, lines=[], by=rita, at=now)
    with pytest.raises(UnknownItem):
        draft_invoice_by_hand(patient_id=patient.pk, lines=[WishedLine(item_id=new_id())], by=rita, at=now)


def test_a_free_visit_is_paid_once_it_is_issued(visit: Appointment, rita: User, now: datetime) -> None:
    Service.objects.filter(pk=visit.service_id).update(price_minor=0)
    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    assert issue_invoice(invoice=draft, by=rita, at=now).status == Status.PAID
