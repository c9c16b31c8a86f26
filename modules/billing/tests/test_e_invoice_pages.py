"""Electronic invoices on pages and by API: set up, seen to at the desk, downloaded by whoever may read the document."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from identity.models import User
from modules.billing.models import EInvoice, EInvoiceAddress, EInvoiceRules, Invoice
from modules.billing.services import WishedEInvoices, make_e_invoices, set_e_invoice_rules
from modules.crm.models import Client
from modules.crm.services import claim_records
from tests.doors import Api

RULES = {
    "factur_x": "on",
    "carrier": "BY_HAND",
    "street": "14 Otley Road",
    "postal_code": "LS6 2AD",
    "city": "Leeds",
    "vat_id": "gb 123 4567 82",
}


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.fixture
def row(visit: Any, ana: User, rita: User, now: datetime, api: Callable[..., Api]) -> EInvoice:
    """The Factur-X of a follow-up, for everybody and sent by hand."""
    sent = {name: value for name, value in RULES.items() if name != "factur_x"}
    set_e_invoice_rules(wish=WishedEInvoices(factur_x=True, only_businesses=False, **sent), by=ana)
    invoice = api(rita).post("/api/billing/invoices/", {"appointment_id": str(visit.pk)}).json()
    issued = api(rita).post(f"/api/billing/invoices/{invoice['id']}/issue/", {}).json()
    make_e_invoices(invoice_id=issued["id"], at=now)
    return EInvoice.objects.get()


def test_the_owner_says_which_are_made(in_clinic: Any, ana: User, pages: Any) -> None:
    owner = pages(ana)

    assert owner.post("/settings/billing/e-invoices/", RULES).status_code == 302
    refused = owner.post("/settings/billing/e-invoices/", RULES | {"iban": "GB00"})

    rules = EInvoiceRules.objects.get()
    assert (rules.factur_x, rules.only_businesses, rules.vat_id, rules.country) == (True, False, "GB123456782", "GB")
    assert refused.status_code == 422
    assert "There cannot be such an IBAN." in text_of(refused)


def test_the_desk_sends_one_by_hand_and_writes_down_what_became_of_it(row: EInvoice, rita: User, pages: Any) -> None:
    desk, invoice = pages(rita), f"/invoices/{row.invoice_id}/"
    assert "To be sent" in text_of(desk.get(invoice))
    assert row.name in text_of(desk.get("/invoices/e-invoices/"))
    assert "Electronic invoices" in text_of(desk.get("/today/"))

    file = desk.get(f"/invoices/e-invoices/{row.pk}/file/")
    assert file["Content-Disposition"] == f'attachment; filename="{row.name}"'
    assert file.content.startswith(b"%PDF-1.7")
    assert desk.post(f"/invoices/e-invoices/{row.pk}/delivery/").status_code == 302
    assert "What became of it" in text_of(desk.get(f"/invoices/e-invoices/{row.pk}/answer/"))
    why = desk.post(f"/invoices/e-invoices/{row.pk}/answer/", {"outcome": "REJECTED", "reason": ""})
    assert (why.status_code, "Say why it was refused." in text_of(why)) == (422, True)
    desk.post(f"/invoices/e-invoices/{row.pk}/answer/", {"outcome": "REJECTED", "reason": "BR-11"})
    refused = text_of(desk.get(invoice))
    assert ("BR-11" in refused, "Make a new file" in refused) == (True, True)
    assert desk.post(f"/invoices/{row.invoice_id}/e-invoices/", {"format": "FACTUR_X"}).status_code == 302

    assert sorted(EInvoice.objects.values_list("state", flat=True)) == ["MADE", "REJECTED"]


def test_a_draft_says_what_it_would_lack_and_where_to_say_it(
    row: EInvoice, bill: Callable[[int], Invoice], rita: User, pages: Any
) -> None:
    Client.objects.update(city="")
    draft = bill(100)
    desk = pages(rita)

    assert "the client's town" in text_of(desk.get(f"/invoices/{draft.pk}/"))
    path = f"/invoices/e-invoices/addresses/{draft.patient_id}/"
    assert desk.get(path).status_code == 200
    assert desk.post(path, {"vat_id": "DE136695976"}).status_code == 302
    assert "DE136695976" in text_of(desk.get(f"/patients/{draft.patient_id}/"))
    assert EInvoiceAddress.objects.get().vat_id == "DE136695976"


def test_by_api_it_is_set_up_made_sent_and_answered(
    row: EInvoice, bill: Callable[[int], Invoice], ana: User, rita: User, api: Callable[..., Api]
) -> None:
    desk = api(rita)
    (told,) = desk.get("/api/billing/e-invoices/?to_see_to=true").json()["items"]
    assert (told["state"], told["name"], told["sha256"]) == ("MADE", row.name, row.digest)
    assert desk.get(f"/api/billing/e-invoices/{row.pk}/").json() == told
    assert desk.get(f"/api/billing/e-invoices/{row.pk}/file/").content.startswith(b"%PDF-1.7")
    assert desk.post(f"/api/billing/e-invoices/{row.pk}/answer/", {"outcome": "ACCEPTED"}).status_code == 409
    sent = desk.post(f"/api/billing/e-invoices/{row.pk}/delivery/", {"reference": "7"}).json()
    done = desk.post(f"/api/billing/e-invoices/{row.pk}/answer/", {"outcome": "ACCEPTED"}).json()
    assert (sent["state"], sent["reference"], done["state"]) == ("SENT", "7", "ACCEPTED")
    again = desk.post(f"/api/billing/invoices/{row.invoice_id}/e-invoices/", {"format": "FACTUR_X"})
    assert (again.status_code, again.json()["code"]) == (409, "e-invoice-stands")

    address = f"/api/billing/patients/{row.invoice.patient_id}/e-invoice-address/"
    assert desk.put(address, {"recipient_code": "abc1234"}).json()["recipient_code"] == "ABC1234"
    assert desk.get(address).json()["recipient_code"] == "ABC1234"
    owner = api(ana)
    rules = owner.get("/api/billing/e-invoice-rules/").json()
    assert owner.put("/api/billing/e-invoice-rules/", rules | {"bic": "x"}).status_code == 422
    assert owner.put("/api/billing/e-invoice-rules/", rules).json() == rules
    Client.objects.update(street="")
    draft = bill(100)
    desk.post(f"/api/billing/invoices/{draft.pk}/issue/", {})
    lacks = desk.post(f"/api/billing/invoices/{draft.pk}/e-invoices/", {"format": "FACTUR_X"})
    assert (lacks.status_code, lacks.json()["code"]) == (422, "e-invoice-lacks")


def test_patients_get_the_files_of_their_own_bills_and_practitioners_none(
    row: EInvoice, pia: User, bo: User, api: Callable[..., Api], pages: Any, now: datetime
) -> None:
    file = f"/api/billing/e-invoices/{row.pk}/file/"
    assert api(pia).get(file).status_code == 404
    claim_records(user=pia, verified_emails=["b@mail.example"], at=now)

    assert api(pia).get(file).status_code == 200
    assert api(bo).get(file).status_code == 403
    assert pages(bo).get("/invoices/e-invoices/").status_code == 403
    assert api(pia).post(f"/api/billing/e-invoices/{row.pk}/delivery/", {}).status_code == 403
