"""What Postgres itself can do, without us: the limit that bookings, invoices and events are held against."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg

TABLE = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.appointment (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), practitioner integer NOT NULL, during tstzrange NOT NULL,
    EXCLUDE USING gist (practitioner WITH =, during WITH &&)
);
"""
BOOK = """
INSERT INTO bare.appointment (practitioner, during)
SELECT %(who)s, tstzrange(start, start + interval '30 min')
FROM (SELECT timestamptz '2040-01-01' + %(slot)s * interval '30 min') AS x (start)
"""
PRACTITIONERS = 10


def bare_bookings(clients: int, bookings: int) -> tuple[float, list[float]]:
    """Return how long so many bookings at unique times took, and each of them, in seconds."""
    numbers = count()

    def book(connection: psycopg.Connection) -> None:
        number = next(numbers)
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [number % PRACTITIONERS])
            connection.execute(BOOK, {"who": number % PRACTITIONERS, "slot": number // PRACTITIONERS})

    return measure(TABLE, book, clients=clients, times=bookings)


def measure(
    tables: str, act: Callable[[psycopg.Connection], object], *, clients: int, times: int
) -> tuple[float, list[float]]:
    """Have `clients` connections do something so often together, each commit on the disk, on tables of `bare`.

    Return how long all of it took, and each time, in seconds.
    """
    address, numbers = os.environ["DATABASE_URL"], count()
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(tables)

    def work(connection: psycopg.Connection) -> list[float]:
        spent = []
        while next(numbers) < times:
            started = time.perf_counter()
            act(connection)
            spent.append(time.perf_counter() - started)
        return spent

    connections = [psycopg.connect(address, autocommit=True) for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        started = time.perf_counter()
        spent = [each for part in pool.map(work, connections) for each in part]
        seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("DROP SCHEMA bare CASCADE")
    return seconds, spent
