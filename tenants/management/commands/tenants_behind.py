"""Say which tenants have not got what this release brings, what each lacks, and why."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants import survey
from tenants.survey import Behind

NAMED = 3  # migrations; of the others it is told how many they are


class Command(BaseCommand):
    help = "List the tenants that are behind this release. Fails if there are any."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        found = survey.behind()
        for each in found:
            self.stdout.write(_line(each))
        for schema_name in survey.strays():
            self.stdout.write(f"{schema_name} belongs to nobody")
        if found:
            raise CommandError(f"{len(found)} behind")
        self.stdout.write("None is behind.")


def _line(behind: Behind) -> str:
    named = ", ".join(behind.lacking[:NAMED])
    others = f" and {len(behind.lacking) - NAMED} more" if len(behind.lacking) > NAMED else ""
    standing = "served meanwhile" if behind.is_served else "closed"
    failed = (
        f"; failed {behind.failed_at:%Y-%m-%d %H:%M} UTC: {behind.reason}" if behind.failed_at else "; not tried yet"
    )
    return f"{behind.schema_name} lacks {named}{others}; {standing}{failed}"
