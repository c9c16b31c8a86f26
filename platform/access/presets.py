"""Roles and what they may do, each with its reason: the `roles.yaml` of every app that has one.

    receptionist:
      scheduling.view: {reach: all, why: The desk runs the day for everybody.}

A new module brings its own file; nothing else needs to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from django.apps import apps


class Reach(StrEnum):
    """How far a permission goes."""

    ALL = "all"  # everything in the tenant
    CARE = "care"  # what is in one's own hands: one's patients, one's appointments
    SELF = "self"  # what is about oneself


class Grant(NamedTuple):
    role: str
    permission: str
    reach: Reach
    why: str


@cache
def all_grants() -> tuple[Grant, ...]:
    """Return every grant that any installed app declares."""
    return tuple(grant for app in apps.get_app_configs() for grant in _grants_in(Path(app.path) / "roles.yaml"))


@cache
def grants_of(role: str) -> Mapping[str, Reach]:
    return {grant.permission: grant.reach for grant in all_grants() if grant.role == role}


def _grants_in(file: Path) -> list[Grant]:
    if not file.exists():
        return []
    declared: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(file.read_text())
    return [
        Grant(role, permission, Reach(grant["reach"]), grant["why"])
        for role, permissions in declared.items()
        for permission, grant in permissions.items()
    ]
