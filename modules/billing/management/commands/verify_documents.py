"""`verify_documents`: go through the issued documents and say whether they are as they were issued."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from modules.billing.services.chaining import Verdict, verify
from tenancy import TenantRef, use
from tenants.chosen import chosen_tenants


class Command(BaseCommand):
    help = "Verify the issued documents of every tenant, or of one. Exits with 1 if any is missing or was changed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", help="A subdomain, or a tenant's id.")

    def handle(self, **options: Any) -> None:
        tenants = chosen_tenants(options["tenant"])
        broken = [tenant for tenant in tenants if not self._holds(tenant)]
        if broken:
            raise CommandError(f"The documents of {len(broken)} of {len(tenants)} tenants are not as they were issued.")

    def _holds(self, tenant: TenantRef) -> bool:
        with use(tenant):
            verdict = verify()
        self.stdout.write(f"{tenant.subdomain}: {_told(verdict)}")
        for finding in verdict.findings:
            self.stdout.write(f"  {finding}")
        return verdict.holds


def _told(verdict: Verdict) -> str:
    state = "holds" if verdict.holds else "BROKEN"
    waiting = f", {verdict.waiting} of before wait to be chained" if verdict.waiting else ""
    erased = f", {verdict.erased} of people who were erased" if verdict.erased else ""
    return f"{state}, {verdict.documents} documents{waiting}{erased}"
