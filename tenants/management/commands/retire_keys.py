"""`retire_keys`: once no backup from before `renew_keys` is kept."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tenants.life.sealing import retire_keys


class Command(BaseCommand):
    help = "Drop tenants' older keys that no text needs any more. Backups sealed with them can no longer be put back."

    def handle(self, **options: Any) -> None:
        for schema_name, is_done in retire_keys().items():
            self.stdout.write(f"{schema_name}: {'retired' if is_done else 'still needed, try again in a few hours'}")
