"""`verify_ledger`: go through the books and say whether they are what the invoices and payments are."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.modules import is_enabled
from modules.billing.services.ledger.checking import check_books
from tenancy import TenantRef, use
from tenants.chosen import chosen_tenants


class Command(BaseCommand):
    help = (
        "Make the books of every tenant, or of one, anew from the documents and compare. Exits with 1 if they differ."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", help="A subdomain, or a tenant's id.")

    def handle(self, **options: Any) -> None:
        tenants = chosen_tenants(options["tenant"])
        wrong = [tenant for tenant in tenants if not self._agrees(tenant)]
        if wrong:
            raise CommandError(f"The books of {len(wrong)} of {len(tenants)} tenants are not what their documents are.")

    def _agrees(self, tenant: TenantRef) -> bool:
        with use(tenant):
            findings = list(check_books()) if is_enabled("billing") else []
        self.stdout.write(f"{tenant.subdomain}: {'DIFFERS' if findings else 'agrees'}")
        for finding in findings:
            self.stdout.write(f"  {finding}")
        return not findings
