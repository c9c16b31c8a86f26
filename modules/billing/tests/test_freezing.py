"""A package is frozen for some time: nothing is drawn from it, and its last day moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from identity.models import User
from kernel.errors import DomainError
from modules.billing.models import PackagePause, PackagePurchase
from modules.billing.services import (
    NotFreezable,
    NotFrozen,
    PackageInUse,
    PauseNotValid,
    freeze_package,
    resume_package,
)
from modules.billing.services.packages import drawing
from modules.billing.tests.conftest import Book
from modules.scheduling.domain.series import SeriesRefused
from modules.scheduling.models import Appointment, Practitioner
from modules.scheduling.public import PackageRefused
from modules.scheduling.services import Move, move_appointment
from modules.scheduling.services.series.package_courses import PackageCourseWish, schedule_package

DAY = timedelta(days=1)
LAST = date(2031, 6, 2)


@pytest.fixture
def freeze(ten: PackagePurchase, rita: User, now: datetime) -> Callable[..., PackagePause]:
    """`freeze(7)`: nothing is drawn from it from the tenth of March on."""

    def do(ahead: int, reason: str = "Travels") -> PackagePause:
        first = (now + ahead * DAY).date()
        return freeze_package(purchase=ten, first_day=first, reason=reason, by=rita, at=now)

    return do


@pytest.fixture
def resume(ten: PackagePurchase, rita: User, now: datetime) -> Callable[[int], PackagePause]:
    return lambda ahead: resume_package(purchase=ten, on=(now + ahead * DAY).date(), by=rita, at=now)


def last_day(purchase: PackagePurchase) -> date:
    return PackagePurchase.objects.values_list("expires_on", flat=True).get(pk=purchase.pk)


def test_nothing_is_drawn_within_the_pause_and_the_last_day_moves_by_it(
    book: Book, ten: PackagePurchase, freeze: Any, resume: Any, rita: User, now: datetime
) -> None:
    freeze(7)
    before = book(4)
    with pytest.raises(PackageRefused, match="frozen from Mon 10 Mar 2031 on"):
        book(7)
    with pytest.raises(PackageRefused, match="frozen"):
        move_appointment(appointment=before, to=Move(starts_at=now + 8 * DAY), by=rita, at=now)
    assert last_day(ten) == LAST

    resume(21)

    with pytest.raises(PackageRefused, match="frozen"):
        book(18)
    assert book(21).package_number == 2
    assert last_day(ten) == LAST + 14 * DAY
    assert book(91 + 14).package_number == 3
    with pytest.raises(PackageRefused, match="valid until Mon 16 Jun 2031"):
        book(91 + 15)


def test_a_pause_that_ends_on_its_first_day_was_none(ten: PackagePurchase, freeze: Any, resume: Any) -> None:
    freeze(7)
    resume(7)

    freeze(7)

    assert last_day(ten) == LAST


@pytest.mark.parametrize(
    ("ahead", "reason", "refused"),
    [
        (7, " ", PauseNotValid),
        (-1, "Travels", PauseNotValid),
        (92, "Travels", NotFreezable),
        (3, "Travels", PackageInUse),
    ],
    ids=["no reason", "before the sale", "when it is over", "while a visit is booked"],
)
def test_a_pause_makes_sense(book: Book, freeze: Any, ahead: int, reason: str, refused: type[DomainError]) -> None:
    book(4)

    with pytest.raises(refused):
        freeze(ahead, reason)


def test_it_is_frozen_once_at_a_time_and_goes_on_once(freeze: Any, resume: Any) -> None:
    freeze(7)
    with pytest.raises(NotFreezable, match="already"):
        freeze(30)
    with pytest.raises(PauseNotValid, match="Mon 10 Mar 2031"):
        resume(6)
    resume(14)

    with pytest.raises(NotFrozen):
        resume(14)
    with pytest.raises(NotFreezable, match="already"):
        freeze(10)


def test_what_is_frozen_is_not_offered_nor_scheduled(
    ten: PackagePurchase, freeze: Any, resume: Any, rita: User, bo: User, now: datetime
) -> None:
    wish = PackageCourseWish(
        package_id=ten.pk,
        first_day=now.date() + DAY,
        sessions=5,
        practitioner_ids=(Practitioner.objects.get(user_id=bo.pk).pk,),
    )
    freeze(1)
    assert drawing.of_patient(ten.patient_id, on=now.date() + DAY, seen_by=rita) == []
    with pytest.raises(SeriesRefused, match="frozen since"):
        schedule_package(wish=wish, by=rita, at=now)

    resume(14)
    schedule_package(wish=wish, by=rita, at=now)

    assert min(Appointment.objects.values_list("period", flat=True)).lower.date() == now.date() + 14 * DAY


def test_postgres_moves_the_last_day_and_nobody_else_does(
    ten: PackagePurchase, freeze: Any, resume: Any, now: datetime
) -> None:
    pause = freeze(7)
    rows = PackagePause.objects.filter(pk=pause.pk)
    attempts: list[Callable[[], Any]] = [
        lambda: PackagePurchase.objects.update(expires_on=LAST + DAY),
        lambda: rows.update(first_day=LAST),
        lambda: rows.update(reason="Something else"),
        lambda: rows.update(resumed_on=pause.first_day - DAY),
        rows.delete,
        lambda: PackagePause.objects.create(purchase=ten, first_day=LAST, reason="Again", begun_at=now),
    ]
    for attempt in attempts:
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
            attempt()
    resume(14)

    for attempt in (lambda: rows.update(resumed_on=LAST), lambda: rows.update(resumed_on=None)):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_the_page_freezes_and_lets_it_go_on(pages: Any, api: Any, ten: PackagePurchase, rita: User, bo: User) -> None:
    address, first = f"/packages/{ten.pk}/pause/", "2031-03-10"

    frozen = pages(rita).post(address, {"first_day": first, "reason": "Travels"})
    shown = pages(rita).get(f"/packages/{ten.pk}/").content.decode()
    resumed = pages(rita).post(address, {"on": "2031-03-24"})

    assert (frozen.status_code, resumed.status_code, pages(bo).get(address).status_code) == (302, 302, 403)
    assert "Travels" in shown
    out = api(rita).get(f"/api/billing/purchases/{ten.pk}/").json()
    assert out["pauses"] == [{"first_day": first, "resumed_on": "2031-03-24", "reason": "Travels"}]
    assert out["expires_on"] == "2031-06-16"
    again = api(rita).post(f"/api/billing/purchases/{ten.pk}/resumptions/", {"on": "2031-03-24"})
    assert again.json()["code"] == "package-not-frozen"
