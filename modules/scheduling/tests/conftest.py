"""What the calendar's tests start from."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from identity.models import User
from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.scheduling.models import Appointment, Practitioner, Room, Service
from modules.scheduling.services import Wish, book_appointment
from modules.scheduling.tests.online_pages import text_of
from tenancy import TenantRef, use


def register(name: str, *, by: Any, at: datetime, email: str = "") -> Patient:
    return register_patient(
        patient=PatientDetails(first_name=name, last_name="Test"),
        contact=ContactDetails(first_name=name, last_name="Test", email=email),
        by=by,
        at=at,
    )


@pytest.fixture
def follow_up(in_clinic: TenantRef) -> Service:
    return Service.objects.get(name="Follow-up")


@pytest.fixture
def bos_calendar(in_clinic: TenantRef, bo: User) -> Practitioner:
    return Practitioner.objects.get(user_id=bo.pk)


@pytest.fixture
def beas_calendar(in_clinic: TenantRef, bea: User) -> Practitioner:
    return Practitioner.objects.get(user_id=bea.pk)


@pytest.fixture
def room_1(in_clinic: TenantRef) -> Room:
    return Room.objects.get(name="Room 1")


@pytest.fixture
def patient(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    return register("Paul", by=rita, at=now)


@pytest.fixture
def book(
    in_clinic: TenantRef, follow_up: Service, patient: Patient, bos_calendar: Practitioner, rita: User, now: datetime
) -> Any:
    """`book(starts_at)` books Paul's follow-up with Bo, as Rita, unless told otherwise."""

    def book_one(starts_at: datetime, *, by: User = rita, at: datetime = now, **wish: Any) -> Appointment:
        wished = {"service_id": follow_up.pk, "patient_id": patient.pk, "practitioner_id": bos_calendar.pk} | wish
        return book_appointment(wish=Wish(starts_at=starts_at, **wished), by=by, at=at)

    return book_one


@pytest.fixture
def booked_soon(clinic: TenantRef, rita: User, bo: User, soon: datetime) -> Appointment:
    """A follow-up of Paul's with Bo, at a time that can really be booked today."""
    with use(clinic):
        wish = Wish(
            service_id=Service.objects.get(name="Follow-up").pk,
            patient_id=register("Paul", by=rita, at=soon).pk,
            practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
            starts_at=soon,
        )
        return book_appointment(wish=wish, by=rita, at=soon)


@pytest.fixture
def offered(clinic: TenantRef) -> Service:
    with use(clinic):
        return Service.objects.get(name="Follow-up")


@pytest.fixture
def slot(pages: Any, offered: Service, soon: datetime) -> str:
    """The first time that the page offers on the day of `soon`."""
    page = text_of(pages().get("/book/time/", {"service": offered.pk, "from": soon.date()}))
    return re.findall(r'name="slot" value="([^"]+)"', page)[0]
