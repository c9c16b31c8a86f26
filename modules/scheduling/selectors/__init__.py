"""Reads that compute: the free times, and why others are not."""

from modules.scheduling.selectors.facts import performing, suitable_rooms
from modules.scheduling.selectors.slots import find_slots, next_free
from modules.scheduling.selectors.wanted import LONGEST_SEARCH, Asker, Slot, Wanted, search_of_days

__all__ = [
    "LONGEST_SEARCH",
    "Asker",
    "Slot",
    "Wanted",
    "find_slots",
    "next_free",
    "performing",
    "search_of_days",
    "suitable_rooms",
]
