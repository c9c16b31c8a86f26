"""Reminders of overdue invoices: on their days, once, and not to whoever has paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from modules.billing import tasks
from modules.billing.domain.reminding import next_reminder
from modules.billing.models import Invoice, Payment, Reminder
from modules.billing.services import RemindersNotValid, mark_overdue, remind, set_reminders
from tenancy import TenantRef
from tests.doors import Api, Pages

Pay = Callable[..., Payment]
DUE = date(2031, 3, 17)


def on(days: int) -> date:
    return DUE + timedelta(days=days)


@pytest.mark.parametrize(
    ("today", "sent", "number"),
    [
        (on(2), [], None),
        (on(3), [], 1),
        (on(3), [on(3)], None),
        (on(10), [on(3)], 2),
        (on(40), [], 1),  # turned on late: it begins with the first
        (on(41), [on(40)], None),
        (on(47), [on(40)], 2),  # and keeps the days between them
        (on(99), [on(3), on(10)], None),
    ],
)
def test_each_goes_out_on_its_day(today: date, sent: list[date], number: int | None) -> None:
    assert next_reminder([3, 10], due=DUE, sent=sent, today=today) == number


@given(
    steps=st.lists(st.integers(1, 365), unique=True, max_size=5).map(sorted),
    looked=st.lists(st.integers(0, 900), max_size=60).map(sorted),
)
def test_nobody_is_reminded_more_often_than_was_said(steps: list[int], looked: list[int]) -> None:
    sent: list[date] = []
    for days in looked:
        number = next_reminder(steps, due=DUE, sent=sent, today=on(days))
        if number is not None:
            assert number == len(sent) + 1
            assert days >= steps[number - 1]
            assert not sent or (on(days) - sent[-1]).days >= steps[number - 1] - steps[number - 2]
            sent.append(on(days))
    assert len(sent) <= len(steps)


@pytest.fixture
def overdue(issued: Invoice, ana: User, now: datetime) -> Callable[[int], datetime]:
    """`overdue(3)` is three days after the invoice was due; reminders go out after 3 and 10 days."""
    set_reminders(steps=[3, 10], by=ana)
    assert issued.due_date is not None
    due = now + (issued.due_date - now.date())
    mark_overdue(on=issued.due_date + timedelta(days=1))
    return lambda days: due + timedelta(days=days)


def test_whoever_is_late_is_reminded_once_each_time(
    overdue: Callable[[int], datetime], issued: Invoice, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    assert [remind(at=overdue(days)) for days in (2, 3, 3, 9, 10, 60)] == [0, 1, 0, 0, 1, 0]
    run_jobs(at=overdue(60))

    mails = [mail for mail in mailoutbox if mail.subject.startswith("Reminder")]
    assert [mail.subject for mail in mails] == [f"Reminder: £58.00 open on invoice {issued.number}"] * 2
    assert "This is reminder 2" in mails[1].body
    assert "/pay/" in mails[0].body
    assert AuditEntry.objects.filter(action="billing.invoice.reminded").count() == 2


def test_whoever_has_paid_is_left_alone(
    overdue: Callable[[int], datetime], issued: Invoice, pay: Pay, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    pay(issued, 5800)

    assert remind(at=overdue(3)) == 0
    assert not Reminder.objects.exists()


def test_a_mail_that_waits_is_not_sent_once_it_is_paid(
    overdue: Callable[[int], datetime], issued: Invoice, pay: Pay, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    assert remind(at=overdue(3)) == 1
    pay(issued, 5800)
    run_jobs(at=overdue(3))

    assert not [mail for mail in mailoutbox if mail.subject.startswith("Reminder")]


def test_nobody_is_reminded_where_no_days_are_set(issued: Invoice, now: datetime) -> None:
    mark_overdue(on=now.date() + timedelta(days=60))

    assert remind(at=now + timedelta(days=90)) == 0


@pytest.mark.parametrize("steps", [[0], [10, 3], [3, 3], [366], [1, 2, 3, 4, 5, 6]])
def test_days_that_make_no_sense_are_refused(in_clinic: object, ana: User, steps: list[int]) -> None:
    with pytest.raises(RemindersNotValid):
        set_reminders(steps=steps, by=ana)


@pytest.mark.parametrize(("hour", "reminded"), [(3, 0), (7, 0), (8, 1), (17, 1), (18, 0), (23, 0)])
def test_nobody_is_reminded_at_night(
    overdue: Callable[[int], datetime],
    clinic: TenantRef,
    monkeypatch: pytest.MonkeyPatch,
    hour: int,
    reminded: int,
) -> None:
    there = overdue(3).astimezone(ZoneInfo(clinic.time_zone)).replace(hour=hour)
    monkeypatch.setattr(timezone, "now", lambda: there.astimezone(UTC))

    tasks.remind.fn()

    assert Reminder.objects.count() == reminded


def test_a_reminder_stays_written(overdue: Callable[[int], datetime]) -> None:
    remind(at=overdue(3))

    with pytest.raises(DatabaseError), transaction.atomic():
        Reminder.objects.update(number=2)


def test_the_days_are_set_on_a_page_and_over_the_wire(
    in_clinic: object, pages: Callable[[User], Pages], api: Callable[[User], Api], ana: User, rita: User
) -> None:
    answer = pages(ana).post("/settings/billing/reminders/", {"step-0": "3", "step-1": "10"})
    assert answer.status_code == 302
    assert api(ana).get("/api/billing/reminder-rules/").json() == {"steps": [3, 10]}

    assert pages(ana).post("/settings/billing/reminders/", {"step-0": "10", "step-1": "3"}).status_code == 422
    assert api(ana).put("/api/billing/reminder-rules/", {"steps": [5]}).json() == {"steps": [5]}
    assert api(rita).put("/api/billing/reminder-rules/", {"steps": [5]}).status_code == 403


def test_what_went_out_is_listed(
    overdue: Callable[[int], datetime], issued: Invoice, api: Callable[[User], Api], rita: User
) -> None:
    remind(at=overdue(3))

    (item,) = api(rita).get(f"/api/billing/reminders/?invoice_id={issued.pk}").json()["items"]

    assert (item["number"], item["amount"]) == (1, "58.00")
