"""`back_up_tenant name --to paws.backup`: one tenant in a file of its own, for `restore_tenant`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tenants.console.command_line import tenant_called
from tenants.life.backing_up import write_backup


class Command(BaseCommand):
    help = "Write one tenant, as it is at this moment, into a file that `restore_tenant` puts back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="The tenant's subdomain.")
        parser.add_argument("--to", type=Path, required=True, help="A file that does not exist yet.")
        parser.add_argument("--without-files", action="store_true", help="The bucket keeps its own versions.")
        parser.add_argument(
            "--as-of", default="", help="In a cluster restored from a dump: when the dump was made, 2026-11-20T02:00Z."
        )

    def handle(self, **options: Any) -> None:
        tenant = tenant_called(options["tenant"])
        if not tenant.is_built:
            raise CommandError("This tenant has no room to back up just now.")
        as_of = parse_datetime(options["as_of"])
        if options["as_of"] and (as_of is None or as_of.tzinfo is None):
            raise CommandError("--as-of wants a moment with its zone, such as 2026-11-20T02:00Z.")
        try:
            with options["to"].open("xb") as file:
                options["to"].chmod(0o600)
                with_files = not options["without_files"]
                entry = write_backup(to=file, tenant=tenant, at=timezone.now(), as_of=as_of, with_files=with_files)
        except FileExistsError:
            raise CommandError("That file exists already.") from None
        self.stdout.write(f"{entry.size} bytes, SHA-256 {entry.sha256}")
