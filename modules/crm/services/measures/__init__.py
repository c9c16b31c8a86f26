"""Measures: what is measured here, values, and values that were a mistake."""

from modules.crm.services.measures.kinds import (
    MeasureInvalid,
    MeasureKindDetails,
    add_measure_kind,
    change_measure_kind,
    end_measure_kind,
)
from modules.crm.services.measures.measuring import (
    Measured,
    NotTheirsToMeasure,
    correct_measurement,
    measure,
    strike_measurement,
)

__all__ = [
    "MeasureInvalid",
    "MeasureKindDetails",
    "Measured",
    "NotTheirsToMeasure",
    "add_measure_kind",
    "change_measure_kind",
    "correct_measurement",
    "end_measure_kind",
    "measure",
    "strike_measurement",
]
