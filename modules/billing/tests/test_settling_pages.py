"""The pages and addresses at which money goes back, credit is used, debts are given up and sums are shared out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from identity.models import User
from modules.billing.domain.states import Method, Status
from modules.billing.models import CreditUse, Invoice, PackagePurchase, Payment, Refund, WriteOff
from modules.billing.services import issue_invoice
from modules.billing.tests.test_settling import Issue, Pay, again, billed, overpaid, stand
from tests.doors import Api, Pages

__all__ = ["billed", "overpaid"]  # fixtures


def shows(page: Any, *words: str) -> None:
    text = page.content.decode()
    for word in words:
        assert word in text, word


def test_the_page_of_an_invoice_leads_to_paying_back(
    overpaid: Invoice, pages: Callable[[User], Pages], rita: User
) -> None:
    desk = pages(rita)
    shows(desk.get(f"/invoices/{overpaid.pk}/"), "£30.00 to pay back or use", f"/invoices/{overpaid.pk}/pay-back/")

    shows(desk.get(f"/invoices/{overpaid.pk}/pay-back/"), "Cash", 'value="30.00"')
    answer = desk.post(
        f"/invoices/{overpaid.pk}/pay-back/", {"way-0": "30.00", "other_method": "CASH", "reason": "Dear"}
    )

    assert answer.status_code == 302
    assert Refund.objects.get().method == Method.CASH
    shows(desk.get(f"/invoices/{overpaid.pk}/"), "Paid back, Cash", "Dear")


@pytest.mark.parametrize("typed", ["30.01", "a lot", "-1"])
def test_what_cannot_go_back_is_said_on_the_page(
    overpaid: Invoice, pages: Callable[[User], Pages], rita: User, typed: str
) -> None:
    sent = {"way-0": typed, "other_method": "CASH", "reason": "Dear"}

    answer = pages(rita).post(f"/invoices/{overpaid.pk}/pay-back/", sent)

    assert answer.status_code == 422
    assert not Refund.objects.exists()


def test_what_was_paid_too_much_is_found(
    overpaid: Invoice, issued: Invoice, pages: Callable[[User], Pages], api: Callable[[User], Api], rita: User
) -> None:
    listed = pages(rita).get("/invoices/", {"show": "too-much"}).content.decode()
    found = api(rita).get("/api/billing/invoices/?overpaid=true").json()["items"]

    assert (str(overpaid.pk) in listed, str(issued.pk) in listed) == (True, False)
    assert [each["id"] for each in found] == [str(overpaid.pk)]


def test_a_form_that_is_sent_twice_pays_back_once(
    overpaid: Invoice, pages: Callable[[User], Pages], rita: User
) -> None:
    desk, path = pages(rita), f"/invoices/{overpaid.pk}/pay-back/"
    sent = {"way-0": "10.00", "other_method": "CASH", "reason": "Dear", "idempotency_key": "tapped-twice"}

    for _ in range(2):
        assert desk.post(path, sent).status_code == 302

    assert Refund.objects.get().amount_minor == 1000


def test_credit_is_used_from_the_page(
    overpaid: Invoice, billed: Issue, pages: Callable[[User], Pages], rita: User
) -> None:
    other = billed(2000)
    desk = pages(rita)
    shows(desk.get(f"/invoices/{overpaid.pk}/"), f'value="{other.pk}"')

    assert desk.post(f"/invoices/{overpaid.pk}/use-credit/", {"target": str(other.pk)}).status_code == 302

    assert stand(other) == (Status.PAID, 0, 0)
    shows(desk.get(f"/invoices/{other.pk}/"), "Credit of")
    assert CreditUse.objects.count() == 1


def test_a_payment_is_taken_back_from_the_page(
    issued: Invoice, pay: Pay, pages: Callable[[User], Pages], rita: User
) -> None:
    payment = pay(issued, 800)
    desk = pages(rita)
    path = f"/invoices/payments/{payment.pk}/take-back/"
    shows(desk.get(f"/invoices/{issued.pk}/"), path)

    assert desk.post(path, {"reason": ""}).status_code == 422
    assert desk.post(path, {"reason": "Typed twice"}).status_code == 302

    assert stand(issued) == (Status.ISSUED, 5800, 0)


def test_only_who_may_gives_debts_up(issued: Invoice, pages: Callable[[User], Pages], rita: User, ana: User) -> None:
    path, sent = f"/invoices/{issued.pk}/write-off/", {"amount": "58.00", "reason": "Moved away"}
    assert pages(rita).post(path, sent).status_code == 403

    assert pages(ana).post(path, sent).status_code == 302
    shows(pages(ana).get(f"/invoices/{issued.pk}/"), "£58.00 written off", "Moved away")
    assert pages(ana).post(f"/invoices/{issued.pk}/owe-again/", sent).status_code == 302

    assert [row.amount_minor for row in WriteOff.objects.order_by("at", "pk")] == [5800, -5800]


def test_one_sum_is_shared_out_on_a_page(billed: Issue, pages: Callable[[User], Pages], rita: User) -> None:
    first, second = billed(1000), billed(2000)
    desk = pages(rita)
    shows(desk.get(f"/invoices/{first.pk}/receive/"), 'value="10.00"', 'value="20.00"')

    sent = {"share-0": "10.00", "share-1": "5.00", "payment_method": "BANK_TRANSFER", "reference": "RF18"}
    assert desk.post(f"/invoices/{first.pk}/receive/", sent).status_code == 302

    assert (stand(first), stand(second)) == ((Status.PAID, 0, 0), (Status.PARTIAL, 1500, 0))
    sent["share-1"] = "15.01"
    assert desk.post(f"/invoices/{second.pk}/receive/", sent | {"share-0": "15.01", "share-1": ""}).status_code == 422


def test_the_credit_page_says_what_it_does_before_it_does_it(
    issued: Invoice, pay: Pay, pages: Callable[[User], Pages], rita: User
) -> None:
    pay(issued, 5800)
    desk, path = pages(rita), f"/invoices/{issued.pk}/credit/"
    sent = {"reason": "Never happened", "scope": "whole", "give_back": "on"}

    shows(desk.post(path, sent | {"preview": "1"}), "What it does", "Paid back, Cash")
    assert stand(issued) == (Status.PAID, 0, 0)
    assert not Refund.objects.exists()

    assert desk.post(path, sent).status_code == 302
    assert stand(issued) == (Status.CREDITED, 0, 0)
    assert Refund.objects.get().amount_minor == 5800


# -- over the wire


def test_a_sale_is_unwound_over_the_wire(issued: Invoice, pay: Pay, api: Callable[[User], Api], rita: User) -> None:
    pay(issued, 5800, Method.CARD)
    desk, path = api(rita), f"/api/billing/invoices/{issued.pk}/unwinding/"

    before = desk.post(path + "preview/", {"reason": "Never happened"}).json()
    done = desk.post(path, {"reason": "Never happened"}).json()

    assert (before["number"], before["credited"], before["credit_left"]) == (None, "58.00", "0.00")
    assert [refund["payment_method"] for refund in before["refunds"]] == ["CARD"]
    assert done["number"].startswith("CN-")
    assert {k: v for k, v in done.items() if k in {"credited", "refunds"}} == {
        k: v for k, v in before.items() if k in {"credited", "refunds"}
    }


def test_a_package_is_called_off_with_its_sale(
    ten: PackagePurchase, pay: Pay, api: Callable[[User], Api], rita: User, now: datetime
) -> None:
    invoice = issue_invoice(invoice=ten.line.invoice, by=rita, at=now)
    pay(invoice, 50000)

    done = api(rita).post(f"/api/billing/invoices/{invoice.pk}/unwinding/", {"reason": "Moved away"}).json()

    assert done["packages_called_off"] == [str(ten.pk)]
    assert stand(invoice) == (Status.CREDITED, 0, 0)


def test_each_has_an_address(overpaid: Invoice, billed: Issue, api: Callable[[User], Api], rita: User) -> None:
    desk, base, other = api(rita), f"/api/billing/invoices/{overpaid.pk}", billed(1000)

    (way,) = desk.get(f"{base}/ways-back/").json()
    used = desk.post(f"{base}/credit-uses/", {"target_id": str(other.pk)})
    part = {"amount": "5.00", "payment_method": "CASH", "payment_id": way["payment_id"]}
    back = desk.post(f"{base}/refunds/", {"reason": "Dear", "parts": [part]})
    rest = desk.post(f"{base}/refunds/", {"reason": "Dear"})
    listed = desk.get("/api/billing/refunds/").json()

    assert (way["amount"], used.json()["amount"]) == ("30.00", "10.00")
    assert [each.status_code for each in (used, back, rest)] == [201, 201, 201]
    assert [each["amount"] for each in rest.json()] == ["15.00"]
    assert [each["amount"] for each in listed["items"]] == ["15.00", "5.00"]
    assert desk.get(f"{base}/credit-uses/").json() == [used.json()]
    assert desk.get(f"/api/billing/invoices/{other.pk}/credit-uses/").json() == [used.json()]
    assert stand(overpaid) == (Status.PAID, 0, 0)
    assert desk.post(f"{base}/refunds/", {"reason": "Dear"}).status_code == 409


def test_a_sum_and_a_write_off_have_an_address(
    billed: Issue, api: Callable[[User], Api], rita: User, ana: User
) -> None:
    first, second = billed(1000), billed(2000)
    shares = [{"invoice_id": str(first.pk), "amount": "10.00"}, {"invoice_id": str(second.pk), "amount": "5.00"}]

    sent = {"shares": shares, "payment_method": "BANK_TRANSFER", "reference": "RF18"}
    paid = api(rita).post("/api/billing/receipts/", sent).json()
    taken = api(rita).post(f"/api/billing/payments/{paid[0]['id']}/taking-back/", {"reason": "Bounced"})
    path = f"/api/billing/invoices/{second.pk}/write-offs/"
    given_up = api(ana).post(path, {"reason": "Moved away"}).json()
    owed = api(ana).post(path + "taking-back/", {"reason": "Came back", "amount": "1.00"}).json()

    assert len({each["receipt_id"] for each in paid}) == 1
    assert taken.json()["kind"] == "TAKEN_BACK"
    assert again(first).status == Status.ISSUED
    assert (given_up["status"], given_up["written_off"], owed["to_pay"]) == ("WRITTEN_OFF", "15.00", "1.00")
    assert api(rita).post(path, {"reason": "x"}).status_code == 403
    listed = [(each["amount"], each["reason"]) for each in api(rita).get(path).json()]
    assert listed == [("15.00", "Moved away"), ("-1.00", "Came back")]


def test_what_came_by_bank_beyond_it_is_kept_if_that_is_wished(
    issued: Invoice, api: Callable[[User], Api], rita: User
) -> None:
    sent = {"invoice_id": str(issued.pk), "amount": "60.00", "payment_method": "BANK_TRANSFER"}
    assert api(rita).post("/api/billing/payments/", sent).status_code == 422

    assert api(rita).post("/api/billing/payments/", sent | {"keep_rest": True, "reference": "RF18"}).status_code == 201

    assert stand(issued) == (Status.PAID, 0, 200)
    assert Payment.objects.get().reference == "RF18"


def test_patients_see_what_became_of_their_money_and_move_none(
    overpaid: Invoice, patient: object, api: Callable[[User], Api], pia: User
) -> None:
    assert api(pia).get("/api/billing/refunds/").json()["items"] == []
    assert api(pia).post(f"/api/billing/invoices/{overpaid.pk}/refunds/", {"reason": "x"}).status_code in {403, 404}
