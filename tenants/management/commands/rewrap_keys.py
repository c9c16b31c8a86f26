"""`rewrap_keys`: after a new key was put first in ATRIUM_SEALING_KEYS, and before the old one is taken out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tenants import keys


class Command(BaseCommand):
    help = "Wrap every tenant's key with the first of ATRIUM_SEALING_KEYS, so that the others can be taken out."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{keys.rewrap_keys()} keys wrapped anew; none needs another of the deployment's keys now.")
