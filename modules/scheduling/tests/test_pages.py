"""The calendar's pages, without JavaScript: what the desk, practitioners and patients do there."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from identity.models import User
from modules.crm.models import Note, Patient
from modules.crm.services import claim_records
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Location, Override, Practitioner, Room, Service, WorkingHours
from modules.scheduling.services import Wish, book_appointment
from modules.scheduling.services.practice import hours
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use


@pytest.fixture
def paul(clinic: TenantRef, rita: User) -> Patient:
    with use(clinic):
        return register("Paul", by=rita, at=timezone.now(), email="paul@mail.example")


@pytest.fixture
def service(clinic: TenantRef) -> Service:
    with use(clinic):
        return Service.objects.get(name="Follow-up")


LONDON = ZoneInfo("Europe/London")


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def first_slot(page: Any) -> str:
    """Return the value of the first free time on a page."""
    _, _, rest = page.content.decode().partition('name="slot" value="')
    return rest.partition('"')[0]


def only_appointment(tenant: TenantRef) -> Appointment:
    with use(tenant):
        return Appointment.objects.for_display().get()


@pytest.fixture
def booked(pages: Any, rita: User, paul: Patient, service: Service, clinic: TenantRef, soon: datetime) -> Appointment:
    with use(clinic):
        bo = Practitioner.objects.get(name="Bo")
    desk = pages(rita)
    query = {"service": service.pk, "practitioner": bo.pk, "patient": paul.pk, "from": soon.date()}
    form = {"service": service.pk, "patient": paul.pk, "slot": first_slot(desk.get("/appointments/new/", query))}
    assert desk.post("/appointments/new/", form).status_code == 302
    return only_appointment(clinic)


def test_the_desk_books_a_free_time_from_the_page(booked: Appointment, paul: Patient) -> None:
    assert (booked.patient, booked.status, booked.source) == (paul, Status.SCHEDULED, "desk")
    assert booked.room is not None


def test_a_time_that_was_just_taken_is_told_and_what_was_filled_in_is_kept(
    booked: Appointment, pages: Any, rita: User, service: Service, clinic: TenantRef
) -> None:
    with use(clinic):
        petra = register("Petra", by=rita, at=timezone.now())
    slot = f"{booked.starts_at.isoformat()}|{booked.practitioner_id}|"
    form = {"service": service.pk, "patient": petra.pk, "slot": slot, "remark": "left knee"}

    answer = pages(rita).post("/appointments/new/", form)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert re.search(r"Bo is booked from \d\d:\d\d to \d\d:\d\d. Nothing has been booked.", text)
    assert "Petra Test" in text
    assert "left knee" in text

    assert "Book it all the same, because" in text
    assert pages(rita).post("/appointments/new/", form | {"override": "acute pain"}).status_code == 302
    with use(clinic):
        assert Override.objects.get().reason == "acute pain"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Choose a service."),
        ({"service": "x"}, "Choose a service."),
        ({"patient": ""}, "Say whom the visit is for."),
        ({"slot": "yesterday"}, "Choose a time."),
        ({"slot": "2031-13-45T99:00"}, "Choose a time."),
    ],
)
def test_a_booking_that_is_not_complete_says_what_is_missing(
    form: dict[str, str], sentence: str, pages: Any, rita: User, service: Service, paul: Patient
) -> None:
    complete = {"service": str(service.pk), "patient": str(paul.pk), "slot": "2031-03-03T10:00:00+00:00||"}

    answer = pages(rita).post("/appointments/new/", (complete | form) if form else {})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_cancellation_says_what_was_agreed_and_is_taken_back(
    booked: Appointment, pages: Any, rita: User, clinic: TenantRef
) -> None:
    desk, address = pages(rita), f"/appointments/{booked.pk}/"
    form = {"side": "PATIENT", "reason": "ill", "fee": "25.00"}

    refused = desk.post(f"{address}cancellation/", form | {"fee": "much"})
    assert (refused.status_code, only_appointment(clinic).status) == (422, Status.SCHEDULED)
    assert desk.post(f"{address}cancellation/", form).status_code == 302
    assert "£25.00" in text_of(desk.get(address))
    assert desk.post(f"{address}status/", {"status": "SCHEDULED"}).status_code == 302
    assert only_appointment(clinic).status == Status.SCHEDULED


def test_checking_out_proposes_the_same_time_weeks_later(booked: Appointment, pages: Any, rita: User) -> None:
    text = text_of(pages(rita).get(f"/appointments/{booked.pk}/check-out/?weeks=2"))

    later = booked.starts_at.astimezone(LONDON) + timedelta(weeks=2)
    assert f"start_day={later:%Y-%m-%d}&amp;start={later:%H:%M}&amp;with={booked.practitioner_id}" in text
    assert "Already booked" not in text  # whoever leaves early has this one behind them


def test_the_board_sorts_the_day_and_its_buttons_take_a_visit_on(
    pages: Any, rita: User, paul: Patient, service: Service, clinic: TenantRef
) -> None:
    with use(clinic):
        soon = timezone.now() + timedelta(minutes=1)
        visit = book_appointment(
            wish=Wish(
                service_id=service.pk,
                patient_id=paul.pk,
                practitioner_id=Practitioner.objects.get(name="Bo").pk,
                starts_at=soon,
                override="walks in",
            ),
            by=rita,
            at=timezone.now(),
        )
    desk = pages(rita)
    assert "Check in" in desk.get("/today/").content.decode()

    for status in ("CHECKED_IN", "IN_PROGRESS", "COMPLETED"):
        answer = desk.post(f"/appointments/{visit.pk}/status/", {"status": status, "back": "today"})
        assert answer["Location"] == "/today/"

    assert only_appointment(clinic).status == Status.COMPLETED


def test_the_board_refreshes_as_a_part_of_the_same_page(pages: Any, rita: User) -> None:
    part = pages(rita).get("/today/", **{"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert 'class="stats' in part


@pytest.mark.parametrize("view", ["day", "week"])
def test_the_calendar_shows_the_visit_in_its_practitioners_column(
    view: str, booked: Appointment, pages: Any, rita: User, bo: User, bea: User
) -> None:
    query = {"view": view, "day": booked.starts_at.date()}

    assert "Paul Test" in pages(rita).get("/calendar/", query).content.decode()
    assert "Paul Test" in pages(bo).get("/calendar/", query).content.decode()
    assert "Paul Test" not in pages(bea).get("/calendar/", query).content.decode()


def test_on_a_phone_the_day_is_told_in_its_order_whoever_the_visits_are_with(
    pages: Any, rita: User, paul: Patient, service: Service, clinic: TenantRef, soon: datetime
) -> None:
    with use(clinic):
        for name, hour in (("Bea", 16), ("Bo", 14), ("Bea", 10)):
            with_whom, starts_at = Practitioner.objects.get(name=name), soon.replace(hour=hour)
            wish = Wish(service_id=service.pk, patient_id=paul.pk, practitioner_id=with_whom.pk, starts_at=starts_at)
            book_appointment(wish=wish, by=rita, at=timezone.now())

    _, _, agenda = text_of(pages(rita).get("/calendar/", {"day": soon.date()})).partition('aria-label="Agenda"')

    times = [f"{soon.replace(hour=hour).astimezone(LONDON):%H:%M}</span>" for hour in (10, 14, 16)]
    assert [agenda.index(time) for time in times] == sorted(agenda.index(time) for time in times)


def test_a_week_shows_its_weekend_only_if_somebody_works_then(
    pages: Any, rita: User, clinic: TenantRef, soon: datetime
) -> None:
    desk, saturday = pages(rita), soon + timedelta(days=5)
    query = {"view": "week", "day": soon.date()}
    heading = f">{saturday:%a} {saturday.day}</a>"
    assert heading not in text_of(desk.get("/calendar/", query))

    with use(clinic):
        bo, location = Practitioner.objects.get(name="Bo"), Location.objects.get()
        hours.set_week(practitioner=bo, location=location, week=[(5, time(9), time(12))], by=rita, at=soon)

    assert heading in text_of(desk.get("/calendar/", query))


def test_nonsense_in_the_address_shows_today(pages: Any, rita: User) -> None:
    assert pages(rita).get("/calendar/", {"day": "2026-99-99", "view": "x"}).status_code == 200


def test_the_practitioner_goes_from_the_visit_to_the_note_and_back(
    booked: Appointment, pages: Any, bo: User, rita: User, clinic: TenantRef
) -> None:
    practitioner, visit = pages(bo), f"/appointments/{booked.pk}/"
    practitioner.post(f"{visit}status/", {"status": "CHECKED_IN"})

    editor = practitioner.post(f"{visit}note/")["Location"]
    assert practitioner.post(f"{visit}note/")["Location"] == editor  # one note per visit
    with use(clinic):
        written = {"seen": Note.objects.get().seen, "level": "ALL", "back": visit}
    back = practitioner.post(editor, written | {"subjective": "Stairs easier.", "plan": "Load.", "sign": "1"})

    assert (back["Location"], "Stairs easier." in practitioner.get(visit).content.decode()) == (visit, True)
    with use(clinic):
        assert Note.objects.get().is_signed
    assert practitioner.post(editor, written | {"subjective": "No."}).status_code == 409
    assert "Stairs easier." not in pages(rita).get(visit).content.decode()
    assert pages(rita).post(f"{visit}note/").status_code == 403


def test_a_colleagues_visit_does_not_exist(booked: Appointment, pages: Any, bea: User) -> None:
    assert pages(bea).get(f"/appointments/{booked.pk}/").status_code == 404


def test_the_desk_moves_and_cancels_a_visit(booked: Appointment, pages: Any, rita: User, clinic: TenantRef) -> None:
    desk, address = pages(rita), f"/appointments/{booked.pk}/"
    later = booked.starts_at + timedelta(days=1)
    slot = first_slot(desk.get(f"{address}time/", {"from": later.date()}))

    assert desk.post(f"{address}time/", {"slot": slot}).status_code == 302
    assert only_appointment(clinic).starts_at.date() == later.date()

    desk.post(f"{address}cancellation/", {"side": "PATIENT", "reason": "ill"})
    assert only_appointment(clinic).status == Status.CANCELLED


@pytest.fixture
def pias(booked: Appointment, pia: User, clinic: TenantRef) -> Appointment:
    """Paul's visit, his record claimed by Pia's account."""
    with use(clinic):
        claim_records(user=pia, verified_emails=["paul@mail.example"], at=timezone.now())
    return booked


def test_the_patient_sees_and_moves_the_visit_on_the_portal(
    pias: Appointment, pages: Any, pia: User, clinic: TenantRef
) -> None:
    portal, address = pages(pia), f"/my/visits/{pias.pk}/"
    assert "Follow-up" in portal.get("/my/").content.decode()
    later = pias.starts_at + timedelta(days=1)
    slot = first_slot(portal.get(f"{address}time/", {"from": later.date()}))

    assert portal.post(f"{address}time/", {"slot": slot}).status_code == 302

    assert only_appointment(clinic).starts_at.date() == later.date()
    assert portal.get(f"{address}visit.ics")["Content-Type"].startswith("text/calendar")


def test_choosing_a_time_is_a_task_whose_button_no_tabs_cover(
    pias: Appointment, pages: Any, pia: User, service: Service
) -> None:
    portal = pages(pia)

    assert 'class="tabbar"' in text_of(portal.get("/my/book/"))
    assert 'class="tabbar"' not in text_of(portal.get("/my/book/", {"service": service.pk}))


def test_the_patient_books_a_further_visit(
    pias: Appointment, pages: Any, pia: User, service: Service, clinic: TenantRef
) -> None:
    portal = pages(pia)
    query = {"service": service.pk, "from": (pias.starts_at + timedelta(days=2)).date()}
    slot = first_slot(portal.get("/my/book/", query))

    answer = portal.post("/my/book/", {"service": service.pk, "slot": slot})

    assert answer.status_code == 302
    with use(clinic):
        assert Appointment.objects.filter(source="portal").count() == 1


def test_another_patients_visit_does_not_exist_on_the_portal(booked: Appointment, pages: Any, pia: User) -> None:
    assert pages(pia).get(f"/my/visits/{booked.pk}/").status_code == 404


def test_the_owner_sets_hours_services_and_rooms(pages: Any, ana: User, clinic: TenantRef) -> None:
    with use(clinic):
        bo = Practitioner.objects.get(name="Bo")
    owner = pages(ana)

    owner.post(f"/settings/calendar/practitioners/{bo.pk}/hours/", {"d0_0_from": "08:00", "d0_0_to": "12:30"})
    owner.post("/settings/calendar/rooms/new/", {"name": "Pool", "capacity": "3"})
    answer = owner.post(
        "/settings/calendar/services/new/",
        {
            "name": "Aqua",
            "duration": "30",
            "buffer_before": "0",
            "buffer_after": "0",
            "price": "12.50",
            "tax_rate": "20",
            "offered": "ONLINE",
            "practitioners": [str(bo.pk)],
        },
    )

    assert answer.status_code == 302
    with use(clinic):
        assert [str(row.starts) for row in WorkingHours.objects.filter(practitioner=bo)] == ["08:00:00"]
        assert Room.objects.get(name="Pool").capacity == 3
        assert Service.objects.get(name="Aqua").price_minor == 1250


@pytest.mark.parametrize(
    ("price", "sentence"),
    [("12.505", "no more than 2 decimal places"), ("-1", "not negative"), ("x", "is not an amount")],
)
def test_a_price_that_makes_no_sense_is_refused_at_its_field(price: str, sentence: str, pages: Any, ana: User) -> None:
    answer = pages(ana).post("/settings/calendar/services/new/", {"name": "Aqua", "duration": "30", "price": price})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_hours_that_end_before_they_begin_are_refused(pages: Any, ana: User, clinic: TenantRef) -> None:
    with use(clinic):
        bo = Practitioner.objects.get(name="Bo")

    answer = pages(ana).post(
        f"/settings/calendar/practitioners/{bo.pk}/hours/", {"d0_0_from": "12:00", "d0_0_to": "08:00"}
    )

    assert answer.status_code == 422
    with use(clinic):
        assert WorkingHours.objects.filter(practitioner=bo).count() == 10


def test_what_is_no_longer_offered_cannot_be_booked(pages: Any, ana: User, service: Service, clinic: TenantRef) -> None:
    pages(ana).post(f"/settings/calendar/service/{service.pk}/end/")

    with use(clinic):
        assert not Service.objects.current().filter(pk=service.pk).exists()
