"""`restore_tenant name --from paws.backup`: put one tenant back; then `--confirm` it, or `--undo` it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kernel.errors import DomainError
from tenants.console.command_line import operator_called, tenant_called
from tenants.life import restoring
from tenants.models import Restoration


class Command(BaseCommand):
    help = "Put one tenant back to a backup of its own, under its own name; the others work on. See infra/deploy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="The tenant's subdomain.")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--from", dest="file", type=Path, help="What `back_up_tenant` wrote. It is believed.")
        what.add_argument("--undo", action="store_true", help="Have the room from before again.")
        what.add_argument("--confirm", action="store_true", help="Let the room from before go now.")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="The operator who answers for it.")
        parser.add_argument("--reason", default="", help="The owner reads it in their own log.")

    def handle(self, **options: Any) -> None:
        tenant, by, at = tenant_called(options["tenant"]), operator_called(options["by"]), timezone.now()
        if not options["reason"] and not options["confirm"]:
            raise CommandError("Say why, with --reason: the owner reads it.")
        try:
            if options["confirm"]:
                restoring.confirm_restoration(tenant=tenant, by=by, at=at)
                self.stdout.write(f"confirmed: {tenant.name}")
            elif options["undo"]:
                restoring.undo_restoration(tenant=tenant, by=by, reason=options["reason"], at=at)
                self.stdout.write(f"undone: {tenant.name}")
            else:
                with options["file"].open("rb") as file:
                    done = restoring.restore_tenant(tenant=tenant, file=file, by=by, reason=options["reason"], at=at)
                self._report(done)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error

    def _report(self, done: Restoration) -> None:
        self.stdout.write(f"as of {done.as_of:%Y-%m-%d %H:%M:%S} UTC; undo until {done.keep_until:%Y-%m-%d}")
        for name, value in done.report.items():
            self.stdout.write(f"  {name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}")
