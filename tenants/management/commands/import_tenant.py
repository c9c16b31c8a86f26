"""`import_tenant export.zip --subdomain name --owner somebody@example.com`: a new tenant of an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from identity.models import User
from kernel.errors import DomainError
from tenancy import use_platform
from tenancy.addresses import tenant_host
from tenants.life.importing import import_tenant


class Command(BaseCommand):
    help = "Make a new tenant of an export (tenants/life/FORMAT.md). If anything is wrong, nothing is left of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--subdomain", required=True, help="A free name: what the new tenant is called at Atrium.")
        parser.add_argument("--owner", required=True, help="The e-mail of the account that owns it.")

    def handle(self, **options: Any) -> None:
        with use_platform():
            owner = User.objects.filter(email__iexact=options["owner"]).first()
        if owner is None:
            raise CommandError("There is no account with this e-mail.")
        try:
            with options["file"].open("rb") as file:
                import_tenant(file=file, subdomain=options["subdomain"], owner=owner, at=timezone.now())
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"imported to {tenant_host(options['subdomain'])}")
