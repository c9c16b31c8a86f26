"""What is set about hours, blocks and things, over the API and by its services."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from audit.models import AuditEntry
from httpapi.paging import Page
from identity.models import User
from kernel.errors import Invalid, NotAllowed
from modules.scheduling.models import Block, BlockKind, Location, Practitioner
from modules.scheduling.schemas.offers import SlotOut
from modules.scheduling.services.practice import blocking, hours
from modules.scheduling.services.practice.blocking import BlockOver, BlockWish
from tenancy import TenantRef, use

MONDAY = date(2031, 3, 10)
API = "/api/scheduling"


@pytest.fixture
def location(in_clinic: TenantRef) -> Location:
    return Location.objects.get()


def leave(practitioner: Practitioner, **more: Any) -> BlockWish:
    return BlockWish(
        **({"kind": BlockKind.LEAVE, "practitioner_id": practitioner.pk, "first_day": MONDAY} | more)  # type: ignore[arg-type]
    )


def test_a_practitioner_blocks_their_own_time_and_no_colleagues(
    bos_calendar: Practitioner, beas_calendar: Practitioner, location: Location, bo: User, now: datetime
) -> None:
    blocking.block_time(wish=leave(bos_calendar), by=bo, at=now)
    with pytest.raises(NotAllowed):
        blocking.block_time(wish=leave(beas_calendar), by=bo, at=now)
    closure = BlockWish(kind=BlockKind.CLOSURE, location_id=location.pk, first_day=MONDAY)
    with pytest.raises(NotAllowed):
        blocking.block_time(wish=closure, by=bo, at=now)


def test_a_block_over_booked_visits_leaves_them_and_lists_them(
    bos_calendar: Practitioner, book: Any, rita: User, bo: User, now: datetime
) -> None:
    hit, missed = book(now + timedelta(days=7)), book(now + timedelta(days=8))
    wish = leave(bos_calendar, rule="FREQ=WEEKLY;COUNT=3", starts=time(9), ends=time(12))
    block = blocking.block_time(wish=wish, by=rita, at=now)

    assert blocking.visits_within(block=block, seen_by=bo, at=now) == [hit]
    assert missed.is_not_begun


def test_what_was_called_off_stays_with_who_and_why(bos_calendar: Practitioner, rita: User, now: datetime) -> None:
    block = blocking.block_time(wish=leave(bos_calendar, note="flu"), by=rita, at=now)
    blocking.call_off(block=block, reason="well again", by=rita, at=now)

    kept = Block.objects.get()
    assert (kept.ended_by_id, kept.end_reason, kept.ended_at) == (rita.pk, "well again", now)
    with pytest.raises(BlockOver):
        blocking.call_off(block=block, reason="", by=rita, at=now)
    told = list(
        AuditEntry.objects.order_by("at", "id")
        .filter(action__startswith="scheduling.block.")
        .values_list("action", "changes")
    )
    assert [action for action, _ in told] == ["scheduling.block.set", "scheduling.block.called_off"]
    assert "flu" not in str(told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_day": MONDAY - timedelta(days=1)},
        {"starts": time(9)},
        {"starts": time(9), "ends": time(9)},
        {"rule": "FREQ=SECONDLY"},
        {"first_day": date(2099, 1, 1)},
        {"practitioner_id": None},
    ],
)
def test_a_block_that_makes_no_sense_is_refused(
    wrong: dict[str, Any], bos_calendar: Practitioner, rita: User, now: datetime
) -> None:
    with pytest.raises(Invalid):
        blocking.block_time(wish=leave(bos_calendar, **wrong), by=rita, at=now)


def test_new_hours_end_the_old_the_day_before(
    bos_calendar: Practitioner, location: Location, ana: User, now: datetime
) -> None:
    autumn = hours.Plan(valid_from=MONDAY)
    hours.set_week(
        practitioner=bos_calendar, location=location, week=[(0, time(22), time(6))], plan=autumn, by=ana,
        at=now, ending_others=True,
    )  # fmt: skip

    assert set(bos_calendar.hours.values_list("valid_from", "valid_until")) == {
        (None, MONDAY - timedelta(days=1)),
        (MONDAY, None),
    }
    overlapping = [(0, time(9), time(12)), (0, time(11), time(13))]
    with pytest.raises(hours.HoursRefused):
        hours.set_week(practitioner=bos_calendar, location=location, week=overlapping, by=ana, at=now)


def test_the_desk_asks_over_the_api_why_a_time_is_not_offered(
    api: Any, rita: User, ana: User, bo: User, clinic: TenantRef, soon: datetime
) -> None:
    """Blocks, days, rooms, equipment and rules are set over the API; slots and their reasons follow."""
    with use(clinic):
        calendar, location = Practitioner.objects.get(user_id=bo.pk), Location.objects.get()
    owner, desk, day = api(ana), api(rita), soon.date().isoformat()
    here = {"location_id": str(location.pk)}
    service = owner.post(
        f"{API}/services/",
        {"name": "Laser", "duration": 30, "price": "50", "practitioner_ids": [str(calendar.pk)]},
    ).json()
    laser = owner.post(f"{API}/equipment/", {"name": "Laser 1", "kind": "Laser", "capacity": 1} | here).json()
    needs = {"equipment_kind_ids": [laser["kind_id"]], "notice_minutes": 120, "offered": "STAFF"}
    assert owner.patch(f"{API}/services/{service['id']}/", needs).json()["offered"] == "STAFF"
    repair = {"kind": "MAINTENANCE", "equipment_id": laser["id"], "first_day": day, "starts": "08:00", "ends": "10:00"}
    made = desk.post(f"{API}/blocks/", repair)
    times = [{"starts": "09:00", "ends": "11:00"}]
    owner.put(f"{API}/practitioners/{calendar.pk}/days/{day}/", {"stretches": times} | here)

    asked = {"service_id": service["id"], "practitioner_ids": [str(calendar.pk)]}
    answer = desk.get(f"{API}/slots/", asked | {"from": day, "to": day})
    assert Page[SlotOut].model_validate_json(answer.content).model_dump(mode="json") == answer.json()
    slots = answer.json()["items"]
    why = desk.get(f"{API}/slots/why/", asked | {"start_time": f"{day}T09:00:00+00:00"}).json()
    following = desk.get(f"{API}/slots/next/", asked | {"after": f"{day}T00:00:00+00:00"}).json()["items"]

    assert made.status_code == 201
    assert [slot["start_time"][11:16] for slot in slots] == ["10:00", "10:15", "10:30"]
    assert slots[0]["equipment_ids"] == [laser["id"]]
    assert following[0] == slots[0]
    assert [each["code"] for each in why["obstacles"]] == ["maintenance"]
    called_off = desk.post(f"{API}/blocks/{made.json()['block']['id']}/cancellation/", {"reason": "mended"})
    assert called_off.json()["reason"] == "mended"
