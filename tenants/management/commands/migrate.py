"""`migrate` for a platform of many schemas: the platform first, then the blueprint, then every tenant."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate as django_migrate

from tenancy import PUBLIC, cells, use_owner
from tenancy.executor import RoomExecutor
from tenancy.grants import grant_platform
from tenants import blueprint, migrating, stock
from tenants.turns import one_at_a_time

django_migrate.MigrationExecutor = RoomExecutor  # type: ignore[attr-defined]  # Django lets nobody choose another


class Command(django_migrate.Command):
    help = "Migrate the platform's tables, redraw the blueprint for new tenants, and migrate every tenant."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--schema", default="", help="Migrate this one schema only.")
        parser.add_argument(
            "--workers",
            type=int,
            default=migrating.WORKERS,
            help="Tenants migrated side by side; fewer than ATRIUM_DATABASE_POOL.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["schema"]:
            self._migrate_schema(options["schema"], *args, **options)
            return
        with one_at_a_time("migrate") as is_ours:
            if not is_ours:
                raise CommandError("Another `migrate` is running.")
            self._migrate_all(*args, **options)

    def _migrate_all(self, *args: Any, **options: Any) -> None:
        self._migrate_schema(PUBLIC, *args, **options)
        cells.bring_up_to_date()
        grant_platform()
        blueprint.draw()
        stock.discard_unwanted()
        log = self.stdout.write if options["verbosity"] else lambda line: None
        report = migrating.migrate_tenants(workers=options["workers"], log=log)
        if report.failed:
            raise CommandError(
                f"{len(report.failed)} of {len(report.failed) + len(report.migrated) + len(report.current)} tenants"
                " could not be migrated and are closed where this release needs it; `tenants_behind` says why."
                " Run `migrate` again: it goes on where it stopped."
            )

    def _migrate_schema(self, schema_name: str, *args: Any, **options: Any) -> None:
        with use_owner(schema_name):
            super().handle(*args, **options)
