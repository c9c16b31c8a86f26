"""`verify_audit`: go through the audit chains and say whether they hold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.chain import Verdict
from tenancy import TenantRef
from tenants.chaining import verify_tenant
from tenants.chosen import chosen_tenants


class Command(BaseCommand):
    help = "Verify the audit log of every tenant, or of one. Exits with 1 if any chain is broken."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", help="A subdomain, or a tenant's id.")

    def handle(self, **options: Any) -> None:
        tenants = chosen_tenants(options["tenant"])
        broken = [tenant for tenant in tenants if not self._holds(tenant)]
        if broken:
            raise CommandError(f"{len(broken)} of {len(tenants)} audit chains are broken.")

    def _holds(self, tenant: TenantRef) -> bool:
        verdict = verify_tenant(tenant, at=timezone.now())
        self.stdout.write(f"{tenant.subdomain}: {_told(verdict)}")
        for finding in verdict.findings:
            self.stdout.write(f"  {finding}")
        return verdict.holds


def _told(verdict: Verdict) -> str:
    state = "holds" if verdict.holds else "BROKEN"
    waiting = f", {verdict.waiting} entries wait to be chained" if verdict.waiting else ""
    since = f" since {verdict.waiting_since:%Y-%m-%d %H:%M} UTC" if verdict.waiting_since else ""
    return f"{state}, {verdict.links} links{waiting}{since}"
