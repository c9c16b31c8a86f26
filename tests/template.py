"""`python -m tests.template`: make the database that every test's is copied from."""

from __future__ import annotations

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs Django set up
from django.core.management import call_command  # noqa: E402 - needs Django set up
from django.utils import timezone  # noqa: E402

from tests.cast import assemble  # noqa: E402
from tests.password import QUICK_HASHERS  # noqa: E402

if __name__ == "__main__":
    settings.PASSWORD_HASHERS = QUICK_HASHERS
    call_command("migrate", verbosity=0)
    assemble(at=timezone.now())
