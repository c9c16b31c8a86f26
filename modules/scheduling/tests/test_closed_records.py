"""Whoever does not come any more is greyed and found, is booked nowhere, and nothing of theirs is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from kernel.errors import Conflict, DomainError, Invalid
from modules.crm.models import Patient
from modules.crm.public import Newcomer, find_or_register
from modules.crm.services import CannotEnd, NotEnded, end_patient, take_up_again
from modules.scheduling.models import Appointment, Practitioner, Service, WaitingEntry
from modules.scheduling.services import (
    CallOff,
    CannotBook,
    GroupWish,
    Wait,
    Wish,
    add_entry,
    book_appointment,
    cancel_appointment,
    create_group,
    join_group,
)
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

DAY = timedelta(days=1)


@pytest.fixture
def ended(patient: Patient, rita: User, now: datetime) -> Patient:
    return end_patient(patient=patient, by=rita, at=now)


def test_a_closed_record_is_booked_nowhere_and_can_be_opened_again(
    ended: Patient, book: Any, bos_calendar: Practitioner, follow_up: Service, rita: User, now: datetime
) -> None:
    course = Service.objects.create(name="Back class", duration=60, currency="GBP", places=2)
    course.practitioners.add(bos_calendar)
    wish = GroupWish(service_id=course.pk, practitioner_id=bos_calendar.pk, starts_at=now + DAY)
    group = create_group(wish=wish, by=rita, at=now)
    wait = Wait(patient_id=ended.pk, service_id=follow_up.pk, first_day=now.date())

    with pytest.raises(CannotBook):
        book(now + DAY)
    with pytest.raises(Invalid):
        join_group(session=group, patient_id=ended.pk, by=rita, at=now)
    with pytest.raises(Invalid):
        add_entry(wait=wait, by=rita, at=now)

    take_up_again(patient=ended, by=rita)
    assert book(now + 2 * DAY).patient_id == ended.pk


def test_nobody_is_closed_with_something_to_come(
    patient: Patient, book: Any, follow_up: Service, rita: User, now: datetime
) -> None:
    visit = book(now + DAY)
    wait = Wait(patient_id=patient.pk, service_id=follow_up.pk, first_day=now.date())
    add_entry(wait=wait, by=rita, at=now)

    with pytest.raises(CannotEnd) as refused:
        end_patient(patient=patient, by=rita, at=now)
    cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)
    WaitingEntry.objects.update(state="WITHDRAWN", ended_at=now)

    assert "A visit is still to come. Call it off first. They are on the waiting list." in str(refused.value)
    assert end_patient(patient=patient, by=rita, at=now).has_ended


def test_a_record_is_closed_once_and_opened_once(ended: Patient, rita: User, now: datetime) -> None:
    with pytest.raises(CannotEnd):
        end_patient(patient=ended, by=rita, at=now)
    take_up_again(patient=ended, by=rita)

    with pytest.raises(NotEnded):
        take_up_again(patient=ended, by=rita)


def test_who_was_closed_does_not_come_back_online_as_somebody_new(
    in_clinic: TenantRef, rita: User, now: datetime
) -> None:
    paul = end_patient(patient=register("Paul", by=rita, at=now, email="paul@mail.example"), by=rita, at=now)

    with pytest.raises(Conflict):
        find_or_register(newcomer=Newcomer(first_name="Paul", last_name="Test", email="paul@mail.example"))

    assert [each.pk for each in Patient.objects.filter(first_name="Paul")] == [paul.pk]


def test_a_closed_record_is_greyed_and_not_offered(ended: Patient, pages: Any, rita: User) -> None:
    desk = pages(rita)

    listed = desk.get("/patients/").content.decode()
    offered = desk.get("/patients/choices/?patient_search=Paul").content.decode()
    found = desk.get("/search/?q=Paul").content.decode()
    record = desk.get(f"/patients/{ended.pk}/").content.decode()

    assert '<tr class="is-ended">' in listed
    assert f'value="{ended.pk}" disabled' in offered
    assert "find is-ended" in found
    assert "Closed for booking since" in record


def test_pages_and_the_api_close_and_open(patient: Patient, pages: Any, api: Any, rita: User) -> None:
    address = f"/patients/{patient.pk}/ending/"
    seen = pages(rita).get(address).content.decode()
    closed = pages(rita).post(address)
    again = pages(rita).post(address)
    opened = pages(rita).post(f"{address}back/")
    by_api = api(rita).put(f"/api{address}").json()["is_active"]
    back = api(rita).client.delete(f"/api{address}").json()["is_active"]

    assert "Everything in the record stays" in seen
    assert (closed.status_code, again.status_code, opened.status_code) == (302, 409, 302)
    assert (by_api, back) == (False, True)


def test_a_closed_record_offers_neither_a_visit_nor_the_waiting_list(patient: Patient, pages: Any, rita: User) -> None:
    desk, address = pages(rita), f"/patients/{patient.pk}/"
    ways = (f"/appointments/new/?patient={patient.pk}", f"/waiting/new/?patient={patient.pk}")
    before = desk.get(address).content.decode()
    desk.post(f"{address}ending/")

    after = desk.get(address).content.decode()

    assert [way in before for way in ways] == [True, True]
    assert [way in after for way in ways] == [False, False]


@pytest.mark.usefixtures("own_database")
def test_a_booking_and_a_closing_at_one_moment_never_both_win() -> None:
    place = tenant_called("clinic")
    with use_platform():
        desk = User.objects.get(email="rita@clinic.example")
    with use(place):
        now = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0)
        starts_at = now + timedelta(days=14 - now.weekday())
        people = [register(name, by=desk, at=now) for name in ("Quin", "Rosa", "Sara")]
        service = Service.objects.get(name="Follow-up")

    def tried(do: Any) -> Any:
        def run() -> Any:
            with use(place):
                try:
                    return do()
                except DomainError as refused:
                    return refused

        return run

    def book(who: Patient, hours: int) -> Any:
        wish = Wish(service_id=service.pk, patient_id=who.pk, starts_at=starts_at + timedelta(hours=hours))
        return tried(lambda: book_appointment(wish=wish, by=desk, at=now))

    def end(who: Patient) -> Any:
        return tried(lambda: end_patient(patient=who, by=desk, at=now))

    all_at_once([call for place_, who in enumerate(people) for call in (book(who, place_), end(who))])

    with use(place):
        for who in people:
            has_ended = Patient.objects.get(pk=who.pk).has_ended
            assert has_ended is not Appointment.objects.filter(patient=who).exists()
