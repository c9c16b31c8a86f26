"""Many at the same package at once: real threads, real commits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from identity.models import User
from kernel.errors import DomainError
from kernel.money import Money
from modules.billing.models import PackagePurchase
from modules.billing.services import PackageDetails, add_package, sell_package
from modules.billing.tests.test_concurrency import desk, place, somebody
from modules.crm.models import Patient
from modules.scheduling.models import Appointment, Service
from modules.scheduling.services.series.package_courses import PackageCourseWish, schedule_package
from tenancy import TenantRef, use
from tests.together import all_at_once

__all__ = ["desk", "place", "somebody"]  # fixtures

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def five(place: TenantRef, desk: User, somebody: Patient, now: datetime) -> PackagePurchase:
    with use(place), transaction.atomic():
        contents = {Service.objects.get(name="Follow-up").pk: 5}
        details = PackageDetails(name="Five", price=Money(25000, "GBP"), contents=contents)
        return sell_package(package=add_package(details=details, by=desk), patient_id=somebody.pk, by=desk, at=now)


def test_of_six_who_schedule_the_same_package_at_once_each_session_is_booked_once(
    place: TenantRef, desk: User, five: PackagePurchase, now: datetime
) -> None:
    def schedule(first: int) -> int | str:
        wish = PackageCourseWish(package_id=five.pk, first_day=(now + timedelta(days=first)).date(), sessions=3)
        try:
            with use(place), transaction.atomic():
                done = schedule_package(wish=wish, by=desk, at=now)
                return done.series.appointments.count() if done.series else 0
        except DomainError as error:
            return error.code

    answers = all_at_once([lambda each=each: schedule(each) for each in (1, 1, 2, 8, 15, 22)])

    assert sorted(each for each in answers if isinstance(each, int)) == [2, 3]
    assert {each for each in answers if isinstance(each, str)} == {"series-refused"}
    with use(place):
        visits = Appointment.objects.filter(package_id=five.pk)
        assert sorted(visits.values_list("package_number", flat=True)) == [1, 2, 3, 4, 5]
        assert len({visit.starts_at.date() for visit in visits}) == 5
