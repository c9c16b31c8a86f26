"""What is left of a package goes into the calendar in one go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from identity.models import User
from kernel.money import Money
from modules.billing.models import PackagePurchase
from modules.billing.services import PackageDetails, add_package, sell_package
from modules.crm.models import Patient
from modules.scheduling.models import Appointment, Service
from tenancy import TenantRef, use


def _sold(patient: Patient, service: Service, *, valid_days: int, by: User, at: datetime) -> PackagePurchase:
    contents = {service.pk: 5}
    details = PackageDetails(name="Five", price=Money(25000, "GBP"), contents=contents, valid_days=valid_days)
    return sell_package(package=add_package(details=details, by=by), patient_id=patient.pk, by=by, at=at)


def test_the_rest_of_a_package_is_booked_a_day_apart_until_its_last_day_and_the_others_say_why(
    api: Any, clinic: TenantRef, booked_soon: Appointment, rita: User, soon: datetime
) -> None:
    with use(clinic):
        five = _sold(booked_soon.patient, booked_soon.service, valid_days=3, by=rita, at=soon - timedelta(days=1))
    door, address = api(rita), f"/api/scheduling/packages/{five.pk}/"
    wish = {"first_day": str(soon.date()), "days_apart": 1, "notify_client": False}

    assert len(door.post(address + "plan/", wish).json()["visits"]) == 3
    answer = door.post(address + "schedule/", wish)

    assert answer.status_code == 201, answer.content
    visits = answer.json()["series"]["visits"]
    assert [(each["package_session"], each["package_total"]) for each in visits] == [(1, 5), (2, 5), (3, 5)]
    assert [each["start_time"][:10] for each in visits] == [str(soon.date() + timedelta(days=day)) for day in range(3)]
    assert [(each["number"], each["code"]) for each in answer.json()["unplaced"]] == [
        (4, "no-days-left"),
        (5, "no-days-left"),
    ]
    progress = door.get(address + "progress/").json()
    assert (progress["done"], progress["booked"], progress["left"]) == (0, 3, 2)
    assert [session["appointment"]["id"] for session in progress["sessions"][:3]] == [each["id"] for each in visits]
