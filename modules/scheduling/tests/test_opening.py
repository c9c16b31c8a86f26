"""Time that opens otherwise than by a visit that goes is offered to the waiting list; what was free before is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from identity.models import User
from modules.scheduling.domain.states import Status
from modules.scheduling.models import (
    Appointment,
    Block,
    BlockKind,
    EntryState,
    FreedState,
    FreedTime,
    GroupSession,
    Offer,
    OfferState,
    Practitioner,
    Room,
    Service,
    WaitingEntry,
)
from modules.scheduling.services import CallOff, Wait, accept_offer, add_entry, cancel_group
from modules.scheduling.services.practice import hours
from modules.scheduling.services.practice.blocking import BlockWish, block_time, call_off, change_block
from modules.scheduling.services.waiting.filling import AFTER_UNDO
from modules.scheduling.tests.conftest import register

DAY = timedelta(days=1)


@pytest.fixture
def tomorrow(now: datetime) -> date:
    return (now + DAY).date()


@pytest.fixture
def waits(follow_up: Service, rita: User, now: datetime, bos_calendar: Practitioner) -> Callable[..., WaitingEntry]:
    """`waits("Quin")` puts a new patient on the list for a follow-up with Bo."""

    def wait(name: str, **wish: Any) -> WaitingEntry:
        known = {"patient_id": register(name, by=rita, at=now, email=f"{name.lower()}@home.example").pk}
        known |= {"service_id": follow_up.pk, "practitioner_ids": frozenset({bos_calendar.pk}), "first_day": now.date()}
        return add_entry(wait=Wait(**known | wish), by=rita, at=now)

    return wait


@pytest.fixture
def meanwhile(run_jobs: Callable[..., int], now: datetime) -> Callable[[], list[tuple[datetime, datetime]]]:
    """Do what follows; return the times that came free."""

    def run() -> list[tuple[datetime, datetime]]:
        with time_machine.travel(now, tick=False):
            run_jobs(at=now)
        return [(freed.starts_at, freed.ends_at) for freed in FreedTime.objects.order_by("period")]

    return run


def test_a_whole_morning_that_comes_free_is_filled_visit_by_visit(
    now: datetime, waits: Any, tomorrow: date, bos_calendar: Practitioner, room_1: Room, rita: User, run_jobs: Any
) -> None:
    """Bo was to be away, and is not; two who wait come one after the other, and nobody beside the other."""
    away = {"first_day": tomorrow, "last_day": tomorrow, "starts": time(10), "ends": time(12)}
    leave = Block.objects.create(kind="LEAVE", practitioner=bos_calendar, location=room_1.location, **away)
    for name in ("Quin", "Rosa"):
        waits(name)
    with time_machine.travel(now, tick=False):
        call_off(block=leave, reason="stays", by=rita, at=now)
        run_jobs(at=now)

    moment, visits = now, []
    for _each in (1, 2):
        moment += AFTER_UNDO
        with time_machine.travel(moment, tick=False):
            run_jobs(at=moment)
            visits.append(accept_offer(offer=Offer.objects.held().get(), by=None, at=moment))
            run_jobs(at=moment)

    assert [visit.patient.first_name for visit in visits] == ["Quin", "Rosa"]
    assert visits[0].ends_at <= visits[1].starts_at
    assert FreedTime.objects.get().state == FreedState.FILLED


def test_leave_that_is_shortened_frees_what_it_leaves_and_not_what_somebody_has(
    now: datetime, waits: Any, meanwhile: Any, tomorrow: date, bos_calendar: Practitioner, rita: User, book: Any
) -> None:
    waits("Quin")
    wish = {"kind": BlockKind.LEAVE, "practitioner_id": bos_calendar.pk, "first_day": tomorrow, "starts": time(9)}
    book(now + DAY + timedelta(hours=5))
    leave = block_time(wish=BlockWish(**wish, ends=time(17)), by=rita, at=now)

    change_block(block=leave, wish=BlockWish(**wish, ends=time(12)), by=rita, at=now)

    zone = leave.location.zone
    clocks = [f"{start.astimezone(zone):%H:%M}-{end.astimezone(zone):%H:%M}" for start, end in meanwhile()]
    assert clocks == ["12:00-13:00", "14:00-15:00", "15:45-17:40"]  # what begins before five; lunch is at one


def test_hours_that_are_added_are_offered_and_those_that_were_there_are_not(
    now: datetime, waits: Any, meanwhile: Any, tomorrow: date, bos_calendar: Practitioner, ana: User
) -> None:
    waits("Quin")
    location = bos_calendar.hours.all()[0].location
    whole = {"practitioner": bos_calendar, "location": location, "day": tomorrow, "by": ana, "at": now}
    hours.set_day(**whole, stretches=[(time(9), time(12))])
    FreedTime.objects.all().delete()
    nothing = meanwhile()
    FreedTime.objects.all().delete()

    hours.set_day(**whole, stretches=[(time(8), time(12)), (time(14), time(15))])

    zone = location.zone
    clocks = [(start.astimezone(zone).time(), end.astimezone(zone).time()) for start, end in meanwhile()]
    assert nothing == []
    assert [(start, start < end) for start, end in clocks] == [(time(8), True), (time(14), True)]
    assert clocks[0][1] < time(10)


def test_a_room_that_is_back_and_a_closure_that_is_not_count_where_they_were_in_the_way(
    now: datetime, waits: Any, meanwhile: Any, tomorrow: date, room_1: Room, rita: User, follow_up: Service
) -> None:
    waits("Quin")
    follow_up.rooms.set([room_1])
    day = {"first_day": tomorrow, "starts": time(10), "ends": time(11)}
    repairs = block_time(wish=BlockWish(kind=BlockKind.MAINTENANCE, room_id=room_1.pk, **day), by=rita, at=now)
    closed = block_time(wish=BlockWish(kind=BlockKind.CLOSURE, location_id=room_1.location_id, **day), by=rita, at=now)

    call_off(block=repairs, reason="", by=rita, at=now)
    still_closed = meanwhile()
    call_off(block=closed, reason="", by=rita, at=now)

    zone = room_1.location.zone
    assert still_closed == []
    ((start, end),) = meanwhile()
    assert start < datetime.combine(tomorrow, time(11), zone)
    assert end > datetime.combine(tomorrow, time(10), zone)


def test_a_group_called_off_frees_its_practitioner_and_nobody_waits_for_it(
    now: datetime,
    waits: Any,
    meanwhile: Any,
    patient: Any,
    room_1: Room,
    bos_calendar: Practitioner,
    follow_up: Service,
    rita: User,
) -> None:
    place = {"location": room_1.location, "service": follow_up, "practitioner": bos_calendar}
    place |= {
        "period": (now + DAY, now + DAY + timedelta(hours=1)),
        "occupies": (now + DAY, now + DAY + timedelta(hours=1)),
    }
    hour = place["period"]
    group = GroupSession.objects.create(**place, room=room_1, places=2)
    kept = Appointment.objects.create(**place, patient=patient, session=group, session_place=1, status=Status.OFFERED)
    entry = waits("Quin", session_id=group.pk)
    WaitingEntry.objects.filter(pk=entry.pk).update(state=EntryState.OFFERED)
    Offer.objects.create(
        entry=entry, patient=patient, appointment=kept, period=hour, digest="d", score=1, reasons=[],
        sent_at=now, expires_at=now + DAY,
    )  # fmt: skip
    waits("Rosa")
    group.refresh_from_db()

    cancel_group(session=group, cancellation=CallOff(), by=rita, at=now)

    assert hour in meanwhile()
    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert WaitingEntry.objects.get(pk=entry.pk).state == EntryState.WITHDRAWN
