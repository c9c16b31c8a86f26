"""In each schema the migrations of its own apps are run; the others are noted, as if they had been."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.migrations import Migration

from tenancy import use_owner
from tenancy.executor import RoomExecutor

PLATFORMS, TENANTS = {"contenttypes", "auth", "identity"}, {"access", "filestore"}


@pytest.mark.django_db
def test_what_makes_no_table_here_is_noted_and_not_run(monkeypatch: Any) -> None:
    ran: set[str] = set()

    def note(migration: Migration, state: Any, editor: Any) -> Any:
        ran.add(migration.app_label)
        return migration.mutate_state(state)

    with use_owner("t_new"), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA t_new")
        executor = RoomExecutor(connection)
        every = executor.migration_plan(executor.loader.graph.leaf_nodes())
        plan = [step for step in every if step[0].app_label in PLATFORMS | TENANTS]
        monkeypatch.setattr(Migration, "apply", note)
        executor.migrate(None, plan=plan)
        noted = set(executor.recorder.applied_migrations())

    assert ran == TENANTS
    assert noted == {(migration.app_label, migration.name) for migration, _ in plan}
