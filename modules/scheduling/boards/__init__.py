"""What the day, the week and the month look like: plain rows in their order; templates only show them."""

from modules.scheduling.boards.calendar import Grid, Wanted, calendar_grid, resources_seen_by
from modules.scheduling.boards.cards import Card, Filter
from modules.scheduling.boards.groups import shown_groups
from modules.scheduling.boards.held import Held, held_times
from modules.scheduling.boards.month import Month, month_board
from modules.scheduling.boards.today import Today, today_board
from modules.scheduling.boards.visits import (
    By,
    Resource,
    Visit,
    practitioners_of,
    shown_visits,
    visit_of,
    visits_as_json,
)

__all__ = [
    "By",
    "Card",
    "Filter",
    "Grid",
    "Held",
    "Month",
    "Resource",
    "Today",
    "Visit",
    "Wanted",
    "calendar_grid",
    "held_times",
    "month_board",
    "practitioners_of",
    "resources_seen_by",
    "shown_groups",
    "shown_visits",
    "today_board",
    "visit_of",
    "visits_as_json",
]
