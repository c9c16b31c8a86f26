"""The statement of a client's account: it adds up, whatever happened, and is told to whom it is about alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings

from audit.models import AuditEntry
from identity.models import User
from kernel.money import Money
from modules.billing.domain.reports import Days
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, Payment
from modules.billing.selectors.statements import Account, statement_of
from modules.billing.services import WishedCredit, credit_invoice, paper_of, write_off
from modules.billing.tests.test_ledger_histories import act, steps, two
from modules.billing.tests.test_settling import billed
from modules.crm.models import Patient
from tests.doors import Api, Pages

__all__ = ["billed", "two"]  # fixtures

Pay = Callable[..., Payment]
Issue = Callable[[int], Invoice]
YEAR = Days(date(2031, 1, 1), date(2031, 12, 31))


def account(days: Days = YEAR) -> Account:
    (only,) = statement_of(Invoice.objects.filter(issued_at__isnull=False), days).accounts
    return only


def told(of: Account) -> list[tuple[str, int, int]]:
    return [(each.what, each.change.minor, each.balance.minor) for each in of.movements]


def test_a_statement_tells_what_was_charged_and_settled_and_what_is_open(
    billed: Issue, pay: Pay, rita: User, now: datetime
) -> None:
    first, second = billed(10000), billed(2000)
    pay(first, 6000, Method.CARD)
    line = first.lines.get()
    wished = [WishedCredit(line_id=line.pk, amount=Money(1000, "GBP"))]
    credit_invoice(invoice=first, wished=wished, reason="Too dear", by=rita, at=now)
    write_off(invoice=second, amount=Money(500, "GBP"), reason="Small", by=rita, at=now)

    found = account()

    assert told(found) == [
        ("Invoice", 10000, 10000),
        ("Invoice", 2000, 12000),
        ("Payment, Card", -6000, 6000),
        (f"Credit note for {first.number}", -1000, 5000),
        ("Not asked for any more", -500, 4500),
    ]
    assert (found.opening.minor, found.closing.minor) == (0, 4500)
    open_items = [(item.number, item.balance.minor, item.due_on, item.is_late) for item in found.open_items]
    due = now.date() + timedelta(days=14)
    assert open_items == [(first.number, 3000, due, True), (second.number, 1500, due, True)]


def test_what_was_before_is_the_opening_balance_and_what_comes_after_is_not_told(
    billed: Issue, pay: Pay, now: datetime
) -> None:
    pay(billed(10000), 4000)
    today, day = now.date(), timedelta(days=1)

    after, before = account(Days(today + day, today + day)), account(Days(today - day, today - day))

    assert (after.opening.minor, told(after), after.closing.minor) == (6000, [], 6000)
    assert [item.is_late for item in after.open_items] == [False]
    assert (before.opening.minor, told(before), before.closing.minor, before.open_items) == (0, [], 0, [])


@given(steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_opening_and_movements_are_closing_and_that_is_what_the_invoices_say(
    two: Callable[[], list[Invoice]], rita: User, now: datetime, happened: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        both = two()
        for number, (deed, which, minor) in enumerate(happened):
            one, other = (Invoice.objects.get(pk=both[index].pk) for index in (which, 1 - which))
            act(deed, one, other, minor, by=rita, at=now + timedelta(days=number))
        half = now.date() + timedelta(days=len(happened) // 2)

        whole, first, second = (
            account(days) for days in (YEAR, Days(YEAR.since, half), Days(half + timedelta(days=1), YEAR.until))
        )
        owed = {row.pk: row.balance_minor for row in Invoice.objects.filter(pk__in=[each.pk for each in both])}

        assert whole.opening.minor == 0
        assert sum(each.change.minor for each in whole.movements) == whole.closing.minor == sum(owed.values())
        assert {item.invoice_id: item.balance.minor for item in whole.open_items} == {
            pk: minor for pk, minor in owed.items() if minor
        }
        assert first.closing == second.opening == sum((i.balance for i in first.open_items), Money.zero("GBP"))
        assert [each.what for each in (*first.movements, *second.movements)] == [e.what for e in whole.movements]
        assert second.closing == whole.closing
        transaction.set_rollback(True)


def test_the_paper_is_a_pdf_and_the_same_each_time(billed: Issue, pay: Pay, patient: Patient) -> None:
    pay(billed(10000), 4000)

    one, other = (paper_of(invoices=Invoice.objects.all(), days=YEAR, to=patient.client) for _ in range(2))

    assert one.startswith(b"%PDF-")
    assert one == other


def test_the_desk_looks_at_it_opens_the_paper_and_sends_it(
    billed: Issue, pages: Callable[[User], Pages], rita: User, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    invoice = billed(10000)
    desk, path, days = pages(rita), f"/invoices/statements/{invoice.client_id}/", "?since=2031-01-01&until=2031-12-31"

    assert "£100.00" in desk.get(path + days).content.decode()
    assert desk.get(path + "pdf/" + days).content.startswith(b"%PDF-")
    assert desk.post(path + "mail/", {"since": "2031-01-01", "until": "2031-12-31"}).status_code == 302
    run_jobs()

    mail = next(mail for mail in mailoutbox if "statement" in mail.subject)
    assert (mail.to, mail.attachments[0][0]) == (["b@mail.example"], "statement-2031-01-01-2031-12-31.pdf")
    assert AuditEntry.objects.filter(action="billing.statement.sent").count() == 1
    assert path in desk.get(f"/patients/{invoice.patient_id}/").content.decode()


def test_days_that_are_none_are_said(billed: Issue, pages: Callable[[User], Pages], rita: User) -> None:
    path = f"/invoices/statements/{billed(100).client_id}/"

    assert pages(rita).get(f"{path}?since=2031-02-01&until=2031-01-01").status_code == 422
    assert pages(rita).post(path + "mail/", {"since": "2031-02-01", "until": "2031-01-01"}).status_code == 302
    assert not AuditEntry.objects.filter(action="billing.statement.sent").exists()


def test_practitioners_see_no_statement_and_strangers_not_that_there_is_one(
    billed: Issue, pages: Callable[[User], Pages], api: Callable[[User], Api], bo: User, rita: User
) -> None:
    invoice = billed(100)

    assert pages(bo).get(f"/invoices/statements/{invoice.client_id}/").status_code == 403
    assert api(bo).get(f"/api/billing/statements/{invoice.client_id}/").status_code == 403
    assert api(rita).get(f"/api/billing/statements/{invoice.pk}/").status_code == 404


def test_people_see_their_own_on_the_portal_and_nobody_elses(
    billed: Issue, patient: Patient, pages: Callable[[User], Pages], api: Callable[[User], Api], pia: User
) -> None:
    invoice = billed(4200)
    portal, days = pages(pia), "?since=2031-01-01&until=2031-12-31"
    assert "£42.00" not in portal.get("/my/statement/" + days).content.decode()
    assert portal.get("/my/statement/pdf/").status_code == 404
    assert api(pia).get(f"/api/billing/statements/{invoice.client_id}/").status_code == 404

    type(patient.client).objects.filter(pk=patient.client_id).update(user_id=pia.pk)

    assert "£42.00" in portal.get("/my/statement/" + days).content.decode()
    assert portal.get("/my/statement/pdf/" + days).content.startswith(b"%PDF-")
    assert api(pia).get(f"/api/billing/statements/{invoice.client_id}/").status_code == 200


def test_the_api_tells_the_same_and_sends_it(billed: Issue, pay: Pay, api: Callable[[User], Api], rita: User) -> None:
    invoice = billed(10000)
    pay(invoice, 4000)
    desk, path = api(rita), f"/api/billing/statements/{invoice.client_id}/"

    (found,) = desk.get(path + "?since=2031-01-01&until=2031-12-31").json()["accounts"]

    assert [found[name] for name in ("currency", "opening", "closing")] == ["GBP", "0.00", "60.00"]
    assert [(each["kind"], each["change"]) for each in found["movements"]] == [("ISSUED", "100.00"), ("PAID", "-40.00")]
    assert [each["balance"] for each in found["open"]] == ["60.00"]
    assert desk.get(path + "pdf/").content.startswith(b"%PDF-")
    assert desk.post(path + "mails/", {}).status_code == 204
    assert desk.get(path + "?since=2031-02-01&until=2031-01-01").status_code == 422


def test_a_longer_statement_asks_no_more_questions(billed: Issue, pay: Pay) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            account()
        return len(asked)

    pay(billed(1000), 100)
    one = questions()
    for _ in range(2):
        pay(billed(1000), 100)

    assert questions() == one
