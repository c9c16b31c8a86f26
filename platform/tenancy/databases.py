"""Where rooms are kept: all in one database, or the platform in one (control) and the tenants in another (the cell).

A deployment says which by naming a second database (`CELL_DATABASE_URL`). Django knows the cell's address as the alias
"cell" and nothing more: everything goes through the default alias, whose engine holds a connection to each and swaps
them when the place changes (decision 0017).
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

CONTROL = DEFAULT_DB_ALIAS
CELL = "cell"


def is_split() -> bool:
    """Test whether tenants are kept in a database of their own."""
    return CELL in connections.settings


def databases() -> tuple[str, ...]:
    """Return the names of the databases there are, the platform's first."""
    return (CONTROL, CELL) if is_split() else (CONTROL,)


def settings_of(database: str) -> dict[str, Any]:
    """Return how to reach a database, as Django's settings say it."""
    return connections.settings[database]
