"""Database errors in words that may be kept and shown: names of tables, never what is in them."""

from __future__ import annotations

import traceback

import psycopg
from psycopg import errors

# What these say names parts of the structure. Other messages quote values, which may be somebody's data.
ABOUT_STRUCTURE = ("0A", "25", "40", "42", "53", "54", "55", "57", "58")
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected)


def in_words(error: BaseException) -> str:
    """Say what went wrong, in a line."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error) or cause.sqlstate is None:
        return f"{type(error).__name__} at {_where(error)}"
    told, name = cause.diag, type(cause).__name__
    if cause.sqlstate[:2] in ABOUT_STRUCTURE:
        return f"{name}: {told.message_primary}"
    names = (told.table_name, told.column_name, told.constraint_name)
    return f"{name}: {', '.join(name for name in names if name)}".rstrip(": ")


def is_busy(error: BaseException) -> bool:
    """Test whether it only failed because somebody else holds a lock."""
    return isinstance(error.__cause__, BUSY)


def _where(error: BaseException) -> str:
    """Return the innermost line: of a data migration that is its own, and it needs no message to be found."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"
