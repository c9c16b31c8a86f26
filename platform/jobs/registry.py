"""Where actors are found: the `tasks` module of every installed app that has one."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps


def import_actors() -> None:
    """Import every actor, so that the broker knows it by name."""
    import_module("jobs.handling")
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.tasks") is not None:
            import_module(f"{app.name}.tasks")
