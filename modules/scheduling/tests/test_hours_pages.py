"""Hours, time off and reasons, on their pages and without JavaScript."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from identity.models import User
from modules.scheduling.models import (
    Appointment,
    Block,
    DayHours,
    Equipment,
    Location,
    Practitioner,
    Room,
    WorkingHours,
)
from tenancy import TenantRef, use

MONDAY = date(2031, 3, 10)


def test_the_owner_plans_another_week_and_a_day_off(pages: Any, ana: User, clinic: TenantRef) -> None:
    with use(clinic):
        bo = Practitioner.objects.get(name="Bo")
    owner, here = pages(ana), f"/settings/calendar/practitioners/{bo.pk}"
    night = {"d0_0_from": "22:00", "d0_0_to": "06:00", "valid_from": MONDAY, "every_weeks": "2"}

    assert owner.post(f"{here}/hours/?new", night).status_code == 422
    assert owner.post(f"{here}/hours/?new", night | {"overnight": "on", "offered": "CONTACT"}).status_code == 302
    assert "every 2 weeks" in owner.get(f"{here}/hours/").content.decode()
    assert owner.post(f"{here}/days/", {"day": MONDAY + timedelta(days=1)}).status_code == 302
    with use(clinic):
        [planned] = WorkingHours.objects.filter(practitioner=bo, valid_from=MONDAY)
        assert (planned.starts, planned.ends, planned.every_weeks, planned.offered) == (time(22), time(6), 2, "CONTACT")
        assert [day.starts for day in DayHours.objects.filter(practitioner=bo)] == [None]
        for hour in (5, 6):
            WorkingHours.objects.create(
                practitioner=bo, location=planned.location, weekday=0, starts=time(hour), ends=time(hour, 30)
            )
    assert 'name="d0_3_to"' in owner.get(f"{here}/hours/").content.decode()  # none is lost when it is saved
    owner.post(f"{here}/days/usual/", {"day": MONDAY + timedelta(days=1)})
    with use(clinic):
        assert not DayHours.objects.exists()


def test_a_practitioner_blocks_time_changes_it_and_calls_it_off(
    pages: Any, bo: User, bea: User, clinic: TenantRef, soon: datetime
) -> None:
    own = pages(bo)
    wrong = own.post("/time-off/", {"kind": "LEAVE", "first_day": soon.date(), "starts": "09:00", "note": "dentist"})
    assert (wrong.status_code, "dentist" in wrong.content.decode()) == (422, True)
    made = own.post("/time-off/", {"kind": "BREAK", "first_day": soon.date(), "starts": "12:00", "ends": "12:30",
                                   "rule": "FREQ=WEEKLY", "until": soon.date() + timedelta(days=14)})  # fmt: skip
    address = made["Location"]
    with use(clinic):
        assert Block.objects.get().runs_until == soon.date() + timedelta(days=14)
    changed = own.post(address, {"first_day": soon.date(), "starts": "12:00", "ends": "13:00", "rule": ""})

    assert (made.status_code, changed.status_code) == (302, 302)
    assert pages(bea).get(address).status_code == 404
    own.post(f"{address}cancellation/", {"reason": "not needed"})
    with use(clinic):
        kept = Block.objects.get()
    assert (kept.ends, kept.rule, kept.end_reason) == (time(13), "", "not needed")


def test_the_owner_closes_the_house_over_a_visit_and_is_led_to_it(
    pages: Any, ana: User, clinic: TenantRef, booked_soon: Any, soon: datetime
) -> None:
    with use(clinic):
        location = Location.objects.get()
    made = pages(ana).post(
        "/time-off/", {"target": f"location:{location.pk}", "kind": "LEAVE", "first_day": soon.date()}
    )
    page = pages(ana).get(made["Location"]).content.decode()

    assert f"/appointments/{booked_soon.pk}/time/" in page
    why = pages(ana).get("/appointments/why/", {"day": soon.date(), "time": "10:00"}).content.decode()
    assert "It is closed on" in why
    assert pages(ana).get("/appointments/why/", {"day": "x", "time": "10:00"}).status_code == 422


def test_a_device_and_a_room_of_a_type_are_set_on_their_pages(pages: Any, ana: User, clinic: TenantRef) -> None:
    owner = pages(ana)
    owner.post("/settings/calendar/equipment/new/", {"name": "Laser 1", "capacity": "1", "kind_name": "Laser"})
    owner.post("/settings/calendar/rooms/new/", {"name": "Quiet room", "capacity": "1", "type_name": "Quiet"})

    with use(clinic):
        assert Equipment.objects.get().kind.name == "Laser"
        assert Room.objects.get(name="Quiet room").room_type.name == "Quiet"
    assert "Laser 1" in owner.get("/settings/calendar/").content.decode()


def test_a_new_zone_says_how_many_visits_are_at_another_hour_then(
    pages: Any, ana: User, booked_soon: Appointment, clinic: TenantRef
) -> None:
    with use(clinic):
        location = Location.objects.get()
    form = {"name": location.name, "time_zone": "America/New_York", "change_notice_hours": 2}
    address, browser = "/settings/calendar/location/", pages(ana)

    warned = browser.post(address, form)
    with use(clinic):
        kept = Location.objects.get().time_zone
    saved = browser.post(address, form | {"another_hour": "on"})

    assert (warned.status_code, kept, saved.status_code) == (422, location.time_zone, 302)
    assert "1 visit to come would be at another hour on the wall" in warned.content.decode()
    assert 'name="another_hour"' in warned.content.decode()
    with use(clinic):
        assert Location.objects.get().time_zone == "America/New_York"
        assert Appointment.objects.get().starts_at == booked_soon.starts_at
