"""How much there is of something, said with its unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from modules.inventory.domain.units import amount


@pytest.mark.parametrize(
    ("quantity", "unit", "said"),
    [("7", "piece", "7 × piece"), ("1", "roll", "1 × roll"), ("250.500", "ml", "250.5 ml"), ("2", "Kg", "2 Kg")],
)
def test_a_word_of_the_tenants_own_is_counted_and_a_measure_is_not(quantity: str, unit: str, said: str) -> None:
    assert amount(Decimal(quantity), unit) == said
