"""The groups of a series change together: looked at first, all or none, on the wall clock, and each is told once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection

from identity.models import User
from kernel.errors import DomainError
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, GroupSession, Practitioner, Service
from modules.scheduling.services import (
    CallOff,
    GroupsChange,
    GroupsInTheWay,
    GroupWish,
    Scope,
    SeriesChanged,
    Wait,
    add_entry,
    cancel_groups,
    change_groups,
    change_to_group,
    create_groups,
    join_group,
    plan_groups_change,
)
from modules.scheduling.tests.conftest import register
from notify.models import Message
from tenancy import use, use_platform
from tests.cast import tenant_called
from tests.postman import Mailbox

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEKLY = "FREQ=WEEKLY;BYDAY=TU;COUNT=6"


def set_up(*, by: User, at: datetime) -> list[GroupSession]:
    """Six Tuesdays with Bo, over the end of March, when clocks go forward."""
    bo, bea = Practitioner.objects.get(name="Bo"), Practitioner.objects.get(name="Bea")
    service = Service.objects.create(name="Back class", duration=60, currency="GBP", places=4)
    service.practitioners.set([bo, bea])
    wish = GroupWish(service_id=service.pk, practitioner_id=bo.pk, starts_at=at + DAY)
    return create_groups(wish=wish, rule=WEEKLY, by=by, at=at)


@pytest.fixture
def groups(bos_calendar: Practitioner, beas_calendar: Practitioner, rita: User, now: datetime) -> list[GroupSession]:
    return set_up(by=rita, at=now)


@pytest.fixture
def petra(groups: list[GroupSession], rita: User, now: datetime) -> list[Appointment]:
    """Petra comes to the first three."""
    patient = register("Petra", by=rita, at=now, email="petra@mail.example")
    return [join_group(session=each, patient_id=patient.pk, by=rita, at=now) for each in groups[:3]]


def clocks(groups: list[GroupSession]) -> list[str]:
    rows = GroupSession.objects.for_display().filter(pk__in=[each.pk for each in groups])
    found = sorted(rows, key=lambda each: each.starts_at)
    return [f"{each.starts_at.astimezone(each.location.zone):%d.%m. %H:%M}" for each in found]


def change_of(groups: list[GroupSession], number: int, scope: Scope = Scope.FOLLOWING, **what: Any) -> GroupsChange:
    return GroupsChange(scope=scope, group_id=groups[number].pk, **what)


def test_all_go_to_another_time_on_the_wall_clock_and_who_comes_is_told_once(
    groups: list[GroupSession],
    petra: list[Appointment],
    rita: User,
    now: datetime,
    run_jobs: Any,
    mailoutbox: Mailbox,
) -> None:
    change = change_of(groups, 0, Scope.ALL, day=(now + 2 * DAY).date(), starts=time(14, 30), places=5)
    assert groups[0].series is not None
    plan = plan_groups_change(series=groups[0].series, change=change, by=rita, at=now)
    assert [(each.is_free, each.coming) for each in plan.groups] == [(True, 1)] * 3 + [(True, 0)] * 3

    changed = change_groups(series=groups[0].series, change=change, by=rita, at=now)

    days = ["05.03.", "12.03.", "19.03.", "26.03.", "02.04.", "09.04."]
    assert clocks(groups) == [f"{day} 14:30" for day in days]
    assert {each.starts_at.astimezone(UTC).hour for each in changed} == {13, 14}
    for visit, group in zip(petra, sorted(changed, key=lambda each: each.starts_at), strict=False):
        visit.refresh_from_db()
        assert (visit.period, visit.sequence) == (group.period, 1)
    with time_machine.travel(now, tick=False):
        run_jobs(at=now + 5 * HOUR)
    (mail,) = [each for each in mailoutbox if "have changed" in each.subject or "have changed" in each.body]
    assert mail.to == ["petra@mail.example"]
    assert mail.body.count("14:30") == 3
    series = changed[0].series
    assert series is not None
    assert (series.rule, series.starts) == ("FREQ=WEEKLY;BYDAY=WE;COUNT=6", time(14, 30))


def test_the_following_go_on_as_a_series_of_their_own_with_a_colleague(
    groups: list[GroupSession], rita: User, now: datetime, beas_calendar: Practitioner
) -> None:
    change = change_of(groups, 4, practitioner_id=beas_calendar.pk, title="Back class with Bea")
    assert groups[0].series is not None

    changed = change_groups(series=groups[0].series, change=change, by=rita, at=now)

    assert {(each.practitioner_id, each.title) for each in changed} == {(beas_calendar.pk, "Back class with Bea")}
    assert len(changed) == 2
    before, after = groups[0].series, changed[0].series
    before.refresh_from_db()
    assert after is not None
    assert (after.continues, after.rule) == (before, "FREQ=WEEKLY;BYDAY=TU;COUNT=2")
    assert "UNTIL=20310331" in before.rule


def test_if_one_cannot_be_none_is_changed_and_each_reason_is_told(
    groups: list[GroupSession], petra: list[Appointment], book: Any, rita: User, now: datetime, beas_calendar: Any
) -> None:
    """Bo is booked at the new time of the second, and Petra elsewhere at that of the first."""
    book(groups[1].starts_at + 2 * HOUR)
    book(groups[0].starts_at + 2 * HOUR, patient_id=petra[0].patient_id, practitioner_id=beas_calendar.pk)
    before, series = clocks(groups), groups[0].series
    assert series is not None
    wanted = {"starts": (groups[0].starts_at + 2 * HOUR).astimezone(groups[0].location.zone).time()}

    with pytest.raises(GroupsInTheWay) as refused:
        change_groups(series=series, change=change_of(groups, 0, **wanted), by=rita, at=now)

    in_the_way = [each.session for each in refused.value.plan.groups if not each.is_free]
    assert (clocks(groups), in_the_way) == (before, groups[:2])
    assert not Message.objects.filter(cause__startswith="scheduling.series_changed").exists()
    skip = frozenset(each.pk for each in in_the_way)
    change_groups(series=series, change=change_of(groups, 0, skip=skip, **wanted), by=rita, at=now)
    assert clocks(groups)[:2] == before[:2]
    assert clocks(groups)[2] != before[2]


def test_by_an_hour_each_makes_way_for_the_one_before_and_a_stale_plan_is_refused(
    groups: list[GroupSession], rita: User, now: datetime
) -> None:
    series = groups[0].series
    assert series is not None
    a_week_on = change_of(groups, 0, day=(now + 8 * DAY).date())
    plan = plan_groups_change(series=series, change=a_week_on, by=rita, at=now)
    assert all(each.is_free for each in plan.groups)

    changed = change_groups(series=series, change=a_week_on, by=rita, at=now)

    assert clocks(groups)[0].startswith("11.03.")
    assert changed[0].series is not None
    stale = GroupsChange(scope=Scope.ONE, group_id=groups[0].pk, places=9, seen=plan.seen)
    with pytest.raises(SeriesChanged):
        change_groups(series=changed[0].series, change=stale, by=rita, at=now)


def test_called_off_from_one_on_it_cancels_who_comes_and_tells_them_once(
    groups: list[GroupSession], petra: list[Appointment], rita: User, now: datetime, run_jobs: Any, mailoutbox: Mailbox
) -> None:
    quin = register("Quin", by=rita, at=now, email="quin@mail.example")
    add_entry(wait=Wait(patient_id=quin.pk, session_id=groups[2].pk, first_day=now.date()), by=rita, at=now)
    assert groups[0].series is not None

    gone = cancel_groups(
        series=groups[0].series,
        scope=Scope.FOLLOWING,
        group_id=groups[1].pk,
        cancellation=CallOff(reason="Bo is ill"),
        by=rita,
        at=now,
    )
    with time_machine.travel(now, tick=False):
        run_jobs(at=now + HOUR)

    assert [each.status for each in GroupSession.objects.filter(pk__in=[each.pk for each in gone])] == ["CANCELLED"] * 5
    assert [Appointment.objects.get(pk=visit.pk).status for visit in petra] == [
        Status.SCHEDULED, Status.CANCELLED, Status.CANCELLED,
    ]  # fmt: skip
    told = [mail for mail in mailoutbox if "cancelled" in mail.body]
    assert [mail.to for mail in told] == [["petra@mail.example"]]


def test_by_page_and_api_every_one_is_shown_before_it_is_saved(
    pages: Any, api: Any, rita: User, bo: User, bea: User, clinic: Any, now: datetime
) -> None:
    with time_machine.travel(now, tick=False):
        with use(clinic):
            groups = set_up(by=rita, at=now)
        address, form = f"/groups/{groups[0].pk}/series/", {"scope": "all", "starts": "15:00", "notify": "on"}
        desk = pages(rita)
        shown = desk.post(address, form | {"step": "plan"}).content.decode()
        seen = shown.partition('name="seen" value="')[2].partition('"')[0]
        saved = desk.post(address, form | {"step": "save", "seen": seen, "skip": [str(groups[5].pk)]})
        stale = desk.post(address, form | {"step": "save", "seen": seen, "starts": "16:00"})
        base = f"/api/scheduling/groups/{groups[1].pk}/series/"
        plan = api(rita).post(f"{base}plan/", {"scope": "following", "starts": "16:00"}).json()
        colleague = api(bea).patch(base, {"places": 9})
        changed = api(rita).patch(base, {"scope": "one", "places": 9, "seen": ""}).json()
        gone = desk.post(f"{address}cancellation/", {"scope": "all", "reason": "ill"})
        with use(clinic):
            left = GroupSession.objects.standing().count()

    assert shown.count('name="skip"') == 6
    assert (saved.status_code, stale.status_code, gone.status_code) == (302, 409, 302)
    assert "Somebody changed these groups meanwhile" in stale.content.decode()
    assert [each["free"] for each in plan["groups"]] == [True] * 4
    assert colleague.status_code == 404
    assert [each["places"] for each in changed] == [9]
    assert left == 1  # the one that was left out goes on in the series that was


@pytest.mark.usefixtures("own_database")
def test_a_series_that_moves_and_somebody_who_changes_groups_never_stand_in_each_others_way(now: datetime) -> None:
    """Each takes groups first, then who comes: both end, and neither as a deadlock."""
    clinic = tenant_called("clinic")
    with use_platform():
        rita = User.objects.get(email="rita@clinic.example")
    with use(clinic):
        groups = set_up(by=rita, at=now)
        patient = register("Petra", by=rita, at=now)
        visit = join_group(session=groups[0], patient_id=patient.pk, by=rita, at=now)
        series = groups[0].series
    assert series is not None
    barrier, results = Barrier(2), []

    def run(act: Any) -> None:
        try:
            with use(clinic):
                barrier.wait(timeout=10)
                act()
                results.append("done")
        except DomainError as error:
            results.append(error.code)
        finally:
            connection.close()

    shift = change_of(groups, 0, Scope.ALL, starts=time(15))
    acts = [
        lambda: change_groups(series=series, change=shift, by=rita, at=now),
        lambda: change_to_group(appointment=visit, session=groups[1], by=rita, at=now),
    ]
    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    with use(clinic):
        visit.refresh_from_db()
        group = GroupSession.objects.get(pk=visit.session_id)
    assert results == ["done", "done"]
    assert (visit.session_id, visit.period) == (groups[1].pk, group.period)
