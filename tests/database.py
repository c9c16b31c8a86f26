"""A database of one's own, copied from the template in a fraction of a second."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections

TEMPLATE = str(settings.DATABASES["default"]["NAME"])


@contextmanager
def copied_database(name: str) -> Iterator[None]:
    """Make a copy of the template, point Django at it, and drop it afterwards."""
    with database_copy(name):
        before = _point_django_at(name)
        try:
            yield
        finally:
            _point_django_at(before)


@contextmanager
def database_copy(name: str) -> Iterator[str]:
    """Make a copy of the template for other processes, and drop it afterwards. Yield its URL."""
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    try:
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    finally:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _point_django_at(name: str) -> str:
    before = str(connections["default"].settings_dict["NAME"])
    connections["default"].close()
    # Threads make connections of their own, from the settings that all of them share.
    connections.settings["default"]["NAME"] = name
    connections["default"].settings_dict["NAME"] = name
    return before


def _administer(statement: str) -> None:
    database = settings.DATABASES["default"]
    with psycopg.connect(
        dbname="postgres", user=database["USER"], host=database["HOST"], autocommit=True
    ) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def redis_of_worker(worker: str) -> str:
    """Return the broker's URL with a database number of this test worker's own."""
    return redis_number(int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 1)


def redis_number(number: int) -> str:
    server, _, _ = str(settings.REDIS_URL).partition("?")
    return f"{server}?db={number}"
