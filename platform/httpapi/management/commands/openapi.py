"""Write the snapshot that the tests hold the API to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Rewrite tests/openapi.json from the API as it is."

    def handle(self, **options: Any) -> None:
        from httpapi.api import api

        snapshot = Path(settings.BASE_DIR) / "tests" / "openapi.json"
        snapshot.write_text(json.dumps(api.get_openapi_schema(), indent=1, default=str, sort_keys=True) + "\n")
        self.stdout.write(str(snapshot))
