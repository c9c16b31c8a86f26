"""What of a tenant's tables stays as it is when the tenant is put back to a backup."""

from __future__ import annotations

from typing import NamedTuple


class Lasts(NamedTuple):
    """A model says `when_restored = Lasts(…)` where a backup must not have the last word.

    Who has left does not come back, what was sent is not sent again, and what was logged stays logged.
    """

    by: str = "id"  # the column that tells its rows apart
    only: tuple[str, str] | None = None  # a column and its value: the rows that it is about
    known: bool = False  # nothing is added: rows that the backup has, too, are as they are today
    ends: tuple[str, str] | None = None  # what closes a row that the backup has and today has not: a column, a value
