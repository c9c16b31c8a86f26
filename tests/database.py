"""A database of one's own (or two, where tenants have theirs), copied from the template in a fraction of a second."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections, transaction

from tenancy import use_cell
from tenancy.databases import CELL, CONTROL, databases, is_split, settings_of

TEMPLATES = {database: str(settings_of(database)["NAME"]) for database in databases()}
VARIABLES = {CONTROL: "DATABASE_URL", CELL: "CELL_DATABASE_URL"}


@contextmanager
def copied_database(name: str) -> Iterator[None]:
    """Make a copy of the template, point Django at it, and drop it afterwards."""
    with database_copy(name):
        before = _point_django_at(_names(name))
        try:
            yield
        finally:
            _point_django_at(before)


@contextmanager
def database_copy(name: str) -> Iterator[dict[str, str]]:
    """Make a copy of the template for other processes, and drop it afterwards. Yield what their environment says."""
    copies = _names(name)
    for database, copy in copies.items():
        _administer(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        _administer(f'CREATE DATABASE "{copy}" TEMPLATE "{TEMPLATES[database]}"')
    try:
        yield {VARIABLES[database]: _url(database, copy) for database, copy in copies.items()}
    finally:
        for copy in copies.values():
            _drop(copy)


@contextmanager
def rolled_back_cell() -> Iterator[None]:
    """Take back what a test does to the tenants' database, as pytest-django does for the platform's."""
    if not is_split():
        yield
        return
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # rooms may be changed inside of it
    with use_cell():
        around.__enter__()
    yield
    with use_cell():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


def _names(name: str) -> dict[str, str]:
    return {database: name if database == CONTROL else f"{name}_{database}" for database in databases()}


def _url(database: str, name: str) -> str:
    return urlsplit(os.environ[VARIABLES[database]])._replace(path=f"/{name}").geturl()


def _point_django_at(names: Mapping[str, str]) -> dict[str, str]:
    before = {database: str(settings_of(database)["NAME"]) for database in names}
    connections[CONTROL].close()
    for database, name in names.items():
        settings_of(database)["NAME"] = name  # threads make connections of their own, from what all of them share
    return before


def _drop(name: str, *, tries: int = 20) -> None:
    """Drop a database. A vacuum that is at it is the server's own, and not ours to end: it is waited for."""
    try:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    except psycopg.errors.InsufficientPrivilege:
        if not tries:
            raise
        time.sleep(0.5)
        _drop(name, tries=tries - 1)


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
