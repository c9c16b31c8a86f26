"""The bank's pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from identity.models import User
from modules.billing.domain.states import Method, Status
from modules.billing.models import BankLine, BankStatement, BankTable, Invoice, Payment
from modules.billing.services import issue_invoice, record_payment
from modules.billing.tests.bank import IBAN, Entry, camt
from modules.billing.tests.test_settling import pounds, stand

AT = "/invoices/bank/"
Pages = Callable[[User], Any]


@pytest.fixture
def billed(bill: Callable[[int], Invoice], rita: User, now: datetime) -> Callable[[int], Invoice]:
    return lambda minor: issue_invoice(invoice=bill(minor), by=rita, at=now - timedelta(days=3))


def sent(pages: Any, *entries: Entry) -> BankStatement:
    """Send a statement by the page, and return it."""
    answer = pages.post(AT, {"file": SimpleUploadedFile("march.xml", camt(*entries))})
    assert answer.status_code == 302, answer.content.decode()
    return BankStatement.objects.latest("at")


def act(pages: Any, line: BankLine, what: str, **data: str) -> str:
    """Do it, and return what the page says then."""
    answer = pages.post(f"{AT}lines/{line.pk}/{what}/", data)
    assert answer["Location"] == f"{AT}{line.statement_id}/#line-{line.pk}"
    return str(pages.get(answer["Location"]).content.decode())


def test_a_statement_is_sent_and_its_sure_lines_confirmed(
    billed: Callable[[int], Invoice], pages: Pages, ana: User
) -> None:
    invoice, desk = billed(5800), pages(ana)
    statement = sent(desk, Entry(amount="58.00", text=f"Invoice {invoice.number}"), Entry(amount="-5.00", text="Fees"))

    page = desk.get(f"{AT}{statement.pk}/").content.decode()
    assert f"Number {invoice.number} is in the text; the amount is the same" in page
    assert "Confirm all sure ones" in page
    desk.post(f"{AT}{statement.pk}/confirmations/")

    assert stand(invoice) == (Status.PAID, 0, 0)
    assert "1 open" in desk.get(AT).content.decode()
    assert desk.get(f"{AT}{statement.pk}/?show=MATCHED").content.decode().count('id="line-') == 1
    assert "Fees" in desk.get(f"{AT}{statement.pk}/?show=OPEN").content.decode()


def test_a_line_is_confirmed_undone_left_out_and_opened(
    billed: Callable[[int], Invoice], pages: Pages, ana: User
) -> None:
    invoice, desk = billed(5800), pages(ana)
    statement = sent(desk, Entry(amount="58.00", text=str(invoice.number)))
    line = statement.lines.get()

    assert "Confirmed." in act(desk, line, "confirmation", proposal=f"{invoice.pk.hex}:5800")
    assert "Somebody decided on this line" in act(desk, line, "confirmation", proposal=f"{invoice.pk.hex}:5800")
    assert "The line is open again." in act(desk, line, "reopening")
    assert "does not hold any more" in act(desk, line, "confirmation", proposal="nonsense")
    assert "Say why" in act(desk, line, "leaving-out", reason="")
    assert "Own transfer" in act(desk, line, "leaving-out", reason="Own transfer")
    assert Payment.objects.count() == 1


def test_an_invoice_that_was_paid_meanwhile_is_said_to_be(
    billed: Callable[[int], Invoice], pages: Pages, ana: User, rita: User, now: datetime
) -> None:
    invoice, desk = billed(5800), pages(ana)
    statement = sent(desk, Entry(amount="58.00", text=str(invoice.number)))
    record_payment(invoice=invoice, amount=pounds(5800), method=Method.CASH, by=rita, at=now)

    page = desk.get(f"{AT}{statement.pk}/").content.decode()

    assert f"{invoice.number} is named, and is paid by now." in page


def test_a_line_is_shared_out_by_hand(billed: Callable[[int], Invoice], pages: Pages, ana: User) -> None:
    first, second, desk = billed(5800), billed(4200), pages(ana)
    line = sent(desk, Entry(amount="103.00", text="thanks")).lines.get()
    at = f"{AT}lines/{line.pk}/"
    assert str(first.number) in desk.get(f"{at}?q=Patient").content.decode()
    assert "Nothing is owed by this number or name." in desk.get(f"{at}?q=Nobody").content.decode()
    shares = {f"share-{first.pk}": "58.00", f"share-{second.pk}": "42.00"}

    less = desk.post(f"{at}?invoice={first.pk}", shares)
    assert (less.status_code, "Share out the rest" in less.content.decode()) == (422, True)
    assert desk.post(f"{at}?invoice={first.pk}", {"keep_rest": "on"}).status_code == 422
    done = desk.post(f"{at}?invoice={first.pk}", shares | {"keep_rest": "on"})

    assert done.status_code == 302
    assert (stand(first)[0], stand(second)) == (Status.PAID, (Status.PAID, 0, 300))


def test_the_columns_of_a_table_are_said_looked_at_and_kept(in_clinic: object, pages: Pages, ana: User) -> None:
    desk = pages(ana)
    content = b"Day;Wer;Amount\n31.12.2030;Zo\xeb Roe;1.058,00\n"
    answer = desk.post(AT, {"file": SimpleUploadedFile("x.csv", content)})
    at, table = answer["Location"], BankTable.objects.get()
    assert "£1,058.00" in desk.get(at).content.decode()
    said = {"column_0": "date", "column_1": "name", "column_2": "amount", "account": IBAN}

    looked = desk.post(at, said | {"look": "1"})
    assert "Zoë Roe" in looked.content.decode()
    assert "no IBAN" in desk.post(at, said | {"keep": "1", "account": "GB00 1234 5678 9012"}).content.decode()
    assert not BankStatement.objects.exists()
    kept = desk.post(at, said | {"keep": "1"})

    assert kept["Location"] == f"{AT}{BankStatement.objects.get().pk}/"
    assert not BankTable.objects.filter(pk=table.pk).exists()


def test_a_bad_file_is_refused_beside_the_field(in_clinic: object, pages: Pages, ana: User) -> None:
    desk = pages(ana)

    answer = desk.post(AT, {"file": SimpleUploadedFile("x.xml", b"<html><body>Sign in</body></html>")})
    same = camt(Entry(amount="1.00"))
    desk.post(AT, {"file": SimpleUploadedFile("x.xml", same)})
    again = desk.post(AT, {"file": SimpleUploadedFile("x.xml", same)})

    assert (answer.status_code, "no statement of an account" in answer.content.decode()) == (422, True)
    assert (again.status_code, "was sent before" in again.content.decode()) == (409, True)
    assert BankStatement.objects.count() == 1


def test_a_table_is_thrown_away(in_clinic: object, pages: Pages, ana: User) -> None:
    desk = pages(ana)
    desk.post(AT, {"file": SimpleUploadedFile("x.csv", b"Date,Amount\n2031-03-03,5.00\n")})

    desk.post(f"{AT}tables/{BankTable.objects.get().pk}/discard/")

    assert not BankTable.objects.exists()


def test_the_desk_does_not_see_the_account(in_clinic: object, pages: Pages, rita: User) -> None:
    assert pages(rita).get(AT).status_code == 403
