"""Whoever has sessions left of a package that expires is told in time, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from identity.models import User
from modules.billing.messages import compose_expiry
from modules.billing.models import PackagePurchase
from modules.billing.services import (
    PackageNotValid,
    RulesOfPackages,
    freeze_package,
    give_up_rest,
    issue_invoice,
    resume_package,
    set_rules_of_packages,
    warn_of_expiry,
)
from modules.billing.tests.conftest import Book
from notify.models import Message

DAY = timedelta(days=1)


def told() -> list[Message]:
    return list(Message.objects.filter(cause__startswith="billing.package_expires").order_by("due_at"))


def test_they_are_told_a_fortnight_before_and_once(
    ten: PackagePurchase, mailoutbox: Any, run_jobs: Any, now: datetime
) -> None:
    warn_of_expiry(at=now + 76 * DAY)
    assert told() == []

    for day in (77, 78, 90):
        warn_of_expiry(at=now + day * DAY)
    run_jobs(at=now + 90 * DAY)

    (mail,) = [each for each in mailoutbox if "sessions are left" in each.subject]
    assert mail.to == ["b@mail.example"]
    assert mail.subject == "Ten and one: sessions are left until 2 Jun"
    assert "11 sessions of Ten and one are left (Patient B). The last day for them is Mon 2 Jun 2031." in mail.body


def test_nobody_is_written_to_at_night(ten: PackagePurchase, now: datetime) -> None:
    warn_of_expiry(at=now + 80 * DAY - timedelta(hours=9))

    assert [message.due_at for message in told()] == [now + 80 * DAY - timedelta(hours=2)]


@pytest.mark.parametrize(("days", "count"), [(0, 0), (30, 1)], ids=["never", "a month before"])
def test_the_practice_says_when(ten: PackagePurchase, ana: User, now: datetime, days: int, count: int) -> None:
    set_rules_of_packages(rules=RulesOfPackages(notice_days=days), by=ana)

    warn_of_expiry(at=now + 61 * DAY)

    assert len(told()) == count
    with pytest.raises(PackageNotValid):
        set_rules_of_packages(rules=RulesOfPackages(notice_days=366), by=ana)


def test_what_is_frozen_or_given_up_or_over_is_not_written_about(
    ten: PackagePurchase, rita: User, now: datetime
) -> None:
    first = (now + 70 * DAY).date()
    freeze_package(purchase=ten, first_day=first, reason="Away", by=rita, at=now)
    warn_of_expiry(at=now + 80 * DAY)
    assert told() == []
    resume_package(purchase=ten, on=first + 7 * DAY, by=rita, at=now)
    issue_invoice(invoice=ten.line.invoice, by=rita, at=now)

    warn_of_expiry(at=now + 99 * DAY)
    give_up_rest(purchase=ten, reason="Moves away", by=rita, at=now)
    warn_of_expiry(at=now + 91 * DAY)

    assert told() == []


def test_what_changes_before_the_mail_goes_out_is_heeded(
    ten: PackagePurchase, book: Book, rita: User, now: datetime
) -> None:
    warn_of_expiry(at=now + 80 * DAY)
    about = told()[0].about
    assert compose_expiry(**about) is not None

    freeze_package(purchase=ten, first_day=(now + 81 * DAY).date(), reason="Away", by=rita, at=now)
    assert compose_expiry(**about) is None
    resume_package(purchase=ten, on=(now + 85 * DAY).date(), by=rita, at=now)
    assert compose_expiry(**about) is None  # it is valid for longer

    warn_of_expiry(at=now + 86 * DAY)
    assert len(told()) == 2


def test_who_has_used_it_up_is_left_alone(ten: PackagePurchase, book: Book, now: datetime) -> None:
    for day in (1, 2, 3, 4, 7, 8, 9, 10, 11, 14):
        book(day)
    book(15, service="Sports massage")

    warn_of_expiry(at=now + 80 * DAY)

    assert told() == []
