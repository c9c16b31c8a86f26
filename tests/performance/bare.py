"""What Postgres itself can do, without us: the limit that bookings are held against."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Lock

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
    address = os.environ["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(TABLE)
    numbers, turn = count(), Lock()

    def work(connection: psycopg.Connection) -> list[float]:
        times = []
        while True:
            with turn:
                number = next(numbers)
            if number >= bookings:
                return times
            started = time.perf_counter()
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [number % PRACTITIONERS])
                connection.execute(BOOK, {"who": number % PRACTITIONERS, "slot": number // PRACTITIONERS})
            times.append(time.perf_counter() - started)

    connections = [psycopg.connect(address, autocommit=True) for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        started = time.perf_counter()
        times = [each for part in pool.map(work, connections) for each in part]
        seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("DROP SCHEMA bare CASCADE")
    return seconds, times
