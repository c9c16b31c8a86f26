"""Exercises for at home: the library, sheets that people are given, what they did."""

from modules.crm.services.exercises.doing import (
    DayInvalid,
    DayIsOver,
    Done,
    NotOnSheet,
    NotTheirsToTick,
    note_day,
)
from modules.crm.services.exercises.library import (
    PICTURES,
    ExerciseDetails,
    ExerciseEnded,
    ExerciseInvalid,
    add_exercise,
    change_exercise,
    details_of,
    end_exercise,
)
from modules.crm.services.exercises.sheets import (
    ItemDetails,
    NotTheirsToPrescribe,
    SheetChanged,
    SheetDetails,
    SheetEnded,
    SheetInvalid,
    change_sheet,
    check_prescriber,
    compose_sheet,
    end_sheet,
)

__all__ = [
    "PICTURES",
    "DayInvalid",
    "DayIsOver",
    "Done",
    "ExerciseDetails",
    "ExerciseEnded",
    "ExerciseInvalid",
    "ItemDetails",
    "NotOnSheet",
    "NotTheirsToPrescribe",
    "NotTheirsToTick",
    "SheetChanged",
    "SheetDetails",
    "SheetEnded",
    "SheetInvalid",
    "add_exercise",
    "change_exercise",
    "change_sheet",
    "check_prescriber",
    "compose_sheet",
    "details_of",
    "end_exercise",
    "end_sheet",
    "note_day",
]
