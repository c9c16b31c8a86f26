"""Who gets a freed time: a table of who could come, and what holds whoever waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.quiet import next_hour_to_write
from modules.scheduling.domain.waiting import (
    Opening,
    Priority,
    Waiter,
    Window,
    best_first,
    match,
    obstacle,
    offer_ends,
)

AT = datetime(2031, 3, 3, 10, 0, tzinfo=UTC)  # a Monday
BO, BEA, HERE, THERE = (UUID(int=number) for number in (1, 2, 3, 4))
TUESDAY_AT_TEN = AT + timedelta(days=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opening(
    starts_at: datetime = TUESDAY_AT_TEN, *, practitioner: UUID = BO, before: int = 0, after: int = 0
) -> Opening:
    ends_at = starts_at + HOUR
    free = starts_at - timedelta(minutes=before), ends_at + timedelta(minutes=after)
    return Opening(starts_at, ends_at, practitioner, HERE, *free)


def waiter(number: int = 1, **facts: object) -> Waiter:
    return Waiter(**({"id": UUID(int=number), "since": AT - DAY, "first_day": AT.date()} | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, None),
        ({"first_day": date(2031, 3, 5)}, "days"),
        ({"last_day": date(2031, 3, 3)}, "days"),
        ({"last_day": date(2031, 3, 4)}, None),
        ({"notice": DAY}, None),
        ({"notice": DAY + timedelta(minutes=1)}, "notice"),
        ({"practitioners": frozenset({BEA})}, "practitioner"),
        ({"practitioners": frozenset({BEA, BO})}, None),
        ({"location": THERE}, "location"),
        ({"has_visit_at": TUESDAY_AT_TEN}, "not-earlier"),
        ({"has_visit_at": TUESDAY_AT_TEN + DAY}, None),
        ({"windows": (Window(frozenset({0, 2})),)}, "windows"),
        ({"windows": (Window(frozenset({0})), Window(frozenset({1}), time(10), time(11)))}, None),
        ({"windows": (Window(starts=time(10, 5)),)}, "windows"),
        ({"windows": (Window(ends=time(10, 59)),)}, "windows"),
    ],
)
def test_who_could_come(facts: dict[str, object], code: str | None) -> None:
    assert obstacle(waiter(**facts), opening(), at=AT) == code
    assert (match(waiter(**facts), opening(), at=AT) is None) == (code is not None)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"priority": Priority.URGENT}, {"priority": Priority.SOON, "since": AT - 20 * DAY}),
        ({"priority": Priority.SOON}, {}),
        ({"since": AT - 3 * DAY}, {}),
        ({"since": AT - timedelta(hours=25)}, {}),
        ({"windows": (Window(frozenset({1})),)}, {}),
        ({"practitioners": frozenset({BO})}, {}),
        ({"has_visit_at": AT + 20 * DAY}, {"has_visit_at": AT + 5 * DAY}),
    ],
)
def test_who_comes_first(first: dict[str, object], second: dict[str, object]) -> None:
    ones = [match(waiter(2, **second), opening(), at=AT), match(waiter(9, **first), opening(), at=AT)]

    assert [each.waiter.id.int for each in best_first(each for each in ones if each)] == [9, 2]


def test_a_time_that_leaves_no_useless_rest_is_better() -> None:
    scrap, plain, exact = (match(waiter(), opening(after=after), at=AT) for after in (10, 45, 0))

    assert scrap is not None
    assert plain is not None
    assert exact is not None
    assert scrap.score < plain.score < exact.score
    assert "fills-gap" in [reason.code for reason in exact.reasons]


waiters = st.lists(
    st.builds(
        Waiter,
        id=st.uuids(),
        since=st.timedeltas(timedelta(0), 60 * DAY).map(lambda ago: AT - ago),
        first_day=st.dates(date(2031, 3, 1), date(2031, 3, 8)),
        priority=st.sampled_from(Priority),
        last_day=st.none() | st.dates(date(2031, 3, 8), date(2031, 3, 12)),
        practitioners=st.frozensets(st.sampled_from([BO, BEA]), max_size=2),
        notice=st.timedeltas(timedelta(0), timedelta(days=3)),
    ),
    unique_by=lambda each: each.id,
    max_size=8,
)
openings = st.lists(
    st.builds(
        opening,
        st.timedeltas(timedelta(0), 6 * DAY).map(lambda ahead: AT + ahead),
        practitioner=st.sampled_from([BO, BEA]),
        before=st.integers(0, 90),
        after=st.integers(0, 90),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(waiters, openings, st.randoms())
def test_the_choice_is_always_the_same_and_only_of_those_who_could_come(
    who: list[Waiter], when: list[Opening], chance: object
) -> None:
    matches = [found for each in who for time_ in when if (found := match(each, time_, at=AT))]
    chosen = best_first(matches)

    shuffled = list(matches)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert best_first(shuffled) == chosen
    assert {each.waiter.id for each in chosen} == {each.waiter.id for each in matches}
    assert len({each.waiter.id for each in chosen}) == len(chosen)
    assert [each.score for each in chosen] == sorted((each.score for each in chosen), reverse=True)
    assert all(obstacle(each.waiter, each.opening, at=AT) is None for each in chosen)


@pytest.mark.parametrize(
    ("clock", "then"),
    [("20:59", "20:59"), ("21:00", "+08:00"), ("23:30", "+08:00"), ("07:59", "08:00"), ("08:00", "08:00")],
)
def test_nobody_is_written_to_at_night(clock: str, then: str) -> None:
    at = datetime.combine(AT.date(), time.fromisoformat(clock), UTC)
    day = AT.date() + (DAY if then.startswith("+") else timedelta(0))

    expected = datetime.combine(day, time.fromisoformat(then.removeprefix("+")), UTC)
    assert next_hour_to_write(at, quiet_from=time(21), quiet_until=time(8)) == expected


def test_an_offer_ends_before_whoever_has_it_must_leave() -> None:
    assert offer_ends(starts_at=AT + DAY, sent_at=AT, lifetime=2 * HOUR, notice=HOUR) == AT + 2 * HOUR
    assert offer_ends(starts_at=AT + 2 * HOUR, sent_at=AT, lifetime=2 * HOUR, notice=HOUR) == AT + HOUR
