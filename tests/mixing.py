"""Finds statements that touch tables of the platform and of a tenant at once: past one cluster they could not run."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.backends.signals import connection_created
from psycopg import sql as psycopg_sql

from tenancy.grants import TENANTS_MAY

mixed: list[str] = []  # what was found since somebody last looked

# What is quoted as a text or a comment names no table; the body of a function is run by another statement.
NOT_NAMES = re.compile(r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/", re.DOTALL)
NAMES = re.compile(r'"([^"]+)"|\b([a-z_][a-z0-9_]*)\b', re.IGNORECASE)


@cache
def tables_of_the_platform() -> frozenset[str]:
    return _tables(settings.SHARED_APPS) - set(TENANTS_MAY)


@cache
def tables_of_a_tenant() -> frozenset[str]:
    return _tables(settings.TENANT_APPS)


def _tables(names: list[str]) -> frozenset[str]:
    configs = [config for config in apps.get_app_configs() if config.name in names]
    return frozenset(m._meta.db_table for config in configs for m in config.get_models(include_auto_created=True))


@lru_cache(maxsize=20_000)
def is_mixed(statement: str) -> bool:
    named = {quoted or plain.lower() for quoted, plain in NAMES.findall(NOT_NAMES.sub(" ", statement))}
    return not named.isdisjoint(tables_of_the_platform()) and not named.isdisjoint(tables_of_a_tenant())


def watch() -> None:
    """Look at every statement of every connection that is made from now on, in whichever thread."""
    connection_created.connect(_watch_connection, dispatch_uid="mixing")


def _watch_connection(*, connection: Any, **_: Any) -> None:
    if _note_if_mixed not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _note_if_mixed)  # whoever adds one takes the last away again


def _note_if_mixed(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    statement = sql.as_string(None) if isinstance(sql, psycopg_sql.Composable) else str(sql)
    if is_mixed(statement):
        mixed.append(statement)
    return execute(sql, params, many, context)
