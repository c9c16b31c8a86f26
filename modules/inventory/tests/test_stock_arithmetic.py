"""Which way stock goes, when it runs low, how full a shelf is: plain numbers, so plain tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.inventory.domain.stock import ADDS, TAKES, Kind, delta_of, fullness, is_low, is_quantity, ran_low

quantities = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10) ** 8, places=3)


@pytest.mark.parametrize(
    ("value", "can_be_kept"),
    [("1", True), ("0.001", True), ("0.0001", False), ("999999999.999", True), ("1000000000", False), ("NaN", False)],
)
def test_the_ledger_keeps_thousandths_and_nothing_finer(value: str, can_be_kept: bool) -> None:
    assert is_quantity(Decimal(value)) is can_be_kept


@given(quantities, st.sampled_from(sorted(ADDS | TAKES)))
def test_what_arrives_adds_and_what_leaves_takes(quantity: Decimal, kind: Kind) -> None:
    assert (delta_of(kind, quantity) > 0) == (kind in ADDS)
    assert abs(delta_of(kind, quantity)) == quantity


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [("11", "10", True), ("12", "3", True), ("10", "9", False), ("12", "11", False), ("9", "20", False)],
    ids=["onto the point", "past it", "below it already", "above it still", "upwards"],
)
def test_a_shelf_runs_low_once_per_crossing(before: str, after: str, crossed: bool) -> None:
    assert ran_low(before=Decimal(before), after=Decimal(after), reorder_point=Decimal(10)) is crossed


@given(st.lists(st.decimals(-50, 50, places=3), max_size=30), st.decimals(0, 40, places=3))
def test_alarms_and_recoveries_alternate(deltas: list[Decimal], point: Decimal) -> None:
    level, alarms, recoveries = Decimal(100), 0, 0
    for delta in deltas:
        alarms += ran_low(before=level, after=level + delta, reorder_point=point)
        recoveries += is_low(level, point) and not is_low(level + delta, point)
        level += delta
    assert 0 <= alarms - recoveries <= 1


@pytest.mark.parametrize(
    ("on_hand", "reorder_point", "per_cent"),
    [
        ("0", "10", 0),
        ("5", "10", 25),
        ("10", "10", 50),
        ("20", "10", 100),
        ("900", "10", 100),
        ("3", "0", 100),
        ("0", "0", 0),
    ],
)
def test_a_shelf_is_half_full_where_one_reorders(on_hand: str, reorder_point: str, per_cent: int) -> None:
    assert fullness(Decimal(on_hand), Decimal(reorder_point)) == per_cent
