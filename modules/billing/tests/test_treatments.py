"""What was done in a visit, by the codes of the price list: the draft follows, an issued invoice never does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from identity.models import User
from kernel.errors import NotAllowed, NotFound
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.handlers import bill_what_was_done
from modules.billing.models import Invoice, InvoiceLine, Treatment, TreatmentCode
from modules.billing.services import (
    CodeDetails,
    NothingToBill,
    PriceListInvalid,
    TreatmentBilled,
    TreatmentCodeInvalid,
    TreatmentCodeTaken,
    TreatmentInvalid,
    TreatmentsClosed,
    UnknownTreatment,
    add_code,
    add_treatment,
    change_code,
    change_treatment,
    draft_after_visit,
    draft_further_invoice,
    draft_invoice_for_visit,
    end_code,
    issue_invoice,
    load_price_list,
    remove_treatment,
    void_draft,
)
from modules.crm.events import NoteSigned
from modules.crm.models import Note, Patient
from modules.crm.services import begin_note, save_note, sign_note
from modules.scheduling.models import Appointment, Service
from tenancy import TenantRef
from tests.doors import Api


def details(code: str = "MT", price: int = 2400, **more: Any) -> CodeDetails:
    usual = {"name": "Manual therapy", "unit": "15 minutes", "valid_from": date(2031, 1, 1), "tax_rate": Decimal(20)}
    return CodeDetails(code=code, price=Money(price, "GBP"), **(usual | more))


@pytest.fixture
def manual(in_clinic: TenantRef, ana: User) -> TreatmentCode:
    """Manual therapy, 24.00 per 15 minutes."""
    return add_code(details=details(), by=ana)


@pytest.fixture
def hot_pack(in_clinic: TenantRef, ana: User) -> TreatmentCode:
    """Shown on the bill, and paid with the visit."""
    return add_code(details=details("HP", 500, name="Hot pack", unit="session", is_included=True), by=ana)


@pytest.fixture
def note(visit: Appointment, bo: User, now: datetime) -> Note:
    text = {"plan": "Loosen it."}
    return save_note(patient=visit.patient, appointment_id=visit.pk, sections=text, shared=False, by=bo, at=now)


@pytest.fixture
def does(note: Note, bo: User, now: datetime) -> Callable[..., Treatment]:
    """`does(code, "2")`: Bo writes into the note that so much of it was done."""

    def do(code: TreatmentCode, quantity: str = "1", **more: Any) -> Treatment:
        return add_treatment(
            **{"note_id": note.pk, "by": bo, "at": now} | more, code_id=code.pk, quantity=Decimal(quantity)
        )

    return do


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


def test_one_code_means_one_thing_on_a_day(manual: TreatmentCode, ana: User) -> None:
    with pytest.raises(TreatmentCodeTaken):
        add_code(details=details("mt", valid_from=date(2032, 1, 1)), by=ana)

    change_code(row=manual, details=details(valid_until=date(2031, 12, 31)), by=ana)
    dearer = add_code(details=details("MT", 2600, valid_from=date(2032, 1, 1)), by=ana)

    assert list(TreatmentCode.objects.valid_on(date(2031, 12, 31))) == [manual]
    assert list(TreatmentCode.objects.valid_on(date(2032, 1, 1))) == [dearer]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": " "},
        {"name": ""},
        {"unit": ""},
        {"price": -1},
        {"tax_rate": Decimal(101)},
        {"service_id": new_id()},
        {"valid_until": date(2030, 1, 1)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], in_clinic: TenantRef, ana: User) -> None:
    with pytest.raises(TreatmentCodeInvalid):
        add_code(details=details(**wrong), by=ana)


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


def file_of(*rows: str) -> bytes:
    return "\n".join(("code,name,price,unit,service,included,valid_from", *rows)).encode()


def test_a_file_adds_and_describes_anew(manual: TreatmentCode, ana: User) -> None:
    content = file_of("mt,Manual therapy long,30.00,30 minutes,Follow-up,,", "EX,Exercise,18,session,,yes,2031-02-01")

    assert load_price_list(content=content, by=ana, on=date(2031, 3, 3)) == 2

    manual.refresh_from_db()
    exercise = TreatmentCode.objects.get(code="EX")
    assert (manual.price_minor, manual.name, manual.service_id is not None) == (3000, "Manual therapy long", True)
    assert (exercise.price_minor, exercise.is_included, exercise.valid_from) == (1800, True, date(2031, 2, 1))


def test_a_file_with_one_mistake_loads_nothing_and_names_each_row(in_clinic: TenantRef, ana: User) -> None:
    content = file_of(
        "A,Fine,10,session,,,", "B,,10,session,,,", "C,Also,10,session,Nowhere,,", "a,Again,10,session,,,"
    )

    with pytest.raises(PriceListInvalid) as refused:
        load_price_list(content=content, by=ana, on=date(2031, 3, 3))

    told = refused.value.fields["file"]
    assert [each.split(":")[0] for each in told] == ["Row 5", "Row 3", "Row 4"]
    assert not TreatmentCode.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There is nothing in this file."),
        (b"code,what\nA,b", "These columns are missing: name, price."),
        (b"code,name,price\nA,b,dear", "Row 2: the price is not a number."),
    ],
    ids=["empty", "columns", "number"],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, sentence: str, in_clinic: TenantRef, ana: User) -> None:
    with pytest.raises(PriceListInvalid) as refused:
        load_price_list(content=content, by=ana, on=date(2031, 3, 3))

    assert str(refused.value) == sentence


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_page_of_the_note_offers_what_is_usual_first_and_one_tap_adds_it(
    visit: Appointment, draft: Invoice, note: Note, manual: TreatmentCode, ana: User, bo: User, pages: Any
) -> None:
    usual = add_code(details=details("ZZ", name="Usual here", service_id=visit.service_id), by=ana)
    browser, path = pages(bo), f"/patients/{note.patient_id}/notes/{note.pk}/"

    text = text_of(browser.get(path))
    answer = browser.post(f"/treatments/notes/{note.pk}/done/", {"treatment": str(usual.pk), "quantity": "1"})

    assert text.index("ZZ Usual here") < text.index("MT Manual therapy")
    assert answer.status_code == 302
    assert "On the draft" in text_of(browser.get(path))
    assert gross_of(draft) == 8200


def test_a_double_tap_adds_once(note: Note, manual: TreatmentCode, bo: User, pages: Any) -> None:
    sent = {"treatment": str(manual.pk), "quantity": "1", "idempotency_key": str(new_id())}

    for _ in range(2):
        assert pages(bo).post(f"/treatments/notes/{note.pk}/done/", sent).status_code == 302

    assert Treatment.objects.count() == 1


def test_visit_and_invoice_say_what_is_not_billed_and_a_button_bills_it(
    visit: Appointment, issued: Invoice, manual: TreatmentCode, does: Callable[..., Treatment], rita: User, pages: Any
) -> None:
    does(manual)
    desk = pages(rita)

    texts = [text_of(desk.get(path)) for path in (f"/appointments/{visit.pk}/", f"/invoices/{issued.pk}/")]
    answer = desk.post("/invoices/further/", {"appointment": str(visit.pk)})

    assert all("Not billed yet: £24.00" in text for text in texts)
    assert (answer.status_code, Invoice.objects.filter(status=Status.DRAFT).count()) == (302, 1)
    assert "Not billed yet" not in text_of(desk.get(f"/appointments/{visit.pk}/"))


def test_the_settings_add_change_load_and_end(in_clinic: TenantRef, ana: User, pages: Any) -> None:
    browser = pages(ana)
    sent = {
        "code": "MT", "name": "Manual therapy", "price": "24", "unit": "session", "tax_rate": "0",
        "valid_from": "2031-01-01", "is_included": "no",
    }  # fmt: skip

    added = browser.post("/settings/treatments/new/", sent)
    row = TreatmentCode.objects.get()
    changed = browser.post(f"/settings/treatments/{row.pk}/", sent | {"price": "26"})
    refused = browser.post("/settings/treatments/new/", sent)
    shown = text_of(browser.get("/settings/treatments/"))
    ended = browser.post(f"/settings/treatments/{row.pk}/end/")

    assert [each.status_code for each in (added, changed, refused, ended)] == [302, 302, 422, 302]
    assert "£26.00" in shown
    assert TreatmentCode.objects.kept().count() == 0


def test_by_api_codes_are_kept_and_treatments_noted(
    visit: Appointment, draft: Invoice, note: Note, in_clinic: TenantRef, ana: User, bo: User, rita: User
) -> None:
    owner, practitioner = Api(in_clinic, ana), Api(in_clinic, bo)
    path = f"/api/billing/notes/{note.pk}/treatments/"
    body = {"code": "MT", "name": "Manual therapy", "price": "24.00", "valid_from": "2031-01-01"}

    code = owner.post("/api/billing/treatment-codes/", body).json()
    choices = practitioner.get(f"/api/billing/notes/{note.pk}/treatment-codes/").json()
    done = practitioner.post(path, {"treatment_code_id": code["id"], "quantity": 2})

    assert [each["code"] for each in choices] == ["MT"]
    assert (done.status_code, done.json()["amount"], done.json()["invoice_id"]) == (201, "48.00", str(draft.pk))
    assert practitioner.get(path).json()[0]["quantity"] == 2
    assert Api(in_clinic, rita).get(path).status_code in {403, 404}
    assert practitioner.get("/api/billing/treatment-codes/").status_code == 403


def test_notes_that_one_may_not_see_and_those_of_nobody_are_not_there(
    note: Note, manual: TreatmentCode, in_clinic: TenantRef, bea: User, bo: User
) -> None:
    body = {"treatment_code_id": str(manual.pk)}
    for who, note_id in ((bea, note.pk), (bo, new_id())):
        api = Api(in_clinic, who)
        assert api.get(f"/api/billing/notes/{note_id}/treatments/").status_code == 404
        assert api.post(f"/api/billing/notes/{note_id}/treatments/", body).status_code == 404


def test_a_visit_completed_after_its_treatments_were_noted_bills_them(
    visit: Appointment, manual: TreatmentCode, does: Callable[..., Treatment], now: datetime
) -> None:
    does(manual)

    draft = draft_after_visit(appointment_id=visit.pk, at=now)

    assert draft is not None
    assert draft.gross_minor == 8200
