"""Which times are free: plain minutes, so plain tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.scheduling.domain.availability import Shape, Span, free_spans, free_starts, is_free, merged, offers

HOUR = 60
DAY = Span(9 * HOUR, 17 * HOUR)
HALF_HOURS = Shape(length=30, before=0, after=0, step=30)


def at(hour: int, minute: int = 0) -> int:
    return hour * HOUR + minute


@pytest.mark.parametrize(
    ("busy", "free"),
    [
        ([], [DAY]),
        ([DAY], []),
        ([Span(at(12), at(13))], [Span(at(9), at(12)), Span(at(13), at(17))]),
        ([Span(at(8), at(10))], [Span(at(10), at(17))]),
        ([Span(at(16), at(18))], [Span(at(9), at(16))]),
        ([Span(at(18), at(19))], [DAY]),
        ([Span(at(9), at(10)), Span(at(16), at(17))], [Span(at(10), at(16))]),
    ],
    ids=["nothing", "full", "lunch", "started early", "runs late", "after hours", "both ends"],
)
def test_free_spans_are_what_is_left_between_the_busy_ones(busy: list[Span], free: list[Span]) -> None:
    assert list(free_spans(DAY, busy)) == free


def test_a_start_is_offered_only_where_the_whole_visit_fits() -> None:
    starts = list(free_starts(Span(at(9), at(10)), [], Shape(length=45, before=0, after=0, step=15)))

    assert starts == [at(9), at(9, 15)]


def test_starts_fall_on_the_grid_of_the_opening_even_after_an_odd_visit() -> None:
    starts = list(free_starts(Span(at(9), at(11)), [Span(at(9), at(9, 20))], HALF_HOURS))

    assert starts == [at(9, 30), at(10), at(10, 30)]


def test_back_to_back_visits_touch_but_do_not_overlap() -> None:
    starts = list(free_starts(Span(at(9), at(11)), [Span(at(9, 30), at(10))], HALF_HOURS))

    assert starts == [at(9), at(10), at(10, 30)]


def test_a_buffer_after_keeps_its_distance_from_the_next_visit() -> None:
    shape = Shape(length=30, before=0, after=15, step=15)

    assert list(free_starts(Span(at(9), at(10)), [Span(at(10), at(11))], shape)) == [at(9), at(9, 15)]


def test_a_buffer_may_lie_outside_the_opening() -> None:
    shape = Shape(length=30, before=15, after=15, step=30)

    assert list(free_starts(Span(at(9), at(10)), [], shape)) == [at(9), at(9, 30)]


def test_nothing_is_offered_before_the_notice_is_over() -> None:
    assert list(free_starts(Span(at(9), at(10)), [], HALF_HOURS, not_before=at(9, 10))) == [at(9, 30)]


def test_an_offer_names_the_first_room_that_has_a_place_left() -> None:
    taken, half_taken = [[Span(at(9), at(10))]], [[Span(at(9), at(10))], []]

    found = offers(
        openings={"tom": [Span(at(9), at(10))]},
        busy={},
        rooms={"small": taken, "gym": half_taken},
        shape=Shape(length=60, before=0, after=0, step=60),
    )

    assert [(offer.practitioner, offer.room) for offer in found] == [("tom", "gym")]


def test_without_a_suitable_room_nothing_is_offered() -> None:
    openings = {"tom": [DAY]}

    assert offers(openings=openings, busy={}, rooms={}, shape=HALF_HOURS) == []
    assert len(offers(openings=openings, busy={}, rooms=None, shape=HALF_HOURS)) == 16


spans = st.lists(
    st.tuples(st.integers(0, 1440), st.integers(1, 240)).map(lambda t: Span(t[0], t[0] + t[1])), max_size=12
)
shapes = st.builds(Shape, st.integers(5, 120), st.integers(0, 30), st.integers(0, 30), st.sampled_from([5, 10, 15, 30]))


@given(spans, shapes)
def test_no_offered_time_ever_meets_a_busy_one(busy: list[Span], shape: Shape) -> None:
    taken = merged(busy)

    for start in free_starts(Span(0, 1440), taken, shape):
        wanted = Span(start - shape.before, start + shape.length + shape.after)
        assert all(wanted.end <= other.start or other.end <= wanted.start for other in busy)
        assert is_free(taken, wanted)
        assert start >= 0
        assert start + shape.length <= 1440


@given(spans, shapes)
def test_no_time_on_the_grid_that_fits_is_left_out(busy: list[Span], shape: Shape) -> None:
    taken = merged(busy)
    offered = set(free_starts(Span(0, 1440), taken, shape))

    for start in range(0, 1440 - shape.length + 1, shape.step):
        wanted = Span(start - shape.before, start + shape.length + shape.after)
        fits = all(wanted.end <= other.start or other.end <= wanted.start for other in busy)
        assert (start in offered) == fits
