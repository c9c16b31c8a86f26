"""`export_tenant name --to file.zip`: an export for a runbook, without asking for it on a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenancy import use_platform
from tenants.life.exporting import write_export
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Write everything of a tenant into one file (tenants/life/FORMAT.md), which `import_tenant` reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subdomain")
        parser.add_argument("--to", type=Path, required=True, help="A file that does not exist yet. It is not locked.")

    def handle(self, **options: Any) -> None:
        with use_platform():
            row = Tenant.objects.visited().with_rooms().filter(domains__domain=options["subdomain"]).first()
        if row is None:
            raise CommandError("There is no tenant of that name with a room.")
        try:
            with options["to"].open("xb") as file:
                options["to"].chmod(0o600)
                entry = write_export(to=file, tenant=row.ref(), at=timezone.now())
        except FileExistsError:
            raise CommandError("That file exists already.") from None
        self.stdout.write(f"{entry.size} bytes, SHA-256 {entry.sha256}")
