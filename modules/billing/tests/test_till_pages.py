"""The pages and addresses at which tills are opened, counted and closed, and cash goes through them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from modules.billing.domain.states import Method
from modules.billing.models import CashMove, Invoice, Payment, Refund, Till, TillCount, TillSession
from modules.billing.services.tills import close_session, count_till, open_session, set_till_rules
from modules.billing.tests.test_settling import Pay, billed, overpaid
from modules.billing.tests.test_settling_pages import shows
from modules.billing.tests.test_tills import HOUR, Bill, Close, Take, cash, close, drawer, session, sum_of, till
from modules.scheduling.models import Location
from tests.doors import Api, Pages

__all__ = ["billed", "cash", "close", "overpaid", "session", "till"]  # fixtures

See = Callable[[User], Pages]
Ask = Callable[[User], Api]


def test_a_till_lives_a_day_on_the_pages(till: Till, bill: Bill, pages: See, rita: User, now: datetime) -> None:
    desk = pages(rita)
    shows(desk.get("/cash/"), "Front desk", f"/cash/tills/{till.pk}/opening/")

    assert desk.post(f"/cash/tills/{till.pk}/opening/", {}).status_code == 422
    assert desk.post(f"/cash/tills/{till.pk}/opening/", {"piece-2000": "2", "piece-500": "2"}).status_code == 302
    session = TillSession.objects.get()
    at = f"/cash/sessions/{session.pk}/"
    shows(desk.get("/cash/"), "£50.00", f"{at}count/")

    invoice = bill(1000)
    shows(desk.get(f"/invoices/{invoice.pk}/"), "Cash goes through", f'value="{session.pk}" selected')
    paid = {"amount": "10.00", "payment_method": "CASH", "till_session": str(session.pk)}
    assert desk.post(f"/invoices/{invoice.pk}/payment/", paid).status_code == 302
    shows(desk.get(f"/invoices/{invoice.pk}/"), ", Front desk")

    moved = {"kind": "PAID_OUT", "amount": "2.50", "reason": "Stamps"}
    assert desk.post(f"{at}moves/", moved | {"reason": ""}).status_code == 422
    assert desk.post(f"{at}moves/", moved).status_code == 302

    assert "should be in it." not in desk.get(f"{at}count/").content.decode()
    assert desk.get(f"{at}closing/").status_code == 302  # nobody has counted yet
    assert desk.post(f"{at}count/", {"counted": "57.00"}).status_code == 302
    shows(desk.get(f"{at}closing/"), "£57.50", "£57.00", "-£0.50")
    assert desk.post(f"{at}closing/", {}).status_code == 422
    assert desk.post(f"{at}closing/", {"reason": "Wrong change"}).status_code == 302

    session.refresh_from_db()
    assert (session.expected_minor, session.difference_minor, session.reason) == (5750, -50, "Wrong change")
    shows(desk.get(at), "day close", "Stamps", str(Invoice.objects.get(pk=invoice.pk).number), "Wrong change", "-£0.50")
    shows(desk.get(f"{at}?paper=roll"), "on-roll", "Stamps")
    shows(desk.get("/cash/"), "Closed sessions", "-£0.50")


def test_what_should_be_in_a_till_is_hidden_until_it_is_counted(
    session: TillSession, bill: Bill, cash: Take, pages: See, api: Ask, ana: User, rita: User, now: datetime
) -> None:
    cash(bill(1234), 1234, session)
    at, over_the_wire = f"/cash/sessions/{session.pk}/", f"/api/billing/till-sessions/{session.pk}/"

    def told() -> tuple[bool, Any]:
        return "62.34" in pages(ana).get(at).content.decode(), api(ana).get(over_the_wire).json()["expected_now"]

    assert told() == (False, None)
    assert "12.34" not in pages(ana).get(at).content.decode()

    set_till_rules(needs_open_till=False, blind_count=False, by=ana)
    assert told() == (True, "62.34")
    shows(pages(rita).get(f"{at}count/"), "£62.34 should be in it.")

    set_till_rules(needs_open_till=False, blind_count=True, by=ana)
    count_till(session=session, counted=sum_of(6000), by=rita, at=now)
    assert told() == (True, "62.34")


def test_where_there_is_no_till_no_page_asks_for_one(issued: Invoice, pages: See, rita: User) -> None:
    assert "Cash goes through" not in pages(rita).get(f"/invoices/{issued.pk}/").content.decode()
    shows(pages(rita).get("/cash/"), "No till yet")


def test_cash_without_an_open_till_is_said_to_be_outside_or_is_refused(
    till: Till, bill: Bill, pages: See, ana: User, rita: User
) -> None:
    before = timezone.now() - HOUR
    session = open_session(till=till, counted=sum_of(0), by=rita, at=before)
    count_till(session=session, counted=sum_of(0), by=rita, at=before)
    close_session(session=session, by=rita, at=before)
    desk, first, second = pages(rita), bill(1000), bill(2000)
    sent = {"payment_method": "CASH", "till_session": ""}

    shows(desk.get(f"/invoices/{first.pk}/"), "No till is open: cash is listed as outside any session.")
    assert desk.post(f"/invoices/{first.pk}/payment/", sent | {"amount": "10.00"}).status_code == 302
    assert Payment.objects.get().till_session is None
    shows(desk.get("/cash/"), "Cash outside any session", str(Invoice.objects.get(pk=first.pk).number))

    set_till_rules(needs_open_till=True, blind_count=True, by=ana)
    shows(desk.get(f"/invoices/{second.pk}/"), "No till is open, and cash needs one.")
    assert desk.post(f"/invoices/{second.pk}/payment/", sent | {"amount": "20.00"}).status_code == 422
    assert Payment.objects.count() == 1


def test_money_goes_back_out_of_the_till_that_is_chosen(
    overpaid: Invoice, session: TillSession, pages: See, rita: User
) -> None:
    desk, path = pages(rita), f"/invoices/{overpaid.pk}/pay-back/"
    shows(desk.get(path), "Cash goes through")

    sent = {"way-0": "30.00", "other_method": "CASH", "reason": "Dear", "till_session": str(session.pk)}
    assert desk.post(path, sent).status_code == 302

    assert Refund.objects.get().till_session == session


def test_a_payment_is_taken_back_from_the_till_that_it_went_through(
    session: TillSession, bill: Bill, cash: Take, pay: Pay, ana: User, pages: See, rita: User, now: datetime
) -> None:
    other = open_session(till=drawer("Back office", by=ana), counted=sum_of(0), by=rita, at=now)
    payment = cash(bill(1000), 1000, other)
    card = pay(bill(500), 500, Method.CARD)
    desk = pages(rita)

    shows(desk.get(f"/invoices/payments/{payment.pk}/take-back/"), f'value="{other.pk}" selected')
    assert "Cash goes through" not in desk.get(f"/invoices/payments/{card.pk}/take-back/").content.decode()
    sent = {"reason": "Typed twice", "till_session": str(other.pk)}
    assert desk.post(f"/invoices/payments/{payment.pk}/take-back/", sent).status_code == 302

    assert other.reckon().expected == 0


def test_a_sum_for_several_invoices_goes_through_a_till(
    session: TillSession, billed: Callable[[int], Invoice], pages: See, rita: User
) -> None:
    first, _second = billed(1000), billed(2000)
    sent = {"share-0": "10.00", "share-1": "5.00", "payment_method": "CASH", "till_session": str(session.pk)}

    assert pages(rita).post(f"/invoices/{first.pk}/receive/", sent).status_code == 302

    assert session.reckon().payments == 1500


# -- who may what


def test_the_desk_counts_and_others_set_up_and_compare(
    session: TillSession, close: Close, pages: See, api: Ask, bo: User, rita: User
) -> None:
    closed = close(session, 5000)

    assert [each["id"] for each in api(rita).get("/api/billing/till-sessions/").json()["items"]] == [str(closed.pk)]
    assert pages(rita).get(f"/cash/sessions/{closed.pk}/").status_code == 200
    assert api(bo).get("/api/billing/till-sessions/").status_code == 403
    assert pages(bo).get("/cash/").status_code == 403
    assert pages(rita).get("/settings/billing/tills/").status_code == 403
    assert pages(rita).get("/invoices/reports/till-differences/").status_code == 403


def test_owners_keep_the_tills_on_the_settings_page(session: TillSession, pages: See, ana: User) -> None:
    owner, place = pages(ana), Location.objects.order_by("pk")[0]
    path = f"/settings/billing/tills/{session.till_id}/"
    shows(owner.get("/settings/billing/tills/"), "Front desk")

    assert owner.post("/settings/billing/tills/", {"name": "Bar", "location": str(place.pk)}).status_code == 302
    assert owner.post("/settings/billing/tills/", {"name": "Bar", "location": str(place.pk)}).status_code == 409
    assert owner.post(path, {"name": "Desk"}).status_code == 409  # it is open
    assert owner.post(path, {"name": "Desk", "is_active": "on"}).status_code == 302
    assert owner.post("/settings/billing/tills/rules/", {"needs_open_till": "on"}).status_code == 302

    assert sorted(Till.objects.values_list("name", flat=True)) == ["Bar", "Desk"]
    assert api_rules(pages, ana) == (True, False)


def api_rules(pages: See, owner: User) -> tuple[bool, bool]:
    rules = pages(owner).get("/api/billing/till-rules/").json()
    return rules["needs_open_till"], rules["blind_count"]


# -- over the wire


def test_a_till_lives_a_day_over_the_wire(till: Till, bill: Bill, api: Ask, rita: User) -> None:
    desk, invoice = api(rita), bill(1000)
    pieces = [{"value": "20.00", "number": 2}, {"value": "0.50", "number": 20}]
    opened = desk.post("/api/billing/till-sessions/", {"till_id": str(till.pk), "pieces": pieces})
    session = f"/api/billing/till-sessions/{opened.json()['id']}/"

    taken = desk.post(
        "/api/billing/payments/", {"invoice_id": str(invoice.pk), "amount": "10.00", "payment_method": "CASH"}
    )
    moved = desk.post(f"{session}moves/", {"kind": "PAID_IN", "amount": "5.00", "reason": "Change"})
    counted = desk.post(f"{session}counts/", {"amount": "65.00"})
    closed = desk.post(f"{session}closing/", {})

    assert [each.status_code for each in (opened, taken, moved, counted, closed)] == [201] * 5
    assert taken.json()["till_session_id"] == opened.json()["id"]  # the likeliest, as none was named
    assert (opened.json()["opening"], counted.json()["expected"], closed.json()["difference"]) == (
        "50.00",
        "65.00",
        "0.00",
    )
    shown = desk.get(session).json()
    assert ([each["amount"] for each in shown["cash"]], shown["moves"][0]["reason"]) == (["10.00"], "Change")
    assert desk.post(f"{session}moves/", {"kind": "PAID_IN", "amount": "5.00", "reason": "x"}).status_code == 409


@pytest.mark.parametrize(
    "body",
    [{}, {"pieces": [{"value": "0.03", "number": 1}]}, {"amount": "1.00", "pieces": [{"value": "2.00", "number": 1}]}],
    ids=["nothing", "no such coin", "another sum"],
)
def test_what_is_no_count_is_refused_over_the_wire(till: Till, api: Ask, rita: User, body: dict[str, Any]) -> None:
    answer = api(rita).post("/api/billing/till-sessions/", body | {"till_id": str(till.pk)})

    assert (answer.status_code, answer.json()["code"]) == (422, "till-count-invalid")


def test_what_is_sent_twice_is_done_once(session: TillSession, bill: Bill, api: Ask, rita: User) -> None:
    desk, path, key = api(rita), f"/api/billing/till-sessions/{session.pk}/", "again-and-again"
    sent = {"kind": "PAID_OUT", "amount": "5.00", "reason": "Stamps"}

    first, second = (desk.post(f"{path}moves/", sent, key=key) for _ in range(2))

    assert first.json() == second.json()
    assert CashMove.objects.count() == 1
    assert TillCount.objects.count() == 0


def test_cash_goes_outside_any_session_if_that_is_said(session: TillSession, bill: Bill, api: Ask, rita: User) -> None:
    sent = {"invoice_id": str(bill(1000).pk), "amount": "10.00", "payment_method": "CASH", "till_session_id": None}

    assert api(rita).post("/api/billing/payments/", sent).json()["till_session_id"] is None


# -- the report


def test_differences_are_reported_by_till_and_person_down_to_the_session(
    session: TillSession, close: Close, pages: See, api: Ask, ana: User
) -> None:
    closed = close(session, 4850, "Wrong change")
    days = "since=2031-03-01&until=2031-03-31"
    path = "/invoices/reports/till-differences/"

    shows(pages(ana).get(f"{path}?{days}"), "Front desk", "-£1.50")
    shows(pages(ana).get(f"{path}?{days}&by=person"), closed.closed_by_name)
    shows(
        pages(ana).get(f"{path}rows/?{days}&by=till&key={session.till_id}&currency=GBP"), f"/cash/sessions/{closed.pk}/"
    )
    for kind in ("csv", "xlsx", "pdf"):
        assert pages(ana).get(f"{path}download/?file={kind}&{days}").status_code == 200
    (row,) = api(ana).get(f"/api/billing/reports/till-differences/?{days}&by=person").json()["items"]
    assert (row["label"], row["difference"]) == (closed.closed_by_name, "-1.50")
    shows(pages(ana).get(f"/invoices/journal/?{days}&account=DIFFERENCES"), f"/cash/sessions/{closed.pk}/")
    assert pages(ana).get(f"/invoices/journal/download/?{days}").status_code == 200
