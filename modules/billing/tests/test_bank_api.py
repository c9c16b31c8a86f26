"""The bank's statements over the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from identity.models import User
from modules.billing.domain.states import Method
from modules.billing.models import BankLine, Invoice, Payment
from modules.billing.services import issue_invoice, record_payment
from modules.billing.tests.bank import IBAN, Entry, camt
from modules.billing.tests.test_settling import pounds

API = "/api/billing/bank/"
Api = Callable[[User], Any]


@pytest.fixture
def billed(bill: Callable[[int], Invoice], rita: User, now: datetime) -> Callable[[int], Invoice]:
    return lambda minor: issue_invoice(invoice=bill(minor), by=rita, at=now - timedelta(days=3))


def test_programs_send_confirm_and_undo(billed: Callable[[int], Invoice], api: Api, ana: User) -> None:
    invoice, door = billed(5800), api(ana)
    entries = (Entry(amount="58.00", text=str(invoice.number)), Entry(amount="-5.00", text="Fees"))
    file = SimpleUploadedFile("x.xml", camt(*entries))

    taken = door.upload(f"{API}statements/", {"file": file})
    assert taken.status_code == 201, taken.content
    statement_id = taken.json()["statements"][0]["id"]
    lines = door.get(f"{API}lines/?state=OPEN&statement_id={statement_id}").json()["items"]
    line, fees = sorted(lines, key=lambda each: each["amount"], reverse=True)
    (proposal,) = line["proposals"]
    assert (proposal["is_sure"], proposal["parts"]) == (True, [{"number": invoice.number, "amount": "58.00"}])

    at = f"{API}lines/{line['id']}/"
    body = {"key": proposal["key"]}
    first = door.post(f"{at}confirmation/", body, key="k1")
    again = door.post(f"{at}confirmation/", body, key="k1")
    assert (first.status_code, first.json()["state"], again.json()) == (201, "MATCHED", first.json())
    assert door.post(f"{at}confirmation/", body).json()["code"] == "line-not-open"
    assert Payment.objects.count() == 1

    assert door.client.delete(f"{at}confirmation/").json()["state"] == "OPEN"
    shares = {"shares": [{"invoice_id": str(invoice.pk), "amount": "58.00"}]}
    assert door.post(f"{at}confirmation/", shares | body).status_code == 422
    assert door.post(f"{at}confirmation/", shares).status_code == 201
    left = door.post(f"{API}lines/{fees['id']}/leaving-out/", {"reason": "Fees"})
    assert (left.json()["state"], left.json()["ignored_because"]) == ("IGNORED", "Fees")
    assert door.post(f"{API}statements/{statement_id}/confirmations/", {}).json() == 0


def test_programs_say_columns_and_link(
    billed: Callable[[int], Invoice], api: Api, ana: User, rita: User, now: datetime
) -> None:
    invoice, door = billed(5800), api(ana)
    payment = record_payment(invoice=invoice, amount=pounds(5800), method=Method.BANK_TRANSFER, by=rita, at=now)
    file = SimpleUploadedFile("x.csv", b"Date,Amount\n2031-03-03,58.00\n")
    table_id = door.upload(f"{API}statements/", {"file": file}).json()["table_id"]
    asked = door.get(f"{API}tables/{table_id}/").json()
    assert (asked["headers"], asked["suggested"]["roles"]) == (["Date", "Amount"], ["date", "amount"])

    kept = door.post(f"{API}tables/{table_id}/columns/", asked["suggested"] | {"account": IBAN})
    assert kept.status_code == 201, kept.content
    line = BankLine.objects.get()
    body = {"recorded": [str(payment.pk)]}
    linked = door.post(f"{API}lines/{line.pk}/confirmation/", body).json()

    assert linked["matches"] == [{"payment_id": str(payment.pk), "refund_id": None, "made": False}]
    assert Payment.objects.count() == 1
