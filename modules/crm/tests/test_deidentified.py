"""Nobody is alone in what leaves without names, whatever goes in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.crm.domain.deidentified import (
    AGE,
    MONTH,
    REGION,
    SEX,
    SPECIES,
    Anonymous,
    Row,
    age_in_years,
    anonymise,
    most_left_out,
)

WHO = (AGE, SEX, REGION, SPECIES)
AGES = st.one_of(st.just(""), st.integers(0, 115).map(str))
SEXES = st.sampled_from(["female", "male", "other", "unknown"])
REGIONS = st.sampled_from(["", "England", "Wales", "Leinster", "Lazio"])
PEOPLE = st.lists(st.tuples(AGES, SEXES, REGIONS, st.sampled_from(["", "Dog", "Cat"])), max_size=120)
KS = st.integers(5, 30)


def rows_of(people: list[tuple[str, ...]]) -> list[Row]:
    return [Row(number, values) for number, values in enumerate(people)]


def classes_of(rows: list[Row], said: Anonymous) -> dict[tuple[str, ...], set[Any]]:
    classes: dict[tuple[str, ...], set[Any]] = defaultdict(set)
    for row, values in zip(rows, said.rows, strict=True):
        if values is not None:
            classes[values].add(row.who)
    return classes


@given(PEOPLE, KS)
def test_behind_each_combination_there_are_k_people_or_more(people: list[tuple[str, ...]], k: int) -> None:
    rows = rows_of(people)

    said = anonymise(rows, WHO, k=k)

    sizes = [len(who) for who in classes_of(rows, said).values()]
    assert all(size >= k for size in sizes)
    assert said.smallest == min(sizes, default=0)


@given(PEOPLE, KS)
def test_what_was_left_out_is_nobody_or_k_people_or_more(people: list[tuple[str, ...]], k: int) -> None:
    said = anonymise(rows_of(people), WHO, k=k)

    left_out = len(people) - said.people
    if said.people_left_out is None:
        assert (said.people, 0 < left_out < k) == (0, True)
    else:
        assert said.people_left_out == left_out
        assert left_out == 0 or left_out >= k
        assert left_out <= most_left_out(k=k, of=len(people))


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["2026-01", "2026-02", "2026-07"])), max_size=150), KS)
def test_somebody_who_came_often_counts_once(visits: list[tuple[int, str]], k: int) -> None:
    rows = [Row(who, (month,)) for who, month in visits]

    said = anonymise(rows, (MONTH,), k=k)

    assert all(len(who) >= k for who in classes_of(rows, said).values())


@given(PEOPLE, KS)
def test_the_same_people_give_the_same_answer(people: list[tuple[str, ...]], k: int) -> None:
    assert anonymise(rows_of(people), WHO, k=k) == anonymise(rows_of(people), WHO, k=k)


@given(PEOPLE)
def test_with_more_wanted_than_there_are_people_nothing_is_said_of_anybody(people: list[tuple[str, ...]]) -> None:
    said = anonymise(rows_of(people), WHO, k=len(people) + 1)

    assert set(said.rows) <= {None}
    assert said.people_left_out == (None if people else 0)


def test_as_little_is_generalised_as_has_to_be() -> None:
    ordinary = [("34", "female", "England", "")] * 11 + [("37", "male", "England", "")] * 11

    exact = anonymise(rows_of(ordinary), WHO, k=11)
    wider = anonymise(rows_of([*ordinary, ("45", "female", "England", "")]), WHO, k=11)

    assert exact.levels == {"age": "ten years", "sex": "as it is", "region": "first level", "species": "as it is"}
    assert set(exact.rows) == {("30-39", "female", "England", ""), ("30-39", "male", "England", "")}
    assert wider.levels["age"] == "child, adult, older"
    assert (wider.people, wider.people_left_out) == (23, 0)


def test_the_rare_ones_are_left_out_when_they_are_many_enough_not_to_be_told() -> None:
    rare = [(str(20 + 10 * number), "other", "Lazio", "") for number in range(5)]

    said = anonymise(rows_of([("34", "female", "England", "")] * 100 + rare), WHO, k=5)

    assert (said.people, said.people_left_out, said.smallest) == (100, 5, 100)


@pytest.mark.parametrize(
    ("age", "bands"),
    [
        ("", ("", "", "", "*")),
        ("0", ("0-9", "0-19", "0-17", "*")),
        ("17", ("10-19", "0-19", "0-17", "*")),
        ("64", ("60-69", "60-79", "18-64", "*")),
        ("89", ("80-89", "80+", "65+", "*")),
        ("104", ("90+", "80+", "65+", "*")),
    ],
)
def test_an_age_is_widened_step_by_step(age: str, bands: tuple[str, ...]) -> None:
    assert tuple(widen(age) for _name, widen in AGE.levels) == bands


@pytest.mark.parametrize(
    ("born", "age"),
    [(None, ""), (date(2000, 3, 4), "26"), (date(2000, 3, 5), "25"), (date(2027, 1, 1), "")],
    ids=["not known", "birthday today", "birthday tomorrow", "not born yet"],
)
def test_an_age_is_in_whole_years(born: date | None, age: str) -> None:
    assert age_in_years(born, on=date(2026, 3, 4)) == age


def test_a_month_is_widened_to_its_quarter_and_its_year() -> None:
    assert [tuple(widen(month) for _name, widen in MONTH.levels) for month in ("2026-03", "2026-10")] == [
        ("2026-03", "2026-Q1", "2026", "*"),
        ("2026-10", "2026-Q4", "2026", "*"),
    ]
