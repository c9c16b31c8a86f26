"""What is offered can be booked, what is not is explained: bits and spans, two ways to the same answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.periods import Period, as_utc, days, local_period
from modules.scheduling.domain.hours import Audience, Offered, Stretch, Weekly, worked
from modules.scheduling.domain.minutes import Frame, Span, painted
from modules.scheduling.models import BlockKind, Service
from modules.scheduling.selectors import Asker, Wanted
from modules.scheduling.selectors.availability import parts_among
from modules.scheduling.selectors.blocked import Blocked, as_span
from modules.scheduling.selectors.facts import Facts, Kind, Opening
from modules.scheduling.selectors.gathered import Person, Thing
from modules.scheduling.selectors.obstacles import explained
from modules.scheduling.selectors.slots import slots_of
from modules.scheduling.selectors.wanted import minute_of, search_of_days

TOM, HERE, ROOM, GYM, LASER, LASERS, VISIT = (UUID(int=n) for n in range(7))
YEAR = datetime(2026, 11, 21, tzinfo=UTC)


@cache
def transitions(name: str) -> list[date]:
    """Return the local days of a zone's next two changes of its clocks, if it has any within two years."""
    zone, found = ZoneInfo(name), []
    for day in range(731):
        before, after = YEAR + timedelta(days=day), YEAR + timedelta(days=day + 1)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found += [after.astimezone(zone).date()]
    return found[:2]


@cache
def changing() -> list[str]:
    """Return the zones whose clocks change: a second's work, for whoever draws one and not for every worker."""
    return sorted(name for name in available_timezones() if transitions(name))


ODD = [
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Beirut",
    "UTC",
]
HOURS = [(time(9), time(17)), (time(0), time(0)), (time(22), time(3)), (time(1), time(4))]
moments = st.integers(-700, 2 * 1440)
stretches = st.tuples(moments, st.integers(1, 600))
times = st.times().map(lambda drawn: drawn.replace(second=0, microsecond=0))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Facts, Asker, datetime]:
    """A day or two of one practitioner, most often when the clocks change, with all that can be in the way."""
    name = draw(st.sampled_from([*changing(), *ODD]))
    zone = ZoneInfo(name)
    day = draw(st.sampled_from([*transitions(name), date(2028, 2, 29)])) - timedelta(days=1)
    search = Period(*map(as_utc, search_of_days(day, day + timedelta(days=draw(st.integers(0, 1))), zone)))
    service = Service(
        name="Visit",
        duration=draw(st.sampled_from([5, 20, 45, 240, 1440])),
        buffer_before=draw(st.sampled_from([0, 0, 10])),
        buffer_after=draw(st.sampled_from([0, 0, 15])),
        needs_room=draw(st.booleans()),
        step_minutes=draw(st.sampled_from([None, 10, 25, 60])),
        notice_minutes=draw(st.sampled_from([0, 0, 600])),
        horizon_days=draw(st.sampled_from([None, None, 1])),
        offered=draw(st.sampled_from([Offered.ONLINE, Offered.ONLINE, Offered.STAFF, Offered.CONTACT])),
        audience=draw(st.sampled_from([Audience.ANY, Audience.ANY, Audience.NEW])),
        daily_limit=draw(st.sampled_from([None, None, 1])),
    )
    between = draw(st.one_of(st.none(), st.tuples(times, times)))
    wanted = Wanted((service,), between=between, weekdays=draw(st.sampled_from([None, None, frozenset({5, 6})])))
    base = minute_of(search.start)

    def spans() -> list[Span]:
        drawn = draw(st.lists(stretches, max_size=3))
        return [Span(base + start, base + start + length) for start, length in drawn]

    weekly = [
        Weekly(weekday, *hours, draw(st.sampled_from([Offered.ONLINE, Offered.ONLINE, Offered.CONTACT])))
        for weekday in range(7)
        for hours in [
            draw(st.sampled_from([(time(9), time(17)), (time(0), time(0)), (time(22), time(3)), (time(1), time(4))]))
        ]
    ]
    instead = (
        {day: draw(st.sampled_from([[], [Stretch(day, time(1, 30), time(2, 40))]]))} if draw(st.booleans()) else {}
    )
    around = days(day - timedelta(days=2), day + timedelta(days=4))
    hours = worked(weekly=weekly, instead=instead if draw(st.booleans()) else {}, days=around)
    openings = [Opening(as_span(local_period(s.day, s.starts, s.ends, zone)), s.offered) for s in hours]
    laser = Kind(LASERS, "Laser", [Thing(LASER, "Laser", HERE, 1)] if draw(st.booleans()) else [])
    facts = Facts(
        wanted=wanted,
        search=search,
        around=search.widened(before=timedelta(minutes=10), after=timedelta(minutes=service.duration + 16)),
        people=[Person(TOM, "Tom", draw(st.sampled_from([None, None, 2])))],
        zones={HERE: zone},
        openings={(TOM, HERE): [each for each in openings if each.span.length > 0]},
        rooms=[Thing(ROOM, "Room", HERE, 1), Thing(GYM, "Gym", HERE, 2)][: draw(st.integers(0, 2))],
        kinds=[laser] if draw(st.integers(0, 3)) == 0 else [],
        blocked={
            target: [Blocked(span, kind) for span in spans()]
            for target, kind in ((TOM, BlockKind.LEAVE), (HERE, BlockKind.CLOSURE), (ROOM, BlockKind.MAINTENANCE))
        },
        taken={TOM: {1: spans()}, ROOM: {1: spans()}, GYM: {1: spans(), 2: spans()}, LASER: {1: spans()}},
        visits=[(TOM, service.pk, spans())],
    )
    asker = draw(st.sampled_from([Asker.desk(), Asker.desk(any_time=True), Asker.patient(), Asker.patient(known=True)]))
    return facts, asker, search.start + timedelta(minutes=draw(st.integers(-2000, 600)))


@settings(max_examples=80, deadline=None)
@given(situations(), st.data())
def test_a_time_is_offered_exactly_where_nothing_stands_in_its_way(
    situation: tuple[Facts, Asker, datetime], data: st.DataObject
) -> None:
    facts, asker, at = situation
    wanted = facts.wanted
    could = not asker.online or (wanted.offered == Offered.ONLINE and wanted.is_for(asker))
    offered = {as_utc(slot.starts_at) for slot in slots_of(facts, at=at, asker=asker)} if could else set()
    first = data.draw(st.sampled_from([0, 1, 5, 10, 15]))
    tried = [facts.search.start + timedelta(minutes=minutes) for minutes in range(first, 1500, 20)]

    for moment in [*tried, *sorted(offered)[:10]]:
        if facts.search.start <= moment < facts.search.end:
            here = [each.code for each in explained(facts, moment, at=at, asker=asker)]
            assert (moment in offered) == (not here), (moment, here)


@settings(max_examples=50, deadline=None)
@given(situations())
def test_free_busy_blocked_and_off_make_up_each_day(situation: tuple[Facts, Asker, datetime]) -> None:
    facts = situation[0]
    frame = Frame(minute_of(facts.search.start), minute_of(facts.search.end))
    parts = parts_among(facts, TOM)
    bits = [painted(map(as_span, part), frame) for part in (parts.off, parts.blocked, parts.busy, parts.free)]

    assert sum(bits) == frame.whole
    assert bits[0] | bits[1] | bits[2] | bits[3] == frame.whole


@pytest.mark.parametrize("hours", [(time(0), time(0)), (time(22), time(6))], ids=["whole days", "nights"])
def test_in_every_zone_hours_keep_to_the_clock_when_it_changes(hours: tuple[time, time]) -> None:
    """Whole days touch, whatever the clocks do at midnight; nights last as long as the clock says they did."""
    for name in changing():
        zone = ZoneInfo(name)
        for changed in transitions(name):
            around = list(days(changed - timedelta(days=3), changed + timedelta(days=3)))
            periods = [local_period(day, *hours, zone) for day in around]
            lengths = [period.length for period in periods]
            shift = abs((around_offset(zone, around[-1]) - around_offset(zone, around[0])).total_seconds())
            usual = timedelta(hours=24 if hours[0] == hours[1] else 8)
            assert sum((abs(length - usual) for length in lengths), timedelta()) in (
                timedelta(seconds=shift),
                timedelta(0),  # the clocks changed by day
            ), name
            if hours[0] == hours[1]:
                assert all(one.end == two.start for one, two in pairwise(periods)), name


def around_offset(zone: ZoneInfo, day: date) -> timedelta:
    offset = datetime.combine(day, time(12), zone).utcoffset()
    assert offset is not None
    return offset
