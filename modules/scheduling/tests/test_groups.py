"""Groups: places are never given twice, and what becomes of a group becomes of everybody in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from identity.models import User
from kernel.errors import Conflict, Invalid, NotAllowed
from modules.crm.models import Patient
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, GroupSession, Practitioner, Series, Service
from modules.scheduling.services import (
    CallOff,
    GroupChange,
    GroupChanged,
    GroupFull,
    GroupsTaken,
    GroupWish,
    Move,
    NotMovable,
    PatientBusy,
    SlotTaken,
    SomebodyCannot,
    Wait,
    add_entry,
    cancel_appointment,
    cancel_group,
    change_group,
    change_to_group,
    create_group,
    create_groups,
    join_group,
    move_appointment,
    plan_groups,
)
from modules.scheduling.tests.conftest import register
from notify.models import Message

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def back_class(bos_calendar: Practitioner) -> Service:
    service = Service.objects.create(name="Back class", duration=60, currency="GBP", places=2)
    service.practitioners.add(bos_calendar)
    return service


@pytest.fixture
def wish(back_class: Service, bos_calendar: Practitioner, now: datetime) -> GroupWish:
    return GroupWish(service_id=back_class.pk, practitioner_id=bos_calendar.pk, starts_at=now + DAY)


@pytest.fixture
def group(wish: GroupWish, rita: User, now: datetime) -> GroupSession:
    return create_group(wish=wish, by=rita, at=now)


@pytest.fixture
def join(group: GroupSession, rita: User, now: datetime) -> Any:
    def join_one(name: str, *, session: GroupSession = group) -> Appointment:
        patient = register(name, by=rita, at=now, email=f"{name.lower()}@mail.example")
        return join_group(session=session, patient_id=patient.pk, by=rita, at=now)

    return join_one


def test_a_group_has_as_many_places_as_it_has(join: Any, group: GroupSession) -> None:
    first, second = join("Petra"), join("Quin")

    with pytest.raises(GroupFull):
        join("Ron")

    assert [first.session_place, second.session_place] == [1, 2]
    assert (first.period, first.practitioner, first.room) == (group.period, group.practitioner, group.room)


def test_who_leaves_gives_their_place_to_the_next(
    join: Any, group: GroupSession, rita: User, now: datetime, run_jobs: Any
) -> None:
    first = join("Petra")
    join("Quin")
    ron = register("Ron", by=rita, at=now, email="ron@mail.example")
    entry = add_entry(wait=Wait(patient_id=ron.pk, session_id=group.pk, first_day=now.date()), by=rita, at=now)

    cancel_appointment(appointment=first, cancellation=CallOff(), by=rita, at=now)

    assert join("Sue").session_place == 1  # the desk may give it to somebody, too
    assert entry.session == group


def test_a_group_is_in_the_way_of_visits_and_they_of_it(
    group: GroupSession, book: Any, wish: GroupWish, rita: User, now: datetime
) -> None:
    with pytest.raises(SlotTaken):
        book(group.starts_at)
    book(now + 2 * DAY)
    with pytest.raises(SlotTaken):
        create_group(wish=GroupWish(**{**_fields(wish), "starts_at": now + 2 * DAY}), by=rita, at=now)


def _fields(wish: GroupWish) -> dict[str, Any]:
    return {"service_id": wish.service_id, "practitioner_id": wish.practitioner_id, "starts_at": wish.starts_at}


def test_nobody_is_in_a_group_and_elsewhere(
    join: Any, book: Any, group: GroupSession, beas_calendar: Practitioner, patient: Patient, rita: User, now: datetime
) -> None:
    book(group.starts_at, practitioner_id=beas_calendar.pk)

    with pytest.raises(PatientBusy):
        join_group(session=group, patient_id=patient.pk, by=rita, at=now)


def test_a_service_for_groups_is_not_booked_alone(book: Any, back_class: Service, now: datetime) -> None:
    with pytest.raises(Invalid, match="groups"):
        book(now + 3 * DAY, service_id=back_class.pk)


def test_a_group_that_moves_takes_everybody_with_it_and_tells_them(
    join: Any, group: GroupSession, rita: User, now: datetime
) -> None:
    visits = [join("Petra"), join("Quin")]

    moved = change_group(
        session=group, change=GroupChange(starts_at=group.starts_at + HOUR, version=group.version), by=rita, at=now
    )

    for visit in visits:
        visit.refresh_from_db()
        assert (visit.period, visit.sequence) == (moved.period, 1)
        assert Message.objects.filter(cause=f"scheduling.moved:{visit.pk}:2").exists()
    with pytest.raises(GroupChanged):
        change_group(session=group, change=GroupChange(places=3, version=group.version), by=rita, at=now)
    with pytest.raises(NotMovable):
        move_appointment(appointment=visits[0], to=Move(starts_at=now + 3 * DAY), by=rita, at=now)


def test_a_group_stays_where_it_is_if_somebody_cannot_come_then(
    join: Any, book: Any, group: GroupSession, rita: User, now: datetime, beas_calendar: Practitioner
) -> None:
    visit = join("Petra")
    book(group.starts_at + 4 * HOUR, patient_id=visit.patient_id, practitioner_id=beas_calendar.pk)

    with pytest.raises(SomebodyCannot, match="1 of those"):
        change_group(session=group, change=GroupChange(starts_at=group.starts_at + 4 * HOUR), by=rita, at=now)

    assert GroupSession.objects.get(pk=group.pk).starts_at == group.starts_at


def test_places_are_never_fewer_than_those_who_come(join: Any, group: GroupSession, rita: User, now: datetime) -> None:
    first, second = join("Petra"), join("Quin")

    with pytest.raises(Invalid):
        change_group(session=group, change=GroupChange(places=1), by=rita, at=now)
    cancel_appointment(appointment=first, cancellation=CallOff(), by=rita, at=now)
    change_group(session=group, change=GroupChange(places=1), by=rita, at=now)

    second.refresh_from_db()
    assert second.session_place == 1
    with pytest.raises(GroupFull):
        join("Ron")


def test_a_group_that_is_called_off_cancels_every_visit(
    join: Any, group: GroupSession, rita: User, now: datetime, book: Any
) -> None:
    visit = join("Petra")

    cancel_group(session=group, cancellation=CallOff(reason="Bo is ill"), by=rita, at=now)

    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == (Status.CANCELLED, "Bo is ill")
    assert book(group.starts_at).status == Status.SCHEDULED
    with pytest.raises(Conflict):
        join("Quin")


def test_a_visit_goes_to_another_group_and_leaves_its_place(
    join: Any, group: GroupSession, wish: GroupWish, rita: User, now: datetime
) -> None:
    later = create_group(wish=GroupWish(**{**_fields(wish), "starts_at": now + 2 * DAY}), by=rita, at=now)
    visit = join("Petra")

    changed = change_to_group(appointment=visit, session=later, by=rita, at=now)

    assert (changed.session, changed.period) == (later, later.period)
    assert [join("Quin").session_place, join("Ron").session_place] == [1, 2]


def test_a_weekly_group_is_looked_at_and_saved_all_or_none(
    wish: GroupWish, book: Any, rita: User, now: datetime
) -> None:
    rule = "FREQ=WEEKLY;COUNT=4"
    book(now + 15 * DAY)

    plan = plan_groups(wish=wish, rule=rule, by=rita, at=now)
    with pytest.raises(GroupsTaken) as refused:
        create_groups(wish=wish, rule=rule, by=rita, at=now)
    assert [each.is_free for each in plan] == [True, True, False, True]
    assert (GroupSession.objects.count(), Series.objects.count()) == (0, 0)
    assert [each.number for each in refused.value.groups if not each.is_free] == [3]

    made = create_groups(wish=wish, rule=rule, skip={3}, by=rita, at=now)
    assert len({session.series_id for session in made}) == 1
    assert len(made) == 3


def test_practitioners_keep_to_their_own_groups(
    group: GroupSession, wish: GroupWish, bea: User, bo: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        create_group(wish=GroupWish(**{**_fields(wish), "starts_at": now + 4 * DAY}), by=bea, at=now)

    assert list(GroupSession.objects.visible_to(bo)) == [group]
    assert list(GroupSession.objects.visible_to(bea)) == []


def test_patients_take_a_place_on_the_portal_and_a_full_group_has_a_waiting_list(
    pages: Any, api: Any, pia: User, rita: User, wish: GroupWish, soon: datetime
) -> None:
    from django.utils import timezone

    at = timezone.now()
    patient = register("Pia", by=rita, at=at)
    patient.client.user_id = pia.pk
    patient.client.save()
    group = create_group(wish=GroupWish(**{**_fields(wish), "starts_at": soon}, places=1), by=rita, at=at)

    shown = pages(pia).get("/my/groups/")
    joined = pages(pia).post("/my/groups/", {"group": group.pk, "step": "join"})
    (listed,) = api(pia).get("/api/scheduling/groups/open/").json()
    full = api(rita).post(
        f"/api/scheduling/groups/{group.pk}/participants/",
        {"patient_id": str(register("Quin", by=rita, at=at).pk)},
    )

    assert "Take a place" in shown.content.decode()
    assert joined.status_code == 302
    assert listed["free_places"] == 0
    assert (full.status_code, full.json()["code"]) == (409, "group-full")
    roster = pages(rita).get(f"/groups/{group.pk}/").content.decode()
    assert "Pia Test" in roster
    assert "Put on the waiting list" in roster
