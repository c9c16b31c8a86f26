"""Refuse a pooler that hands each transaction to another session of the server, as PgBouncer's transaction mode does.

A role and a search path belong to a session. Behind such a pooler they are set in one and missing in the next: of 1,200
requests, 921 ran in another tenant's room (research: tenancy §1.2). A pooler in session mode is fine.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured

from tenancy.places import everywhere, this_connection

logger = logging.getLogger(__name__)

ROUNDS = 6  # a quiet pooler is found in the first, one that others use at the same moment in one of them
PATIENCE_SECONDS = 10.0  # a pooler with nothing free keeps us waiting

_found_fit: set[str] = set()
_looking = threading.Lock()


class TransactionPooler(ImproperlyConfigured):
    """Rooms cannot be kept apart behind this pooler."""


def check_at_boot() -> None:
    """Refuse to start behind a transaction pooler. A database that does not answer yet is looked at when it does."""
    for into in everywhere():
        with into():
            here = this_connection()
            try:
                check_once(here.database, here.get_connection_params())
            except psycopg.OperationalError:
                logger.warning("The database does not answer yet; whether a pooler is in between is looked at later.")


def check_once(database: str, address: Mapping[str, Any]) -> None:
    """Look at the way to a database before this process first goes there. Raises `TransactionPooler`."""
    if database in _found_fit:
        return
    with _looking:
        if database not in _found_fit and shares_sessions(address):
            raise TransactionPooler(
                "Between Atrium and its database is a pooler that gives each transaction another session. Roles and"
                " search paths get lost there, and tenants would see each other's rows. Use its session mode, or none."
            )
        _found_fit.add(database)


def shares_sessions(address: Mapping[str, Any]) -> bool:
    """Test whether two connections to `address` are ever served by one session, or one of them by two."""
    plain = {**address, "autocommit": True, "prepare_threshold": None}  # what is prepared gets lost there, too
    with ExitStack() as both:
        ours, theirs = (both.enter_context(psycopg.connect(**plain)) for _ in range(2))
        both.enter_context(_hung_up_on(ours, theirs, after=PATIENCE_SECONDS))
        return any(_differ(ours, theirs) for _ in range(ROUNDS))


@contextmanager
def _hung_up_on(*waiting: psycopg.Connection[Any], after: float) -> Iterator[None]:
    """End connections from this side, and raise `OperationalError`, if the block takes longer than so many seconds."""
    lines = [socket.socket(fileno=os.dup(each.fileno())) for each in waiting]
    is_late = threading.Event()

    def hang_up() -> None:
        is_late.set()
        for line in lines:
            with suppress(OSError):  # the other side was quicker
                line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(after, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for line in lines:
            line.close()
        if is_late.is_set():  # one end that was cut off may have let the other through
            raise psycopg.OperationalError("The database, or what is in between, took too long.")


def _differ(ours: psycopg.Connection[Any], theirs: psycopg.Connection[Any]) -> bool:
    """See whether we keep our session, when nobody else wants one and when another's transaction holds one."""
    seen = {_session(ours), _session(ours)}
    theirs.execute("BEGIN")
    if _session(theirs) in seen:
        return True
    seen.add(_session(ours))
    theirs.execute("ROLLBACK")
    return len(seen) > 1


def _session(asked: psycopg.Connection[Any]) -> int:
    found = asked.execute("SELECT pg_backend_pid()").fetchone()
    assert found is not None  # noqa: S101 - it always has a number
    return int(found[0])
