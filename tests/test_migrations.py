"""Migrations run while people work: none may look through a table while they wait, or break the code of before."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import models
from django.db.migrations import AddConstraint, AddField, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

OURS = {each.label for each in apps.get_app_configs() if "site-packages" not in each.path}


def on_tables_of_before() -> Iterator[tuple[str, Operation]]:
    """Yield what our migrations do to tables that they did not make themselves."""
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app not in OURS:
            continue
        made = {each.name_lower for each in migration.operations if isinstance(each, CreateModel)}
        for each in migration.operations:
            if getattr(each, "model_name_lower", "") not in made:
                yield f"{app}.{name}", each


def test_a_rule_is_added_without_a_look_at_the_rows_of_before() -> None:
    """A look at them under the lock that adding takes keeps everybody waiting; it follows in a migration of its own."""
    operations = list(on_tables_of_before())
    wrong = [
        f"{where}: {each.constraint.name}"
        for where, each in operations
        if isinstance(each, AddConstraint) and not isinstance(each, AddConstraintNotValid)
        if isinstance(each.constraint, models.CheckConstraint)
    ]
    added = {each.constraint.name: where for where, each in operations if isinstance(each, AddConstraintNotValid)}
    looked = {each.name: where for where, each in operations if isinstance(each, ValidateConstraint)}
    assert wrong == []
    assert added
    assert added.keys() == looked.keys()
    assert [name for name in added if added[name] == looked[name]] == []


def test_a_column_that_must_have_a_value_gets_one_from_postgres() -> None:
    """What runs during a release does not know the new column, and inserts rows without it."""
    wrong = [
        f"{where}: {each.model_name}.{each.name}"
        for where, each in on_tables_of_before()
        if isinstance(each, AddField) and not each.field.many_to_many
        if not each.field.null and each.field.db_default is models.NOT_PROVIDED
    ]
    assert wrong == []
