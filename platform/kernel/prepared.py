"""Queries that nearly every request asks, put into SQL once: that takes Django longer than Postgres the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet


class Prepared:
    """A query of `values_list`, whose SQL is made when it is first asked.

    `build` makes it of values that stand in for those which each call gives by the same names. They must be unlike
    any other value in it. The first call raises `ValueError` if one of them is not in the SQL as it is.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **stand_ins: Any) -> None:
        self.build, self.stand_ins = build, stand_ins

    def __call__(self, **given: Any) -> Iterator[tuple[Any, ...]]:
        sql, names, converters = self._made
        with connection.cursor() as cursor:
            cursor.execute(sql, [given[name] if name else value for name, value in names])
            rows = cursor.fetchall()
        return (_converted(row, converters) for row in rows)

    @cached_property
    def _made(self) -> tuple[str, list[tuple[str, Any]], dict[int, Any]]:
        """Return the SQL, each parameter's name or value, and what Django does to the answer's columns."""
        compiler = self.build(**self.stand_ins).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        named = [(self._name_of(each), each) for each in parameters]
        if lost := self.stand_ins.keys() - {name for name, _ in named}:
            raise ValueError(f"{sorted(lost)} would be the same at each call.")
        return sql, named, compiler.get_converters(columns)

    def _name_of(self, parameter: Any) -> str:
        return next((name for name, stand_in in self.stand_ins.items() if stand_in == parameter), "")


def _converted(row: tuple[Any, ...], converters: dict[int, Any]) -> tuple[Any, ...]:
    values = list(row)
    for place, (steps, column) in converters.items():
        for step in steps:
            values[place] = step(values[place], column, connection)
    return tuple(values)
