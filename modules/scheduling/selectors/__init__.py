"""Reads that compute: the free times, and why others are not."""

from modules.scheduling.selectors.availability import Parts, parts_of
from modules.scheduling.selectors.checklist import Missing, asked_for, missing_at, rules_of_check_in
from modules.scheduling.selectors.colleagues import free_colleagues
from modules.scheduling.selectors.day_version import version_of_day
from modules.scheduling.selectors.facts import performing, suitable_rooms
from modules.scheduling.selectors.fairness import fairest, loads_around
from modules.scheduling.selectors.moment import Moment, Setting, Taking, read_moment
from modules.scheduling.selectors.obstacles import Obstacle, obstacles
from modules.scheduling.selectors.occasions import Look, Occasions, preferred, read_occasions
from modules.scheduling.selectors.slots import find_slots, next_free, slots_at
from modules.scheduling.selectors.wanted import LONGEST_SEARCH, Asker, Slot, Wanted, search_of_days

__all__ = [
    "LONGEST_SEARCH",
    "Asker",
    "Look",
    "Missing",
    "Moment",
    "Obstacle",
    "Occasions",
    "Parts",
    "Setting",
    "Slot",
    "Taking",
    "Wanted",
    "asked_for",
    "fairest",
    "find_slots",
    "free_colleagues",
    "loads_around",
    "missing_at",
    "next_free",
    "obstacles",
    "parts_of",
    "performing",
    "preferred",
    "read_moment",
    "read_occasions",
    "rules_of_check_in",
    "search_of_days",
    "slots_at",
    "suitable_rooms",
    "version_of_day",
]
