"""Lists of the API: `{"items": […], "count": n}`, by `limit` and `offset`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from pydantic import Field

from httpapi.schemas import Schema

LONGEST_PAGE = 500

Item = TypeVar("Item")


class PageIn(Schema):
    limit: int = Field(50, ge=1, le=LONGEST_PAGE)
    offset: int = Field(0, ge=0, le=10_000_000)


class Page(Schema, Generic[Item]):
    items: list[Item]
    count: int


def page_of(
    rows: QuerySet[Any],
    page: PageIn,
    show: Callable[[Any], Any],
    *,
    seen: Callable[[list[Any]], None] | None = None,
) -> dict[str, Any]:
    """Return one page of `rows`, each made ready by `show`, and how many there are in all.

    `seen` is told which rows those are: lists of people are written into the audit log.
    """
    shown = list(rows[page.offset : page.offset + page.limit])
    if seen is not None:
        seen(shown)
    return {"items": [show(row) for row in shown], "count": rows.count()}
