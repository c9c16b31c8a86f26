"""Lock rows, and read them as they are then."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
Rows = TypeVar("Rows", bound=QuerySet[Any])


def lock_row(rows: QuerySet[Row], pk: Any, *, no_key: bool = False) -> Row:
    """Return a row of `rows` that nobody else changes before this transaction is over. Raises `DoesNotExist`.

    Two statements: one `SELECT … FOR UPDATE OF self` with joins that had to wait for a change would hold the changed
    row against the rows that it had joined before (READ COMMITTED, EvalPlanQual). A visit that went to a colleague
    meanwhile would not exist, and one that went to another room would have none.
    """
    alone: QuerySet[Any] = rows.model._base_manager.using(rows.db).select_for_update(no_key=no_key)
    alone.values_list("pk").get(pk=pk)
    return rows.get(pk=pk)


def lock_rows(rows: Rows, *, no_key: bool = False) -> Rows:
    """Lock those of `rows` that are there now, one after the other by their keys, and return them as they are then."""
    alone: QuerySet[Any] = rows.select_related(None).order_by("pk").select_for_update(of=["self"], no_key=no_key)
    return rows.filter(pk__in=list(alone.values_list("pk", flat=True)))
