"""Treatments on pages and by API: on the note, on the visit and on its invoice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from identity.models import User
from kernel.ids import new_id
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, Treatment, TreatmentCode
from modules.billing.services import (
    add_code,
)
from modules.billing.tests.conftest import details
from modules.crm.models import Note
from modules.scheduling.models import Appointment
from tenancy import TenantRef
from tests.doors import Api


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
    assert Invoice.objects.get(pk=draft.pk).gross_minor == 8200


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
