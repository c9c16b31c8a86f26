"""`renew_keys`: give tenants a new key, because the old one may be known to somebody, or is old enough."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenancy import use_platform
from tenants.keys import renew_key
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Give tenants a new key. Within about two hours the clock has sealed everything of theirs with it."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("subdomains", nargs="*", default=[], metavar="SUBDOMAIN")
        which.add_argument("--all", action="store_true")

    def handle(self, *, subdomains: list[str], **options: Any) -> None:
        with use_platform():
            known = {tenant.subdomain: tenant.pk for tenant in Tenant.objects.visited().with_rooms()}
        if strangers := sorted(set(subdomains) - set(known)):
            raise CommandError(f"Nobody is known by: {', '.join(strangers)}")
        for subdomain in sorted(known) if options["all"] else subdomains:
            begun = renew_key(tenant_id=known[subdomain], at=timezone.now())
            self.stdout.write(f"{subdomain}: {'a new key is on its way' if begun else 'one is on its way already'}")
