"""A time comes free, and fills itself from the waiting list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from identity.models import User
from kernel.periods import Period
from modules.crm.models import Patient
from modules.scheduling.domain.states import Status
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import (
    Appointment,
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
from modules.scheduling.services import (
    BusyThen,
    CallOff,
    OfferIsOver,
    StatusNotAllowed,
    Wait,
    accept_offer,
    add_entry,
    cancel_appointment,
    decline_offer,
    prioritise_entry,
    set_status,
    withdraw_entry,
)
from modules.scheduling.services.waiting.filling import AFTER_UNDO, Left, fill, note_freed
from modules.scheduling.tests.conftest import register
from tests.postman import Mailbox

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)
Waits = Callable[..., WaitingEntry]


@pytest.fixture
def waits(follow_up: Service, rita: User, now: datetime) -> Waits:
    """`waits("Quin")` puts a new patient on the list for a follow-up, as Rita, unless told otherwise."""

    def wait(name: str, *, at: datetime = now, **wish: Any) -> WaitingEntry:
        if "appointment_id" not in wish:
            email = f"{name.lower()}@home.example"
            wish = {"patient_id": register(name, by=rita, at=now, email=email).pk, "service_id": follow_up.pk} | wish
        return add_entry(wait=Wait(**({"first_day": now.date()} | wish)), by=rita, at=at)

    return wait


@pytest.fixture
def let_go(rita: User, run_jobs: Callable[..., int], now: datetime) -> Callable[[Appointment], None]:
    """Cancel a visit, and do what follows once that can no longer be undone."""

    def cancel(visit: Appointment) -> None:
        with time_machine.travel(now, tick=False):
            cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)
            run_jobs(at=now)
        with time_machine.travel(now + AFTER_UNDO, tick=False):
            run_jobs(at=now + AFTER_UNDO)

    return cancel


def offered_to(offer: Offer) -> str:
    return offer.patient.first_name


def test_a_cancelled_time_is_offered_to_the_best_match_by_itself(
    book: Any, now: datetime, waits: Waits, let_go: Any, mailoutbox: Mailbox
) -> None:
    visit = book(now + DAY)
    waits("Later", at=now)
    waits("Urgent", priority=Priority.URGENT, priority_reason="acute pain")
    waits("Earliest", at=now - 9 * DAY)
    waits("Away", priority=Priority.URGENT, priority_reason="acute pain", first_day=(now + 9 * DAY).date())

    let_go(visit)

    offer = Offer.objects.get()
    assert (offered_to(offer), offer.state, offer.entry.state) == ("Urgent", OfferState.HELD, EntryState.OFFERED)
    assert (offer.appointment.status, offer.starts_at) == (Status.OFFERED, visit.starts_at)
    assert [reason["code"] for reason in offer.reasons] == ["priority-urgent", "waited", "no-scrap"]
    assert offer.expires_at == now + AFTER_UNDO + 2 * HOUR
    (mail,) = [each for each in mailoutbox if each.to == ["urgent@home.example"]]
    assert "/offers/" in mail.body


def test_accepting_books_it_and_whoever_accepts_twice_hears_of_the_same_visit(
    book: Any, now: datetime, waits: Waits, let_go: Any, run_jobs: Any
) -> None:
    waits("Quin")
    let_go(book(now + DAY))
    offer = Offer.objects.get()

    visit = accept_offer(offer=offer, by=None, at=now + HOUR)
    again = accept_offer(offer=offer, by=None, at=now + 9 * DAY)
    with time_machine.travel(now + HOUR, tick=False):
        run_jobs(at=now + HOUR)

    assert (visit.pk, visit.status, visit.expires_at) == (again.pk, Status.SCHEDULED, None)
    assert WaitingEntry.objects.get().state == EntryState.BOOKED
    assert FreedTime.objects.get().state == FreedState.FILLED
    with pytest.raises(OfferIsOver):
        decline_offer(offer=offer, by=None, at=now + HOUR)


def test_declined_or_unanswered_it_goes_to_the_next_until_nobody_is_left(
    book: Any, now: datetime, waits: Waits, let_go: Any, run_jobs: Any, mailoutbox: Mailbox
) -> None:
    for days, name in ((9, "First"), (5, "Second")):
        waits(name, at=now - days * DAY)
    let_go(book(now + DAY))

    with time_machine.travel(now + HOUR, tick=False):
        decline_offer(offer=Offer.objects.held().get(), by=None, at=now + HOUR)
        run_jobs(at=now + HOUR)
    second = Offer.objects.held().get()
    with time_machine.travel(second.expires_at, tick=False):
        run_jobs(at=second.expires_at)

    assert offered_to(second) == "Second"
    assert list(Offer.objects.order_by("sent_at").values_list("state", flat=True)) == ["DECLINED", "EXPIRED"]
    assert set(Appointment.objects.values_list("status", flat=True)) == {Status.CANCELLED, Status.LAPSED}
    assert set(WaitingEntry.objects.values_list("state", flat=True)) == {EntryState.WAITING}
    assert FreedTime.objects.get().state == FreedState.CLOSED
    assert any("no longer kept" in mail.body for mail in mailoutbox)
    with pytest.raises(OfferIsOver):
        accept_offer(offer=second, by=None, at=second.expires_at)


def test_an_undone_cancellation_wins(book: Any, now: datetime, waits: Waits, rita: User, run_jobs: Any) -> None:
    visit = book(now + DAY)
    waits("Quin")
    with time_machine.travel(now, tick=False):
        cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)
        run_jobs(at=now)
        set_status(appointment=visit, status=Status.SCHEDULED, by=rita, at=now + MINUTE / 2)
    with time_machine.travel(now + AFTER_UNDO, tick=False):
        run_jobs(at=now + AFTER_UNDO)

    assert not Offer.objects.exists()
    assert FreedTime.objects.get().state == FreedState.CLOSED


def test_a_visit_that_is_brought_forward_frees_its_time_for_the_next_and_so_on(
    book: Any, now: datetime, waits: Waits, let_go: Any, run_jobs: Any, rita: User
) -> None:
    """Three changes of hands: each moves up one day; whoever has none yet gets the last."""
    quin, rosa = (register(name, by=rita, at=now).pk for name in ("Quin", "Rosa"))
    first, second, third = book(now + DAY), book(now + 2 * DAY, patient_id=quin), book(now + 3 * DAY, patient_id=rosa)
    waits("", appointment_id=second.pk, at=now - 20 * DAY)
    waits("", appointment_id=third.pk, at=now - 9 * DAY)
    waits("Sam")
    let_go(first)

    moment, booked = now + AFTER_UNDO, []
    for _ in range(3):
        moment += HOUR
        with time_machine.travel(moment, tick=False):
            booked.append(accept_offer(offer=Offer.objects.held().get(), by=None, at=moment))
            run_jobs(at=moment)
        moment += AFTER_UNDO
        with time_machine.travel(moment, tick=False):
            run_jobs(at=moment)

    assert [(visit.patient.first_name, visit.starts_at) for visit in booked] == [
        ("Quin", now + DAY),
        ("Rosa", now + 2 * DAY),
        ("Sam", now + 3 * DAY),
    ]
    assert booked[:2] == [second, third]  # moved, with all that hangs on them
    assert sorted(FreedTime.objects.values_list("depth", flat=True)) == [0, 1, 2]


def test_nobody_is_offered_what_they_cannot_have(
    book: Any, now: datetime, waits: Waits, let_go: Any, rita: User, follow_up: Service
) -> None:
    """Whose record is closed, who left the list, who is elsewhere then; and what only staff may book."""
    visit = book(now + DAY)
    closed = waits("Closed")
    Patient.objects.filter(pk=closed.patient_id).update(ended_at=now)
    withdraw_entry(entry=waits("Left"), by=rita, at=now)
    busy = waits("Busy")
    bea = Practitioner.objects.get(name="Bea")
    book(now + DAY, patient_id=busy.patient_id, practitioner_id=bea.pk)

    let_go(visit)

    assert not Offer.objects.exists()
    waits("Quin")
    Service.objects.filter(pk=follow_up.pk).update(offered="STAFF")
    FreedTime.objects.update(state=FreedState.OPEN)
    assert fill(freed_id=FreedTime.objects.get().pk, at=now + HOUR) is None


def test_nobody_is_written_to_at_night(now: datetime, waits: Waits, bos_calendar: Practitioner, room_1: Room) -> None:
    waits("Quin")
    evening = now + 11 * HOUR + 30 * MINUTE
    period = Period(now + DAY, now + DAY + HOUR)
    left = Left(practitioner_id=bos_calendar.pk, location_id=room_1.location_id, period=period)
    freed = note_freed(left=left, cause="a test", at=evening - HOUR)
    assert freed is not None

    assert fill(freed_id=freed.pk, at=evening) is None
    freed.refresh_from_db()
    assert (freed.state, freed.due_at) == (FreedState.OPEN, now + 22 * HOUR)
    assert fill(freed_id=freed.pk, at=freed.due_at) is not None


def test_who_is_elsewhere_by_now_hears_why_and_the_offer_stays(
    book: Any, now: datetime, waits: Waits, let_go: Any
) -> None:
    entry = waits("Quin")
    let_go(book(now + DAY))
    book(now + DAY, patient_id=entry.patient_id, practitioner_id=Practitioner.objects.get(name="Bea").pk)

    with pytest.raises(BusyThen):
        accept_offer(offer=Offer.objects.get(), by=None, at=now + HOUR)

    assert Offer.objects.get().is_held
    assert Appointment.objects.get(status=Status.OFFERED)


def test_a_kept_time_is_booked_through_its_offer_only(
    book: Any, now: datetime, waits: Waits, let_go: Any, rita: User
) -> None:
    waits("Quin")
    let_go(book(now + DAY))

    for status in (Status.SCHEDULED, Status.LAPSED, Status.CANCELLED):
        with pytest.raises(StatusNotAllowed):
            set_status(appointment=Offer.objects.get().appointment, status=status, by=rita, at=now)


def test_a_place_in_a_group_goes_to_the_groups_own_list(
    now: datetime,
    waits: Waits,
    let_go: Any,
    patient: Patient,
    room_1: Any,
    bos_calendar: Practitioner,
    follow_up: Service,
) -> None:
    visit_of = {"location": room_1.location, "service": follow_up, "practitioner": bos_calendar}
    visit_of |= {"period": (now + DAY, now + DAY + HOUR), "occupies": (now + DAY, now + DAY + HOUR)}
    group = GroupSession.objects.create(**visit_of, room=room_1, places=1)
    coming = Appointment.objects.create(
        **visit_of, patient=patient, session=group, session_place=1, status=Status.SCHEDULED
    )
    coming.refresh_from_db()
    waits("Alone")
    waits("Quin", session_id=group.pk)

    let_go(coming)

    offer = Offer.objects.get()
    assert (offered_to(offer), offer.appointment.session_place) == ("Quin", 1)
    visit = accept_offer(offer=offer, by=None, at=now + HOUR)
    assert {claim.kind for claim in visit.claims.all()} == {"SESSION", "PATIENT"}


def test_hurry_is_for_the_desk_to_say_with_a_reason(waits: Waits, rita: User, now: datetime) -> None:
    entry = waits("Quin")

    prioritise_entry(entry=entry, priority=Priority.URGENT, reason="acute pain", by=rita, at=now)

    entry.refresh_from_db()
    assert (entry.priority, entry.priority_reason, entry.version) == ("URGENT", "acute pain", 2)
