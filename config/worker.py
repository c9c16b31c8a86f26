"""What `dramatiq config.worker` loads: Django, the broker, and every actor."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from jobs.registry import import_actors  # noqa: E402 - needs Django set up
from tenancy import poolers  # noqa: E402

poolers.check_at_boot()
import_actors()
