"""Receipts of payments and slips of refunds: numbered, the same each time, and honest about what was taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import AuditEntry
from identity.models import User
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, Payment, Refund
from modules.billing.selectors.receipts import receipt_of, slip_of
from modules.billing.services import (
    LetterheadDetails,
    ReceiptIsNone,
    Share,
    receipt_on_paper,
    receive,
    send_receipt,
    set_letterhead,
    take_back_payment,
    the_way_it_came,
)
from modules.billing.services.settling.refunding import pay_back
from modules.billing.tests.test_settling import billed, overpaid, pounds
from modules.crm.models import Patient
from tests.doors import Api, Pages

__all__ = ["billed", "overpaid"]  # fixtures

Pay = Callable[..., Payment]
Issue = Callable[[int], Invoice]


def test_a_receipt_says_what_was_paid_and_what_that_left(billed: Issue, pay: Pay) -> None:
    invoice = billed(10000)
    first, second = pay(invoice, 6000, Method.CARD), pay(invoice, 1000)

    one, other = receipt_of(first), receipt_of(second)

    assert [(each.number, each.total.minor, each.left.minor) for each in (one, other)] == [
        (f"{invoice.number}/1", 6000, 4000),
        (f"{invoice.number}/2", 1000, 3000),
    ]
    assert (one.method, one.invoice.seller_name, one.is_taken_back) == ("Card", invoice.seller_name, False)


def test_one_sum_for_several_invoices_has_one_receipt(billed: Issue, rita: User, now: datetime) -> None:
    bills = [billed(2000), billed(3000)]
    shares = [Share(invoice=bills[0], amount=pounds(2000)), Share(invoice=bills[1], amount=pounds(1000))]
    paid = receive(shares=shares, method=Method.BANK_TRANSFER, reference="TX 9", by=rita, at=now)

    found = [receipt_of(each) for each in paid]

    assert found[0] == found[1]
    assert (found[0].number, found[0].reference) == (f"{bills[0].number}/1", "TX 9")
    assert [(part.number, part.amount.minor, part.left.minor) for part in found[0].parts] == [
        (bills[0].number, 2000, 0),
        (bills[1].number, 1000, 2000),
    ]
    assert (found[0].total.minor, found[0].left.minor) == (3000, 2000)


def test_the_receipt_of_a_payment_that_was_taken_back_says_so_and_is_not_sent(
    billed: Issue, pay: Pay, rita: User, now: datetime
) -> None:
    payment = pay(billed(5000), 5000)
    refund = take_back_payment(payment=payment, reason="Bounced", by=rita, at=now)

    assert receipt_of(payment).is_taken_back
    with pytest.raises(ReceiptIsNone):
        send_receipt(payment=payment, by=rita, at=now)
    slip = slip_of(refund)
    assert (slip.title, slip.number.rpartition("/")[2], slip.left.minor) == ("Payment taken back", "R1", 5000)


def test_the_papers_are_pdfs_and_the_same_each_time(overpaid: Invoice, rita: User, now: datetime) -> None:
    refund, *_ = pay_back(invoice=overpaid, wished=the_way_it_came(overpaid), reason="Dear", by=rita, at=now)
    payment = Payment.objects.order_by("pk")[0]

    for row in (payment, refund):
        one, other = (receipt_on_paper(of=row) for _ in range(2))
        assert one.startswith(b"%PDF-")
        assert one == other


def test_the_desk_prints_it_opens_it_and_sends_it(
    billed: Issue,
    pay: Pay,
    pages: Callable[[User], Pages],
    rita: User,
    now: datetime,
    run_jobs: Callable[..., int],
    mailoutbox: Any,
) -> None:
    later = now + timedelta(minutes=5)
    payment = pay(billed(5000), 2000)
    desk, path = pages(rita), f"/invoices/payments/{payment.pk}/receipt/"

    assert f"{payment.invoice.number}/1" in desk.get(path).content.decode()
    assert desk.get(path + "pdf/").content.startswith(b"%PDF-")
    run_jobs(at=later)
    assert desk.post(path + "mail/").status_code == 302
    run_jobs(at=later)

    receipts = [mail.attachments for mail in mailoutbox if mail.subject.startswith("Receipt")]
    assert [len(attached) for attached in receipts] == [0, 1]
    assert AuditEntry.objects.filter(action="billing.invoice.receipt_sent").count() == 1
    assert path in desk.get(f"/invoices/{payment.invoice_id}/").content.decode()


def test_a_practice_can_have_every_mail_bring_it(
    overpaid: Invoice, ana: User, rita: User, now: datetime, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    later = now + timedelta(minutes=5)
    run_jobs(at=later)
    set_letterhead(details=LetterheadDetails(name="Clinic", mails_receipts=True), by=ana)
    pay_back(invoice=overpaid, wished=the_way_it_came(overpaid), reason="Dear", by=rita, at=now)
    run_jobs(at=later)

    assert [each[0] for each in mailoutbox[-1].attachments] == [f"receipt-{overpaid.number}.pdf"]


def test_refunds_have_slips_and_people_get_both_on_the_portal(
    overpaid: Invoice,
    patient: Patient,
    pages: Callable[[User], Pages],
    api: Callable[[User], Api],
    rita: User,
    pia: User,
    bo: User,
    now: datetime,
) -> None:
    pay_back(invoice=overpaid, wished=the_way_it_came(overpaid), reason="Dear", by=rita, at=now)
    refund, payment = Refund.objects.first(), Payment.objects.first()
    assert refund
    assert payment
    papers = (f"/my/bills/payments/{payment.pk}/receipt/", f"/my/bills/refunds/{refund.pk}/slip/")
    assert [pages(pia).get(path).status_code for path in papers] == [404, 404]
    assert pages(bo).get(f"/invoices/payments/{payment.pk}/receipt/").status_code == 403

    type(patient.client).objects.filter(pk=patient.client_id).update(user_id=pia.pk)

    bill = pages(pia).get(f"/my/bills/{overpaid.pk}/").content.decode()
    assert [path in bill for path in papers] == [True, True]
    assert [pages(pia).get(path).content[:5] for path in papers] == [b"%PDF-", b"%PDF-"]
    assert "Refund" in pages(rita).get(f"/invoices/refunds/{refund.pk}/slip/").content.decode()
    assert pages(rita).get(f"/invoices/refunds/{refund.pk}/slip/pdf/").content[:5] == b"%PDF-"
    desk = api(rita)
    assert desk.get(f"/api/billing/payments/{payment.pk}/receipt/").content[:5] == b"%PDF-"
    assert desk.get(f"/api/billing/refunds/{refund.pk}/slip/").content[:5] == b"%PDF-"
    assert desk.post(f"/api/billing/payments/{payment.pk}/receipt/mails/").status_code == 204
