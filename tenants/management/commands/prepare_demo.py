"""Migrate, and make the demo's practices where they are missing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants import demo


class Command(BaseCommand):
    help = "Bring the database up to date and seed the demo's practices. Refused in production."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("Everybody knows the demo's passwords: it is not for production.")
        for subdomain in demo.prepare(now=timezone.now()):
            self.stdout.write(f"made {subdomain}")
