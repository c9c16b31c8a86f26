"""What was done in a visit, by the codes of the price list: the draft follows, an issued invoice never does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from identity.models import User
from kernel.errors import NotAllowed, NotFound
from modules.billing.domain.states import Status
from modules.billing.handlers import bill_what_was_done
from modules.billing.models import Invoice, InvoiceLine, Treatment, TreatmentCode
from modules.billing.services import (
    NothingToBill,
    TreatmentBilled,
    TreatmentInvalid,
    TreatmentsClosed,
    UnknownTreatment,
    add_code,
    change_code,
    change_treatment,
    draft_after_visit,
    draft_further_invoice,
    draft_invoice_for_visit,
    end_code,
    issue_invoice,
    remove_treatment,
    void_draft,
)
from modules.billing.tests.conftest import details
from modules.crm.events import NoteSigned
from modules.crm.models import Note, Patient
from modules.crm.services import begin_note, sign_note
from modules.scheduling.models import Appointment, Service


def lines_of(invoice: Invoice) -> list[tuple[str, str, int]]:
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    return [(row.description, row.detail, row.gross_minor) for row in rows]


def gross_of(invoice: Invoice) -> int:
    return Invoice.objects.get(pk=invoice.pk).gross_minor


def test_a_draft_has_a_line_for_each_treatment_with_its_code(
    visit: Appointment,
    manual: TreatmentCode,
    hot_pack: TreatmentCode,
    does: Callable[..., Treatment],
    rita: User,
    now: datetime,
) -> None:
    does(manual, "2")
    does(hot_pack)

    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    assert lines_of(draft)[1:] == [
        ("Manual therapy", "MT, per 15 minutes", 4800),
        ("Hot pack", "HP, per session. Included in the price of the visit", 0),
    ]
    assert draft.gross_minor == 5800 + 4800


def test_a_draft_that_is_there_follows_each_change(
    draft: Invoice, manual: TreatmentCode, note: Note, does: Callable[..., Treatment], bo: User, now: datetime
) -> None:
    done = does(manual)
    assert gross_of(draft) == 8200

    change_treatment(note_id=note.pk, treatment=done, quantity=Decimal("2.5"), by=bo, at=now)
    assert gross_of(draft) == 5800 + 6000

    remove_treatment(note_id=note.pk, treatment=done, by=bo, at=now)
    assert (gross_of(draft), len(lines_of(draft))) == (5800, 1)
    assert not Treatment.objects.exists()


def test_the_lines_add_up_and_share_the_tax_of_their_rate(
    visit: Appointment, manual: TreatmentCode, does: Callable[..., Treatment], rita: User, ana: User, now: datetime
) -> None:
    Service.objects.filter(pk=visit.service_id).update(tax_rate=20)
    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    odd = add_code(details=details("ODD", 1), by=ana)

    for code in (manual, odd, odd):
        does(code)

    found = Invoice.objects.get(pk=draft.pk)
    rows = InvoiceLine.objects.filter(invoice=draft)
    assert sum(row.gross_minor for row in rows) == found.gross_minor == 5800 + 2400 + 2
    assert sum(row.tax_minor for row in rows) == found.tax_minor == 1367


def test_name_and_price_are_those_of_the_treatment(
    draft: Invoice, manual: TreatmentCode, does: Callable[..., Treatment], ana: User
) -> None:
    done = does(manual)

    change_code(row=manual, details=details(price=9900, name="Dearer"), by=ana)

    done.refresh_from_db()
    assert (done.name, str(done.amount), gross_of(draft)) == ("Manual therapy", "24.00", 8200)


def test_an_issued_invoice_never_changes_and_a_further_one_bills_exactly_what_is_missing(
    visit: Appointment,
    issued: Invoice,
    manual: TreatmentCode,
    hot_pack: TreatmentCode,
    does: Callable[..., Treatment],
    rita: User,
    now: datetime,
) -> None:
    does(manual, "2")
    does(hot_pack)
    assert gross_of(issued) == 5800

    further = draft_further_invoice(appointment_id=visit.pk, by=rita, at=now)
    again = draft_further_invoice(appointment_id=visit.pk, by=rita, at=now)

    assert (further.pk, gross_of(further)) == (again.pk, 4800)
    assert [each[0] for each in lines_of(further)] == ["Manual therapy", "Hot pack"]
    issue_invoice(invoice=further, by=rita, at=now)
    with pytest.raises(NothingToBill):
        draft_further_invoice(appointment_id=visit.pk, by=rita, at=now)


def test_a_further_draft_follows_too_and_goes_when_nothing_is_left(
    visit: Appointment,
    issued: Invoice,
    manual: TreatmentCode,
    note: Note,
    does: Callable[..., Treatment],
    rita: User,
    bo: User,
    now: datetime,
) -> None:
    first = does(manual)
    further = draft_further_invoice(appointment_id=visit.pk, by=rita, at=now)
    second = does(manual)
    assert gross_of(further) == 4800

    for done in (first, second):
        remove_treatment(note_id=note.pk, treatment=done, by=bo, at=now)

    assert Invoice.objects.get(pk=further.pk).status == Status.VOID


def test_what_is_billed_is_not_changed(
    visit: Appointment,
    manual: TreatmentCode,
    note: Note,
    does: Callable[..., Treatment],
    rita: User,
    bo: User,
    now: datetime,
) -> None:
    done = does(manual)
    issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now), by=rita, at=now)

    with pytest.raises(TreatmentBilled):
        change_treatment(note_id=note.pk, treatment=done, quantity=Decimal(3), by=bo, at=now)
    with pytest.raises(TreatmentBilled):
        remove_treatment(note_id=note.pk, treatment=done, by=bo, at=now)


def test_a_draft_that_is_discarded_lets_go_of_its_treatments(
    visit: Appointment, draft: Invoice, manual: TreatmentCode, does: Callable[..., Treatment], rita: User, now: datetime
) -> None:
    does(manual)

    void_draft(invoice=draft, by=rita, at=now)
    again = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    assert (again.pk != draft.pk, again.gross_minor) == (True, 8200)


def test_the_database_bills_a_treatment_once(
    draft: Invoice, manual: TreatmentCode, does: Callable[..., Treatment], bill: Callable[[int], Invoice]
) -> None:
    done = does(manual)

    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceLine.objects.filter(invoice=bill(100)).update(treatment=done)


def test_signing_closes_it_and_brings_the_draft_up_to_date(
    visit: Appointment,
    manual: TreatmentCode,
    note: Note,
    does: Callable[..., Treatment],
    rita: User,
    bo: User,
    now: datetime,
) -> None:
    """What was noted in the moment in which somebody drew the bill up is on it when the note is signed."""
    done = does(manual)
    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    InvoiceLine.objects.filter(treatment=done).delete()
    sign_note(note=note, by=bo, at=now)

    bill_what_was_done(NoteSigned(note_id=note.pk, patient_id=note.patient_id))

    assert gross_of(draft) == 8200
    with pytest.raises(TreatmentsClosed):
        does(manual)
    with pytest.raises(TreatmentsClosed):
        remove_treatment(note_id=note.pk, treatment=done, by=bo, at=now)


def test_a_visit_that_a_package_pays_for_is_billed_for_what_is_done_besides(
    visit: Appointment, manual: TreatmentCode, does: Callable[..., Treatment], now: datetime
) -> None:
    Service.objects.filter(pk=visit.service_id).update(price_minor=0)
    Appointment.objects.filter(pk=visit.pk).update(status="COMPLETED")

    does(manual)

    (draft,) = Invoice.objects.filter(lines__appointment=visit)
    assert draft.gross_minor == 2400


def test_what_is_off_the_list_or_not_yet_on_it_is_not_done(
    manual: TreatmentCode, does: Callable[..., Treatment], ana: User, now: datetime
) -> None:
    later = add_code(details=details("LATER", valid_from=now.date() + timedelta(days=1)), by=ana)
    end_code(row=manual, by=ana, at=now)

    for code in (manual, later):
        with pytest.raises(UnknownTreatment):
            does(code)


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001"])
def test_a_quantity_is_more_than_nothing(quantity: str, manual: TreatmentCode, does: Callable[..., Treatment]) -> None:
    with pytest.raises(TreatmentInvalid):
        does(manual, quantity)


def test_a_note_without_a_visit_has_no_treatments(
    visit: Appointment, manual: TreatmentCode, does: Callable[..., Treatment], patient: Patient, bo: User, now: datetime
) -> None:
    loose = begin_note(patient=patient, by=bo, at=now)

    with pytest.raises(TreatmentInvalid):
        does(manual, note_id=loose.pk)


def test_only_who_writes_the_note_says_what_was_done(
    manual: TreatmentCode, does: Callable[..., Treatment], rita: User, ana: User, bea: User
) -> None:
    for stranger in (rita, ana, bea):
        with pytest.raises((NotFound, NotAllowed)):
            does(manual, by=stranger)


def test_a_visit_completed_after_its_treatments_were_noted_bills_them(
    visit: Appointment, manual: TreatmentCode, does: Callable[..., Treatment], now: datetime
) -> None:
    does(manual)

    draft = draft_after_visit(appointment_id=visit.pk, at=now)

    assert draft is not None
    assert draft.gross_minor == 8200
