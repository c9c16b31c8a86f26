"""The chart of a body: every place has one region, both sides are alike, and what is kept is read again."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import get_template
from hypothesis import given
from hypothesis import strategies as st

from modules.crm.domain.body.changes import changed_marks
from modules.crm.domain.body.figures import FIGURES, figure_of
from modules.crm.domain.body.marks import (
    LONGEST_WORDS,
    MOST_MARKS,
    BodyChart,
    Mark,
    MarkKind,
    NotAMark,
    NotOnTheScale,
    Pain,
    read_chart,
    read_marks,
    read_pain,
    write_chart,
)
from modules.crm.domain.body.shapes import FULL, Figure, Side, View
from modules.crm.domain.subjects import Subject
from modules.crm.models.body import KINDS, PARTS, VIEWS
from modules.crm.selectors.body import sheets_of

PERSON = FIGURES["person"]
VIEWS_OF_ALL = [(figure, view) for figure in FIGURES.values() for view in figure.views]
IDS = [f"{figure.name}-{view.name}" for figure, view in VIEWS_OF_ALL]

places = st.integers(0, FULL)
strengths = st.none() | st.integers(0, 10)


@st.composite
def marks(draw: st.DrawFn, figure: Figure = PERSON) -> Mark:
    return Mark(
        view=draw(st.sampled_from([view.name for view in figure.views])),
        x=draw(places),
        y=draw(places),
        kind=draw(st.sampled_from(MarkKind)),
        strength=draw(strengths),
        text=" ".join(draw(st.text(max_size=LONGEST_WORDS)).split()),
    )


@pytest.mark.parametrize(("figure", "view"), VIEWS_OF_ALL, ids=IDS)
def test_the_middle_of_a_region_is_on_the_sheet_and_in_that_region(figure: Figure, view: View) -> None:
    for region in view.regions:
        place = view.middle_of(region)

        assert view.has(*place)
        assert view.region_at(*place) == region, region.name


@pytest.mark.parametrize(("figure", "view"), VIEWS_OF_ALL, ids=IDS)
def test_everything_on_a_view_has_a_name_once_words_and_a_drawing(figure: Figure, view: View) -> None:
    assert len(view.by_name) == len(view.regions)
    assert {region.part for region in view.regions} <= set(PARTS)
    assert view.name in VIEWS
    (sheet,) = [each for each in sheets_of(figure, BodyChart()) if each.view == view]
    assert "skin" in get_template(sheet.drawing).render()


@given(x=places, y=places, at=st.sampled_from(VIEWS_OF_ALL))
def test_every_place_has_a_region(x: int, y: int, at: tuple[Figure, View]) -> None:
    _figure, view = at

    assert view.region_at(x, y) in view.regions


@given(x=places, y=places, name=st.sampled_from(["front", "back"]))
def test_what_is_left_on_one_half_is_right_on_the_other(x: int, y: int, name: str) -> None:
    view = PERSON.by_name[name]
    here, there = view.region_at(x, y), view.region_at(FULL - x, y)

    if here.side is not Side.NONE and view.width * abs(x - FULL / 2) / FULL > 1:
        assert (here.part, {here.side, there.side}) == (there.part, {Side.LEFT, Side.RIGHT})


@given(x=places, y=places, figure=st.sampled_from(list(FIGURES.values())))
def test_the_right_side_is_the_left_one_the_other_way_round(x: int, y: int, figure: Figure) -> None:
    here, there = (figure.by_name[side].region_at(*at) for side, at in (("left", (x, y)), ("right", (FULL - x, y))))

    assert here.part == there.part
    assert (here.side, there.side) in {(Side.LEFT, Side.RIGHT), (Side.NONE, Side.NONE)}


@given(
    chart=st.builds(
        BodyChart,
        figure=st.just("person"),
        marks=st.lists(marks(), max_size=5).map(tuple),
        pain=st.builds(Pain, now=strengths, rest=strengths, worst=strengths),
    )
)
def test_what_is_kept_is_read_again(chart: BodyChart) -> None:
    kept = read_chart(write_chart(chart))

    assert (kept.marks, kept.pain) == (chart.marks, chart.pain)
    assert kept.figure == ("person" if chart.marks else "")
    sent = [{"view": one.view, "x": one.x, "y": one.y, "kind": one.kind, "strength": one.strength, "text": one.text}
            for one in chart.marks]  # fmt: skip
    assert read_marks(PERSON, sent) == chart.marks


GOOD = {"view": "front", "x": 300, "y": 200, "kind": "pain"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"view": "above"}, "view"),
        ({"view": ""}, "view"),
        ({"x": -1}, "x"),
        ({"x": 1001}, "x"),
        ({"y": 1001}, "y"),
        ({"x": True}, "x"),
        ({"x": "left"}, "x"),
        ({"x": 3.5}, "x"),
        ({"y": None}, "y"),
        ({"x": None, "y": None}, "region"),
        ({"x": None, "y": None, "region": "left-hoof"}, "region"),
        ({"kind": "itching"}, "kind"),
        ({"kind": None}, "kind"),
        ({"strength": 11}, "strength"),
        ({"strength": -1}, "strength"),
        ({"strength": True}, "strength"),
        ({"text": "x" * (LONGEST_WORDS + 1)}, "text"),
        ({"text": 5}, "text"),
    ],
)
def test_what_is_no_mark_is_refused_with_what_is_wrong_with_it(said: dict[str, Any], field: str) -> None:
    with pytest.raises(NotAMark) as refused:
        read_marks(PERSON, [GOOD, GOOD | said])

    assert (refused.value.field, refused.value.number) == (field, 1)


def test_a_chart_has_room_for_so_many_marks() -> None:
    assert len(read_marks(PERSON, [GOOD] * MOST_MARKS)) == MOST_MARKS
    with pytest.raises(NotAMark) as refused:
        read_marks(PERSON, [GOOD] * 500)
    assert refused.value.field == "marks"


@pytest.mark.parametrize("value", [11, -1, True, "5", 5.0])
def test_pain_is_a_whole_number_from_0_to_10(value: Any) -> None:
    with pytest.raises(NotOnTheScale) as refused:
        read_pain({"now": 3, "rest": None, "worst": value})
    assert refused.value.field == "worst"


@pytest.mark.parametrize(
    ("subject", "species", "figure"),
    [
        (Subject.PERSON, "", "person"),
        (Subject.PERSON, "Dog", "dog"),
        (Subject.ANIMAL, "Dog", "dog"),
        (Subject.ANIMAL, "Shetland pony", "horse"),
        (Subject.ANIMAL, "CAT", "cat"),
        (Subject.ANIMAL, "Guinea pig", "small"),
        (Subject.ANIMAL, "Katze", "small"),
        (Subject.ANIMAL, "", "small"),
        (Subject.ANIMAL, "Bird", None),
        (Subject.CUSTOMER, "", None),
    ],
)
def test_whose_chart_it_is_goes_by_the_practice_and_the_species(
    subject: Subject, species: str, figure: str | None
) -> None:
    found = figure_of(subject, species)

    assert (found.name if found else None) == figure


@given(before=st.lists(marks(), max_size=4), after=st.lists(marks(), max_size=4))
def test_every_mark_came_went_changed_or_stayed(before: list[Mark], after: list[Mark]) -> None:
    one, other = (BodyChart(figure="person", marks=tuple(each)) for each in (before, after))

    changes = changed_marks(one, other)

    left = list(before)
    for change in changes:
        if change.before is not None:
            left.remove(change.before)
    came = [change.after for change in changes if change.after is not None]
    assert sorted([*left, *came], key=repr) == sorted(after, key=repr)


def test_every_kind_has_a_word() -> None:
    assert set(KINDS) == set(MarkKind)
