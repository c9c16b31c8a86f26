"""The pages of billing, without JavaScript: what the desk, owners, practitioners and patients do there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from identity.models import User
from jobs.inline import run_due_jobs
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, Letterhead, Payment
from modules.billing.services import issue_invoice
from modules.billing.services.links import pay_path
from modules.billing.tests.conftest import Stripe
from modules.crm.models import Client, Patient
from modules.inventory.models import Item
from modules.scheduling.models import Appointment
from tenancy import TenantRef, use


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def now_stands(invoice: Invoice) -> tuple[str, str]:
    row = Invoice.objects.get(pk=invoice.pk)
    return row.status, str(row.paid)


# -- the desk


def test_the_list_finds_by_number_and_by_name_and_keeps_to_what_is_asked(
    issued: Invoice, bill: Callable[..., Invoice], pages: Any, rita: User
) -> None:
    bill(1200)
    desk = pages(rita)

    assert f'href="/invoices/{issued.pk}/"' in text_of(desk.get("/invoices/", {"q": issued.number}))
    assert f'href="/invoices/{issued.pk}/"' in text_of(desk.get("/invoices/", {"q": "patient b"}))
    assert f'href="/invoices/{issued.pk}/"' not in text_of(desk.get("/invoices/", {"show": "drafts"}))
    assert "Nobody" not in text_of(desk.get("/invoices/", {"q": "\x00' OR 1=1 --", "page": "-5", "show": "?"}))


def test_the_list_asks_as_often_for_three_rows_as_for_one(
    bill: Callable[..., Invoice], pages: Any, rita: User, clinic: TenantRef
) -> None:
    def queries() -> int:
        desk = pages(rita)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/invoices/").status_code == 200
        return len(captured)

    bill(100)
    queries()
    for_one = queries()
    bill(200)
    bill(300)
    assert queries() == for_one


def test_a_draft_is_issued_and_sent_from_its_page(draft: Invoice, pages: Any, rita: User) -> None:
    desk = pages(rita)
    assert "Issue and send" in text_of(desk.get(f"/invoices/{draft.pk}/"))

    answer = desk.post(f"/invoices/{draft.pk}/issue/")

    assert answer["Location"] == f"/invoices/{draft.pk}/"
    assert now_stands(draft) == (Status.ISSUED, "0.00")
    assert "Link to pay" in text_of(desk.get(f"/invoices/{draft.pk}/"))


@pytest.mark.parametrize("step", ["issue", "discard", "payment", "reminder"])
def test_following_a_link_does_nothing(step: str, draft: Invoice, pages: Any, rita: User) -> None:
    answer = pages(rita).get(f"/invoices/{draft.pk}/{step}/")

    assert answer.status_code == 405
    assert "Use the button on the page." in text_of(answer)
    assert now_stands(draft) == (Status.DRAFT, "0.00")


def test_a_discarded_draft_lets_its_visit_be_billed_again(
    draft: Invoice, visit: Appointment, pages: Any, rita: User
) -> None:
    desk = pages(rita)
    desk.post(f"/invoices/{draft.pk}/discard/")
    answer = desk.post("/invoices/for-visit/", {"appointment": str(visit.pk)})

    assert now_stands(draft)[0] == Status.VOID
    assert Invoice.objects.filter(status=Status.DRAFT, lines__appointment=visit).count() == 1
    assert answer["Location"] != f"/invoices/{draft.pk}/"


def test_cash_over_the_desk_in_two_parts(issued: Invoice, pages: Any, rita: User) -> None:
    desk = pages(rita)
    desk.post(f"/invoices/{issued.pk}/payment/", {"amount": "29", "payment_method": "CASH"})
    assert now_stands(issued) == (Status.PARTIAL, "29.00")

    desk.post(f"/invoices/{issued.pk}/payment/", {"amount": "29.00", "payment_method": "CASH"})
    assert now_stands(issued) == (Status.PAID, "58.00")


def test_a_form_that_is_sent_twice_takes_the_money_once(issued: Invoice, pages: Any, rita: User) -> None:
    fields = {"amount": "10", "payment_method": "CARD", "idempotency_key": "tapped-twice"}
    desk = pages(rita)
    for _ in range(2):
        assert desk.post(f"/invoices/{issued.pk}/payment/", fields).status_code == 302

    assert now_stands(issued) == (Status.PARTIAL, "10.00")


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("58.01", "is more than the £58.00 that are left to pay. Nothing was taken."),
        ("0", "A payment is more than nothing."),
        ("-5", "This cannot be less than nothing."),
        ("", "This field is required."),
        ("ten", "“ten” is not an amount."),
        ("1.234", "GBP has no more than 2 decimal places; got 1.234."),
        ("1e400", "is not an amount we can keep."),
        ("9" * 40, "at most 20 characters"),
        ("NaN", "is not an amount we can keep."),
    ],
)
def test_an_amount_that_cannot_be_is_refused_in_the_dialog(
    amount: str, sentence: str, issued: Invoice, pages: Any, rita: User
) -> None:
    answer = pages(rita).post(f"/invoices/{issued.pk}/payment/", {"amount": amount, "payment_method": "CASH"})

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert "data-open-now" in text_of(answer)
    assert now_stands(issued) == (Status.ISSUED, "0.00")


@pytest.mark.parametrize("method", ["STRIPE", "", "GOLD"])
def test_online_payments_are_not_written_by_hand(method: str, issued: Invoice, pages: Any, rita: User) -> None:
    answer = pages(rita).post(f"/invoices/{issued.pk}/payment/", {"amount": "5", "payment_method": method})

    assert answer.status_code == 422
    assert Payment.objects.count() == 0


def test_a_waiting_page_hears_of_the_payment_and_of_nothing_else(
    issued: Invoice, pay: Callable[..., Payment], pages: Any, rita: User
) -> None:
    desk = pages(rita)
    seen = text_of(desk.get(f"/invoices/{issued.pk}/")).partition("?seen=")[2].partition('"')[0]
    assert desk.get(f"/invoices/{issued.pk}/state/", {"seen": seen}).status_code == 204

    pay(issued, 5800)

    news = desk.get(f"/invoices/{issued.pk}/state/", {"seen": seen})
    assert news.status_code == 200
    assert "£58.00 paid" in text_of(news)


def test_the_pdf_can_be_read_once_it_is_made(
    issued: Invoice, clinic: TenantRef, pages: Any, rita: User, now: datetime
) -> None:
    desk = pages(rita)
    assert desk.get(f"/invoices/{issued.pk}/pdf/").status_code == 404

    run_due_jobs(at=timezone.now() + timedelta(minutes=1), tenant_id=clinic.id)

    answer = desk.get(f"/invoices/{issued.pk}/pdf/")
    assert answer.content.startswith(b"%PDF-")
    assert answer["Cache-Control"] == "private, no-store"


def test_without_an_address_nothing_is_sent_again_and_the_desk_is_told(
    issued: Invoice, pages: Any, rita: User, clinic: TenantRef
) -> None:
    Client.objects.filter(pk=issued.client_id).update(email="")

    answer = pages(rita).post(f"/invoices/{issued.pk}/reminder/")

    assert answer.status_code == 409
    assert "There is no e-mail address to send it to." in text_of(answer)


# -- by hand


def lines_of(*lines: dict[str, str]) -> dict[str, str]:
    fields = {"lines-TOTAL_FORMS": str(len(lines)), "lines-INITIAL_FORMS": "0"}
    for number, line in enumerate(lines):
        fields |= {f"lines-{number}-{name}": value for name, value in {"quantity": "1", **line}.items()}
    return fields


def test_an_invoice_by_hand_takes_from_the_item_what_is_left_empty(
    patient: Patient, pages: Any, rita: User, clinic: TenantRef
) -> None:
    tape = Item.objects.get(name="Kinesiology tape 5 cm")
    lines = lines_of({"item": str(tape.pk), "quantity": "2"}, {"description": "Report", "unit_price": "15"}, {})

    answer = pages(rita).post("/invoices/new/", {"patient": str(patient.pk), **lines})

    assert answer.status_code == 302
    drafted = Invoice.objects.get()
    assert [line.description for line in drafted.lines.order_by("position")] == ["Kinesiology tape 5 cm", "Report"]
    assert str(drafted.gross) == "34.00"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"patient": ""}, "Say whom the invoice is for."),
        ({"patient": "01900000-0000-7000-8000-000000000000"}, "Say whom the invoice is for."),
        (lines_of({}), "An invoice has at least one line"),
        (lines_of({"description": "Report"}), "A price is needed"),
        (lines_of({"description": "Report", "unit_price": "1", "quantity": "0"}), "More than nothing"),
        (lines_of({"description": "Report", "unit_price": "1", "quantity": "1e9999"}), "no more than 12 digits"),
        (lines_of({"description": "Report", "unit_price": "1", "tax_rate": "120"}), "less than or equal to 100"),
        (lines_of({"item": "x", "unit_price": "1"}), "Select a valid choice."),
        ({"due_date": "2031-99-01"}, "Enter a valid date."),
    ],
)
def test_an_invoice_by_hand_that_is_not_complete_says_what_is_missing(
    fields: dict[str, str], sentence: str, patient: Patient, pages: Any, rita: User
) -> None:
    lines = {} if "lines-TOTAL_FORMS" in fields else lines_of({"description": "Report", "unit_price": "15"})

    answer = pages(rita).post("/invoices/new/", {"patient": str(patient.pk), **lines, **fields})

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert Invoice.objects.count() == 0


def test_more_lines_keep_what_was_typed(patient: Patient, pages: Any, rita: User) -> None:
    typed = lines_of({"description": "Report", "unit_price": "15"})

    answer = pages(rita).post("/invoices/new/", {"patient": str(patient.pk), "more": "1", **typed})

    assert answer.status_code == 200
    assert 'value="Report"' in text_of(answer)
    assert "lines-3-description" in text_of(answer)


# -- who sees what


def test_a_practitioner_sees_the_invoices_of_their_own_services_and_takes_no_money(
    issued: Invoice, bill: Callable[..., Invoice], pages: Any, bo: User, bea: User
) -> None:
    by_hand = bill(900)

    assert "Take payment" not in text_of(pages(bo).get(f"/invoices/{issued.pk}/"))
    assert pages(bo).get(f"/invoices/{by_hand.pk}/").status_code == 404
    assert pages(bea).get(f"/invoices/{issued.pk}/").status_code == 404
    assert pages(bo).post(f"/invoices/{issued.pk}/payment/", {"amount": "1"}).status_code == 403


def test_another_practice_has_no_such_invoice(issued: Invoice, pages: Any, cora: User, other: TenantRef) -> None:
    elsewhere = pages(cora, other)
    for path in ("", "state/", "pdf/"):
        assert elsewhere.get(f"/invoices/{issued.pk}/{path}").status_code == 404
    for step in ("issue", "discard", "payment", "reminder"):
        assert elsewhere.post(f"/invoices/{issued.pk}/{step}/").status_code == 404
    assert elsewhere.get(pay_path(issued)).status_code == 404


def test_patients_see_their_own_bills_once_they_are_sent(
    draft: Invoice, bill: Callable[..., Invoice], pages: Any, pia: User, rita: User, now: datetime
) -> None:
    Client.objects.filter(pk=draft.client_id).update(user_id=pia.pk)
    portal = pages(pia)
    assert "Nothing to pay" in text_of(portal.get("/my/bills/"))
    assert portal.get(f"/my/bills/{draft.pk}/").status_code == 404

    issue_invoice(invoice=draft, by=rita, at=now)

    assert "£58.00" in text_of(portal.get("/my/bills/"))
    assert pay_path(draft) in text_of(portal.get(f"/my/bills/{draft.pk}/"))


# -- the page behind the link


def test_whoever_has_the_link_is_led_to_the_gateway_and_back(stripe: Stripe, issued: Invoice, pages: Any) -> None:
    phone = pages(None)
    page = phone.get(pay_path(issued))
    assert "Pay £58.00 by card" in text_of(page)
    assert page["Referrer-Policy"] == "same-origin"

    checkout = phone.post(pay_path(issued))
    assert (checkout.status_code, checkout["Location"].startswith(stripe.stand_in.url)) == (303, True)
    stripe.pay(checkout["Location"])

    assert "Paid, thank you" in text_of(phone.get(pay_path(issued), {"done": "1"}))
    assert now_stands(issued) == (Status.PAID, "58.00")


def test_while_the_gateway_is_down_the_page_says_so_calmly(stripe: Stripe, issued: Invoice, pages: Any) -> None:
    stripe.knobs.set({"failing_calls": 20})

    answer = pages(None).post(pay_path(issued))

    assert answer.status_code == 503
    assert "Nothing was taken." in text_of(answer)


def test_a_forged_link_leads_nowhere(issued: Invoice, pages: Any) -> None:
    assert pages(None).get(pay_path(issued)[:-3] + "x/").status_code == 404
    assert pages(None).get("/pay/%00%ff/").status_code == 404


# -- settings


def test_the_owner_sets_the_letterhead(in_clinic: TenantRef, pages: Any, ana: User) -> None:
    fields = {"name": "Clinic & Sons", "address": "1 High Street\nLeeds", "tax_number": "", "days_to_pay": "30"}

    assert pages(ana).post("/settings/billing/", fields).status_code == 302
    assert Letterhead.objects.get().days_to_pay == 30

    refused = pages(ana).post("/settings/billing/", fields | {"days_to_pay": "366", "name": ""})
    assert refused.status_code == 422
    assert Letterhead.objects.get().name == "Clinic & Sons"


def test_the_owner_is_led_to_where_cards_are_set_up(
    stripe: Stripe, in_clinic: TenantRef, pages: Any, ana: User
) -> None:
    answer = pages(ana).post("/settings/billing/cards/")
    assert answer["Location"].startswith(stripe.stand_in.url)

    pages(ana).get("/settings/billing/cards/")
    assert "Ready" in text_of(pages(ana).get("/settings/billing/"))


def test_the_panels_show_the_bill_where_people_look_for_it(
    issued: Invoice, visit: Appointment, pages: Any, rita: User, clinic: TenantRef
) -> None:
    with use(clinic):
        number = Invoice.objects.get().number
    assert number in text_of(pages(rita).get(f"/appointments/{visit.pk}/"))
    assert number in text_of(pages(rita).get(f"/patients/{issued.patient_id}/"))
