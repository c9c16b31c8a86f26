"""`migrate` for a platform of many schemas: the platform first, then the blueprint, then every tenant."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from tenancy import PUBLIC, cells, use_owner
from tenancy.grants import grant_platform
from tenants import blueprint, migrating


class Command(DjangoMigrate):
    help = "Migrate the platform's tables, redraw the blueprint for new tenants, and migrate every tenant."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--schema", default="", help="Migrate this one schema only.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["schema"]:
            self._migrate_schema(options["schema"], *args, **options)
            return
        self._migrate_schema(PUBLIC, *args, **options)
        cells.bring_up_to_date()
        grant_platform()
        blueprint.draw()
        report = migrating.migrate_tenants(log=self.stdout.write if options["verbosity"] else None)
        if report.failed:
            raise CommandError(f"{len(report.failed)} tenants could not be migrated: {', '.join(report.failed)}")

    def _migrate_schema(self, schema_name: str, *args: Any, **options: Any) -> None:
        with use_owner(schema_name):
            super().handle(*args, **options)
