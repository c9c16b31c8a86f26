"""Which times are free: plain minutes, so plain tables."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.scheduling.domain.availability import Calendar, Offer, Resource, Shape, offers
from modules.scheduling.domain.minutes import Frame, Span, combed, merged, minutes_of, painted, spans_of, with_room_for

TOM, HERE, SMALL, GYM, LASER, OLD_LASER = (UUID(int=n) for n in range(6))
FRAME = Frame(0, 2000)


def at(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


def starts(opening: Span, busy: list[Span], shape: Shape, *, step: int = 30) -> list[int]:
    calendar = Calendar(TOM, HERE, painted([opening], FRAME), combed(opening, step, FRAME), painted(busy, FRAME))
    return [each.start for each in offers(frame=FRAME, shape=shape, calendars=[calendar], rooms=None, equipment={})]


@pytest.mark.parametrize(
    ("shape", "busy", "found"),
    [
        (Shape(30), [], [at(9), at(9, 30), at(10), at(10, 30)]),
        (Shape(45), [], [at(9), at(9, 30), at(10)]),
        (Shape(30), [Span(at(9), at(9, 20))], [at(9, 30), at(10), at(10, 30)]),
        (Shape(30), [Span(at(9, 30), at(10))], [at(9), at(10), at(10, 30)]),
        (Shape(30, after=15), [Span(at(10), at(11))], [at(9)]),
        (Shape(30, before=15, after=15), [], [at(9), at(9, 30), at(10), at(10, 30)]),
        (Shape(30), [Span(at(8), at(12))], []),
    ],
    ids=["free", "fits whole", "keeps the grid", "back to back", "buffer", "buffers outside the hours", "full"],
)
def test_a_start_is_offered_where_the_whole_visit_fits(shape: Shape, busy: list[Span], found: list[int]) -> None:
    assert starts(Span(at(9), at(11)), busy, shape) == found


def _resource(name: UUID, *places: list[Span]) -> Resource:
    return Resource(name, [painted(busy, FRAME) for busy in places])


def test_a_visit_gets_the_first_room_with_a_place_and_a_free_piece_of_each_kind() -> None:
    nine, ten = Span(at(9), at(10)), Span(at(10), at(11))
    calendar = Calendar(TOM, HERE, painted([nine, ten], FRAME), combed(Span(nine.start, ten.end), 60, FRAME), 0)
    found = offers(
        frame=FRAME,
        shape=Shape(60),
        calendars=[calendar],
        rooms={HERE: [_resource(SMALL, [nine]), _resource(GYM, [nine, ten], [ten])]},
        equipment={HERE: [[_resource(OLD_LASER, [ten]), _resource(LASER, [])]]},
    )

    assert found == [Offer(at(9), TOM, HERE, GYM, (OLD_LASER,)), Offer(at(10), TOM, HERE, SMALL, (LASER,))]


@pytest.mark.parametrize(("rooms", "kinds"), [({}, {}), (None, {HERE: [[]]})], ids=["no room", "no device"])
def test_what_is_needed_and_not_there_leaves_nothing_to_offer(rooms: dict | None, kinds: dict) -> None:
    calendar = Calendar(TOM, HERE, FRAME.whole, FRAME.whole, 0)

    assert offers(frame=FRAME, shape=Shape(60), calendars=[calendar], rooms=rooms, equipment=kinds) == []


spans = st.lists(
    st.tuples(st.integers(-100, 2100), st.integers(1, 240)).map(lambda t: Span(t[0], t[0] + t[1])), max_size=12
)


@given(spans, st.integers(1, 200), st.integers(0, 30), st.integers(0, 30), st.sampled_from([5, 7, 15, 60]))
def test_the_offered_times_are_those_that_a_plain_look_finds(
    busy: list[Span], length: int, before: int, after: int, step: int
) -> None:
    opening, shape = Span(200, 1640), Shape(length, before, after)
    plain = [
        start
        for start in range(opening.start, opening.end - length + 1, step)
        if not any(Span(start - before, start + length + after).meets(other) for other in busy)
    ]

    assert starts(opening, busy, shape, step=step) == plain


@given(spans, st.integers(1, 300))
def test_bits_say_what_the_spans_say(drawn: list[Span], length: int) -> None:
    bits = painted(drawn, FRAME)
    inside = [Span(max(s, 0), min(e, FRAME.end)) for s, e in drawn if s < FRAME.end and e > 0]

    assert list(spans_of(bits, FRAME)) == merged(inside)
    assert list(minutes_of(with_room_for(bits, length), FRAME)) == [
        minute for start, end in merged(inside) for minute in range(start, end - length + 1)
    ]
