"""Django's executor of migrations, for schemas that hold some apps' tables and not others'."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.db import router
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

Step = tuple[Migration, bool]


class RoomExecutor(MigrationExecutor):
    """Notes the migrations of apps that have no tables in this schema, and runs the others.

    Django would run them, too: nothing comes of it, but it draws hundreds of models anew after each operation.
    """

    def migrate(
        self,
        targets: Sequence[tuple[str, str | None]] | None,
        plan: Sequence[Step] | None = None,
        state: ProjectState | None = None,
        fake: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        fake_initial: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> ProjectState:
        plan = self.migration_plan(targets) if plan is None and targets is not None else plan or []
        if any(is_backwards for _, is_backwards in plan):
            return super().migrate(targets, plan, state, fake, fake_initial)
        state = super().migrate(targets, [], state)
        for has_tables, steps in groupby(plan, self._has_tables_here):
            part = list(steps)
            state = super().migrate(targets, part, state, fake, fake_initial) if has_tables else self._note(part, state)
        return state

    def _has_tables_here(self, step: Step) -> bool:
        migration, _ = step
        return bool(router.allow_migrate(self.connection.alias, migration.app_label))

    def _note(self, steps: Sequence[Step], state: ProjectState) -> ProjectState:
        self.recorder.ensure_schema()
        state.__dict__.pop("apps", None)  # drawn again where the next one is run
        for migration, _ in steps:
            state = self.apply_migration(migration.mutate_state(state, preserve=False), migration, fake=True)
        return state
