"""Invoices and payments over the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from identity.models import User
from kernel.ids import new_id
from modules.billing.models import Invoice, Payment
from modules.billing.services import WishedLine, draft_invoice_by_hand, issue_invoice
from modules.billing.tests.conftest import register
from modules.crm.models import Client, Patient
from modules.inventory.models import Item
from modules.scheduling.models import Appointment
from tenancy import TenantRef, use

INVOICES, PAYMENTS = "/api/billing/invoices/", "/api/billing/payments/"


def of(invoice: Invoice, verb: str = "") -> str:
    return f"{INVOICES}{invoice.pk}/{verb}"


def test_an_appointment_becomes_an_invoice_with_its_line_and_total(api: Any, rita: User, visit: Appointment) -> None:
    """E2E-04, BIL-01"""
    answer = api(rita).post(INVOICES, {"appointment_id": str(visit.pk), "due_date": "2031-04-01"})

    body = answer.json()
    assert answer.status_code == 201
    assert (body["status"], body["total"], body["to_pay"], body["currency"]) == ("DRAFT", "58.00", "58.00", "GBP")
    assert (body["number"], body["due_date"], body["patient_name"]) == (None, "2031-04-01", "Patient B")
    (line,) = body["lines"]
    assert (line["description"], line["total"], line["appointment_id"]) == ("Follow-up", "58.00", str(visit.pk))
    assert api(rita).post(INVOICES, {"appointment_id": str(visit.pk)}).json()["id"] == body["id"]


def test_a_visit_and_another_person_do_not_go_together(api: Any, rita: User, visit: Appointment, now: datetime) -> None:
    """BIL-03"""
    other = register("Patient A", by=rita, at=now)

    answer = api(rita).post(INVOICES, {"appointment_id": str(visit.pk), "patient_id": str(other.pk)})

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert problem["detail"] == "Mismatch! This appointment belongs to Patient B."
    assert problem["errors"] == {"patient_id": ["You chose Patient A; the appointment is Patient B's."]}


def test_an_invoice_is_issued_then_billed_no_more(api: Any, rita: User, draft: Invoice, visit: Appointment) -> None:
    issued = api(rita).post(of(draft, "issue/"))
    again = api(rita).post(INVOICES, {"appointment_id": str(visit.pk)})

    number = issued.json()["number"]
    assert (issued.status_code, issued.json()["status"]) == (200, "ISSUED")
    assert (again.status_code, again.json()["code"]) == (409, "already-invoiced")
    assert again.json()["detail"] == f"This visit is on invoice {number}."
    assert api(rita).post(of(draft, "issue/")).json()["number"] == number


def test_fifty_of_a_hundred_is_partial_and_the_rest_is_paid(
    api: Any, rita: User, bill: Callable[[int], Invoice]
) -> None:
    """E2E-05, BIL-02"""
    invoice, desk = bill(10000), api(rita)

    half = desk.post(PAYMENTS, {"invoice_id": str(invoice.pk), "amount": "50.00", "payment_method": "CASH"})
    assert half.status_code == 201
    assert (half.json()["invoice_status"], half.json()["to_pay"]) == ("PARTIAL", "50.00")
    rest = desk.post(PAYMENTS, {"invoice_id": str(invoice.pk), "amount": 50, "payment_method": "transfer"})
    assert (rest.json()["invoice_status"], rest.json()["payment_method"]) == ("PAID", "BANK_TRANSFER")
    assert desk.get(of(invoice)).json()["status"] == "PAID"
    too_late = desk.post(PAYMENTS, {"invoice_id": str(invoice.pk), "amount": "0.01", "payment_method": "CASH"})
    assert (too_late.status_code, too_late.json()["code"]) == (409, "nothing-to-pay")


@pytest.mark.parametrize("said", ["card", "CARD", "Credit card", "terminal"])
def test_a_method_is_understood_the_way_people_write_it(api: Any, rita: User, draft: Invoice, said: str) -> None:
    answer = api(rita).post(PAYMENTS, {"invoice_id": str(draft.pk), "amount": "58.00", "payment_method": said})

    assert answer.json()["payment_method"] == "CARD"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": "58.01"}, "too-much", "amount"),
        ({"amount": "0"}, "payment-invalid", "amount"),
        ({"amount": "-1"}, "payment-invalid", "amount"),
        ({"amount": "1.005"}, "not-an-amount", None),
        ({"amount": "many"}, "invalid", "amount"),
        ({"payment_method": "SHELLS"}, "invalid", "payment_method"),
        ({"payment_method": "STRIPE"}, "invalid", "payment_method"),
        ({"invoice_id": "x"}, "invalid", "invoice_id"),
    ],
)
def test_what_is_no_payment_is_refused_by_its_field(
    api: Any, rita: User, draft: Invoice, change: dict[str, Any], code: str, field: str | None
) -> None:
    body = {"invoice_id": str(draft.pk), "amount": "58.00", "payment_method": "CASH"}
    answer = api(rita).post(PAYMENTS, body | change)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert list(answer.json().get("errors", {})) == ([field] if field else [])
    assert Payment.objects.count() == 0
    assert Invoice.objects.get().status == "DRAFT"


def test_a_retried_payment_is_taken_once(api: Any, rita: User, bill: Callable[[int], Invoice]) -> None:
    body = {"invoice_id": str(bill(10000).pk), "amount": "50.00", "payment_method": "CASH"}
    answers = [api(rita).post(PAYMENTS, body, key="k") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert Payment.objects.count() == 1


def test_an_invoice_by_hand_sells_from_the_shelf(api: Any, rita: User, patient: Patient) -> None:
    item = Item.objects.get(code="TB-M")
    lines = [
        {"item_id": str(item.pk), "quantity": 2},
        {"description": "Fitting", "unit_price": "10.00", "tax_rate": "20"},
    ]
    made = api(rita).post(INVOICES, {"patient_id": str(patient.pk), "lines": lines}).json()
    api(rita).post(f"{INVOICES}{made['id']}/issue/")

    assert (made["total"], made["tax"], made["net"]) == ("34.00", "5.67", "28.33")
    assert Item.objects.get(pk=item.pk).on_hand == item.on_hand - 2


def test_more_than_the_shelf_has_is_not_issued(api: Any, rita: User, patient: Patient) -> None:
    item = Item.objects.get(code="TB-M")
    line = {"item_id": str(item.pk), "quantity": 1000}
    made = api(rita).post(INVOICES, {"patient_id": str(patient.pk), "lines": [line]}).json()

    answer = api(rita).post(f"{INVOICES}{made['id']}/issue/")
    assert (answer.status_code, answer.json()["code"]) == (422, "insufficient-stock")
    assert answer.json()["detail"] == "Insufficient stock. You have 25 but tried to remove 1000."


@pytest.mark.parametrize("body", [{}, {"lines": []}, {"patient_id": str(new_id())}])
def test_it_is_either_a_visit_or_lines(api: Any, rita: User, in_clinic: TenantRef, body: dict[str, Any]) -> None:
    assert api(rita).post(INVOICES, body).status_code == 422


def test_a_draft_is_discarded_and_an_invoice_is_not(
    api: Any, rita: User, bill: Callable[[int], Invoice], now: datetime
) -> None:
    draft, issued = bill(100), issue_invoice(invoice=bill(100), by=rita, at=now)

    assert api(rita).client.delete(of(draft)).status_code == 204
    assert api(rita).client.delete(of(issued)).status_code == 409
    assert api(rita).get(of(draft)).json()["status"] == "VOID"


def test_a_link_is_given_for_what_is_to_be_paid(api: Any, rita: User, draft: Invoice, now: datetime) -> None:
    assert api(rita).post(of(draft, "payment-link/")).json()["code"] == "not-payable"
    issue_invoice(invoice=draft, by=rita, at=now)

    answer = api(rita).post(of(draft, "payment-link/"))
    assert answer.status_code == 200
    assert answer.json()["url"].startswith("http://clinic.localhost:8000/pay/")
    assert api(rita).post(of(draft, "payment-link/")).json() == answer.json()


def test_the_paper_is_there_once_it_is_made(
    api: Any, rita: User, issued: Invoice, now: datetime, run_jobs: Callable[..., int]
) -> None:
    assert api(rita).get(of(issued, "pdf/")).status_code == 404
    run_jobs(at=now)

    answer = api(rita).get(of(issued, "pdf/"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert 'filename="2031-0001.pdf"' in answer["Content-Disposition"]
    assert "2031-0001" in PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert api(rita).get(of(issued)).json()["has_document"] is True


def test_lists_are_filtered(
    api: Any, rita: User, issued: Invoice, bill: Callable[[int], Invoice], visit: Appointment, now: datetime
) -> None:
    bill(100)
    elsewhere = register("Patient A", by=rita, at=now)
    desk = api(rita)

    def count(**query: Any) -> int:
        return int(desk.get(INVOICES, query).json()["count"])

    assert [count(), count(status="DRAFT"), count(status="ISSUED")] == [2, 1, 1]
    assert [count(patient_id=visit.patient_id), count(patient_id=elsewhere.pk)] == [2, 0]
    assert [count(appointment_id=visit.pk), count(appointment_id=new_id())] == [1, 0]
    assert desk.get(INVOICES, {"status": "LOST"}).status_code == 422
    newest = desk.get(INVOICES, {"limit": 1}).json()
    assert (len(newest["items"]), newest["count"]) == (1, 2)


def test_payments_are_listed_by_invoice(api: Any, rita: User, issued: Invoice, pay: Callable[..., Payment]) -> None:
    pay(issued, 1000)
    listed = api(rita).get(PAYMENTS, {"invoice_id": issued.pk}).json()

    assert listed["count"] == 1
    assert (listed["items"][0]["amount"], listed["items"][0]["by_name"]) == ("10.00", "Rita")
    assert api(rita).get(PAYMENTS, {"invoice_id": new_id()}).json()["count"] == 0


def test_the_letterhead_is_the_owners_to_write(api: Any, ana: User, rita: User, in_clinic: TenantRef) -> None:
    body = {
        "name": "Northside",
        "address": "1 High St\nLeeds",
        "tax_number": "GB 1",
        "days_to_pay": 7,
        "mails_receipts": False,
    }

    assert api(ana).put("/api/billing/letterhead/", body).json() == body
    assert api(ana).get("/api/billing/letterhead/").json() == body
    assert api(ana).put("/api/billing/letterhead/", {"name": " "}).status_code == 422
    assert api(rita).get("/api/billing/letterhead/").status_code == 403


# -- who sees what


@pytest.fixture
def pias(in_clinic: TenantRef, pia: User, rita: User, now: datetime) -> Invoice:
    """An issued invoice of Pia's, which is not for a visit."""
    patient = register("Pia Sand", by=rita, at=now)
    Client.objects.filter(pk=patient.client_id).update(user_id=pia.pk)
    return issue_invoice(invoice=by_hand(patient, rita, now), by=rita, at=now)


def by_hand(patient: Patient, by: User, at: datetime) -> Invoice:
    from kernel.money import Money

    line = WishedLine(description="Report", unit_price=Money(4200, "GBP"))
    return draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=by, at=at)


def test_practitioners_see_the_invoices_of_their_own_services_and_change_none(
    api: Any, bo: User, bea: User, issued: Invoice, pias: Invoice
) -> None:
    """A6"""
    seen = api(bo).get(INVOICES).json()

    assert [each["id"] for each in seen["items"]] == [str(issued.pk)]
    assert api(bo).get(of(issued)).json()["total"] == "58.00"
    assert api(bo).get(of(pias)).status_code == 404
    assert api(bea).get(INVOICES).json()["count"] == 0
    assert api(bo).post(of(issued, "issue/")).status_code == 403
    assert (
        api(bo).post(PAYMENTS, {"invoice_id": str(issued.pk), "amount": 1, "payment_method": "CASH"}).status_code == 403
    )
    assert api(bo).get(PAYMENTS).status_code == 403


def test_patients_see_their_own_once_issued(
    api: Any, pia: User, rita: User, issued: Invoice, pias: Invoice, now: datetime
) -> None:
    """A5"""
    draft = by_hand(Patient.objects.get(pk=pias.patient_id), rita, now)
    portal = api(pia)

    assert [each["id"] for each in portal.get(INVOICES).json()["items"]] == [str(pias.pk)]
    for hidden in (issued, draft):
        assert portal.get(of(hidden)).status_code == 404
        assert portal.post(of(hidden, "payment-link/")).status_code == 404
        assert portal.get(of(hidden, "pdf/")).status_code == 404
    assert portal.post(of(pias, "payment-link/")).status_code == 200
    assert portal.post(of(pias, "issue/")).status_code == 403
    assert portal.post(PAYMENTS, {"invoice_id": str(pias.pk), "amount": 1, "payment_method": "CASH"}).status_code == 403


def test_patients_see_what_they_have_paid(
    api: Any, pia: User, issued: Invoice, pias: Invoice, pay: Callable[..., Payment]
) -> None:
    pay(pias, 4200)
    pay(issued, 5800)

    assert [each["amount"] for each in api(pia).get(PAYMENTS).json()["items"]] == ["42.00"]


def test_what_is_listed_and_what_may_be_seen_agree(
    in_clinic: TenantRef, ana: User, bo: User, bea: User, rita: User, pia: User, issued: Invoice, pias: Invoice,
    bill: Callable[[int], Invoice], pay: Callable[..., Payment],
) -> None:  # fmt: skip
    bill(100)
    pay(pias, 100)
    for user in (ana, bo, bea, rita, pia):
        for model, permission in ((Invoice, "billing.view_invoice"), (Payment, "billing.view_payment")):
            listed = set(model.objects.visible_to(user))
            assert listed == {row for row in model.objects.all() if user.has_perm(permission, row)}


def test_ids_of_another_tenant_do_not_exist(
    api: Any,
    issued: Invoice,
    visit: Appointment,
    cai: User,
    other: TenantRef,
    run_jobs: Callable[..., int],
    now: datetime,
) -> None:
    run_jobs(at=now)
    stranger = api(cai, other)

    for verb in ("", "pdf/"):
        assert stranger.get(of(issued, verb)).status_code == 404
    for verb in ("issue/", "payment-link/"):
        assert stranger.post(of(issued, verb)).status_code == 404
    assert stranger.client.delete(of(issued)).status_code == 404
    payment = {"invoice_id": str(issued.pk), "amount": "58.00", "payment_method": "CASH"}
    assert stranger.post(PAYMENTS, payment).status_code == 404
    assert stranger.post(INVOICES, {"appointment_id": str(visit.pk)}).status_code == 404
    body = {"patient_id": str(visit.patient_id), "lines": [{"description": "x", "unit_price": "1"}]}
    assert stranger.post(INVOICES, body).status_code == 404
    with use(other):
        assert Invoice.objects.count() == 0


@pytest.mark.parametrize("path", [INVOICES, PAYMENTS])
@pytest.mark.parametrize("who", ["rita", "bo", "pia"])
def test_a_longer_list_takes_no_more_queries(
    request: Any,
    api: Any,
    bill: Callable[[int], Invoice],
    pay: Callable[..., Payment],
    issued: Invoice,
    path: str,
    who: str,
) -> None:
    door = api(request.getfixturevalue(who))
    for _ in range(3):
        pay(bill(100), 40)

    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as taken:
            door.get(path, {"limit": limit})
        return len(taken)

    queries(1)
    assert queries(1) == queries(3)
