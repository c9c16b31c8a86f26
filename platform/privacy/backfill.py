"""Seal what is not sealed with its tenant's newest key, in small steps, while the practice works on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from psycopg import sql

from privacy.fields import SealedMixin, blind_fields, home_of, sealed_fields
from privacy.keys import key_for, key_of
from privacy.sealing import Place, is_sealed, seal, unseal
from tenancy import TenantRef, use_owner

BATCH = 200
LOCK_TIMEOUT = "2s"  # rather be run again than make a practice wait


def seal_room(tenant: TenantRef) -> int:
    """Seal every text in a tenant's room that is plain, or sealed with a key from before. Return in how many rows.

    Safe to break off and repeat.
    """
    return sum(_seal_table(tenant, model) for model in models_with_sealed_fields())


def models_with_sealed_fields() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name in settings.TENANT_APPS:
            yield from (model for model in config.get_models() if sealed_fields(model))


def _seal_table(tenant: TenantRef, model: type[models.Model]) -> int:
    total = 0
    while changed := _seal_batch(tenant, model):
        total += changed
    return total


def _seal_batch(tenant: TenantRef, model: type[models.Model]) -> int:
    """Seal up to `BATCH` rows in one transaction.

    A signed note is locked by a trigger against everybody. What it says does not change here, so the owner of the
    table sets its triggers aside; nobody else writes to it meanwhile, and reading goes on.
    """
    with use_owner(tenant.schema_name), transaction.atomic(), connection.cursor() as cursor:
        rows = _stale_rows(cursor, tenant, model)
        if rows:
            table = sql.Identifier(model._meta.db_table)
            cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
            rows = _stale_rows(cursor, tenant, model)  # as they are now that nobody writes
            for row, home_row, *texts in rows:
                _seal_row(cursor, tenant, model, row, home_row, texts)
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table))
    return len(rows)


def any_sealed_otherwise(tenant: TenantRef) -> bool:
    """Test whether a tenant's room has texts that are plain, or sealed with a key from before."""
    with use_owner(tenant.schema_name), connection.cursor() as cursor:
        return any(_stale_rows(cursor, tenant, model) for model in models_with_sealed_fields())


def _stale_rows(cursor: Any, tenant: TenantRef, model: type[models.Model]) -> list[tuple[Any, ...]]:
    columns = [sql.Identifier(_column(field)) for field in sealed_fields(model)]
    is_stale = sql.SQL("({column} <> '' AND {column} NOT LIKE {newest})")
    newest = f"{key_of(tenant).prefix}%"
    statement = sql.SQL(
        "SELECT {key}, {home_key}, {columns} FROM {table} WHERE {stale} ORDER BY {key} LIMIT {batch}"
    ).format(
        key=_key(model),
        home_key=sql.Identifier(home_of(model).key),
        columns=sql.SQL(", ").join(columns),
        table=sql.Identifier(model._meta.db_table),
        stale=sql.SQL(" OR ").join(is_stale.format(column=column, newest=newest) for column in columns),
        batch=BATCH,
    )
    cursor.execute(statement)
    return list(cursor.fetchall())


def _seal_row(
    cursor: Any, tenant: TenantRef, model: type[models.Model], row: Any, home_row: Any, texts: list[str]
) -> None:
    key, home = key_of(tenant), home_of(model).table
    columns = [_column(field) for field in sealed_fields(model)]
    changed: dict[str, str] = {}
    blind = {each.of: [each] for each in blind_fields(model)}
    for column, text in zip(columns, texts, strict=True):
        if text and not text.startswith(key.prefix):
            place = Place(tenant.id, home, column, home_row)
            changed[column] = seal(opened := _opened(text, tenant, place), key=key, place=place)
            changed |= {str(each.column): each.digest_of(opened, tenant=tenant) for each in blind.get(column, ())}
    # In one statement: a row that is written twice in a transaction has its foreign keys checked at its end, and until
    # then Postgres does not let us put the triggers back.
    statement = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in changed),
        _key(model),
    )
    cursor.execute(statement, [*changed.values(), row])


def _opened(text: str, tenant: TenantRef, place: Place) -> str:
    return unseal(text, key=key_for(text, tenant), place=place) if is_sealed(text) else text


def _column(field: SealedMixin) -> str:
    return str(field.column)


def _key(model: type[models.Model]) -> sql.Identifier:
    key = model._meta.pk
    return sql.Identifier(str(key.column) if key else "id")
