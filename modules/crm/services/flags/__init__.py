"""Flags: what whoever meets a patient has to know."""

from modules.crm.services.flags.kinds import FlagKindDetails, add_flag_kind, end_flag_kind
from modules.crm.services.flags.raising import (
    FlagDetails,
    FlagEnded,
    FlagInvalid,
    NotYoursToFlag,
    categories_for,
    change_flag,
    end_flag,
    may_change_flag,
    raise_flag,
    reaches_for,
)

__all__ = [
    "FlagDetails",
    "FlagEnded",
    "FlagInvalid",
    "FlagKindDetails",
    "NotYoursToFlag",
    "add_flag_kind",
    "categories_for",
    "change_flag",
    "end_flag",
    "end_flag_kind",
    "may_change_flag",
    "raise_flag",
    "reaches_for",
]
