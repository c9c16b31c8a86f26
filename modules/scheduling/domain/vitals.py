"""What is measured when somebody arrives: in which unit, and what can be true of a living being."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Sign(StrEnum):
    SYSTOLIC = "SYSTOLIC"
    DIASTOLIC = "DIASTOLIC"
    PULSE = "PULSE"
    TEMPERATURE = "TEMPERATURE"
    WEIGHT = "WEIGHT"
    HEIGHT = "HEIGHT"
    SPO2 = "SPO2"
    RESPIRATION = "RESPIRATION"
    PAIN = "PAIN"


@dataclass(frozen=True, slots=True)
class Measure:
    """`low` to `high` is what can be true, not what is healthy. `places` are the decimals that are kept."""

    unit: str  # UCUM
    low: Decimal
    high: Decimal
    places: int = 0

    def can_be(self, value: Decimal) -> bool:
        exponent = value.as_tuple().exponent
        return self.low <= value <= self.high and isinstance(exponent, int) and -exponent <= self.places


def _measure(unit: str, low: str, high: str, places: int = 0) -> Measure:
    return Measure(unit, Decimal(low), Decimal(high), places)


OF_PEOPLE: Mapping[Sign, Measure] = {
    Sign.SYSTOLIC: _measure("mm[Hg]", "40", "300"),
    Sign.DIASTOLIC: _measure("mm[Hg]", "20", "200"),
    Sign.PULSE: _measure("/min", "20", "300"),
    Sign.TEMPERATURE: _measure("Cel", "25", "45", 1),
    Sign.WEIGHT: _measure("kg", "0.2", "500", 2),
    Sign.HEIGHT: _measure("cm", "20", "260", 1),
    Sign.SPO2: _measure("%", "30", "100"),
    Sign.RESPIRATION: _measure("/min", "3", "100"),
    Sign.PAIN: _measure("{score}", "0", "10"),
}
OF_ANIMALS: Mapping[Sign, Measure] = {
    Sign.WEIGHT: _measure("kg", "0.01", "1500", 2),
    Sign.TEMPERATURE: _measure("Cel", "20", "45", 1),
    Sign.PULSE: _measure("/min", "10", "600"),
    Sign.RESPIRATION: _measure("/min", "2", "300"),
}


def measures_of(*, is_animal: bool) -> Mapping[Sign, Measure]:
    return OF_ANIMALS if is_animal else OF_PEOPLE


def is_upside_down(values: Mapping[Sign, Decimal | None]) -> bool:
    """Test whether a blood pressure has its two numbers exchanged."""
    systolic, diastolic = values.get(Sign.SYSTOLIC), values.get(Sign.DIASTOLIC)
    return systolic is not None and diastolic is not None and diastolic >= systolic
