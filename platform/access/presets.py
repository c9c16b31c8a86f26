"""Roles and what they may do, each with its reason: the `roles.yaml` of every app that has one.

    receptionist:
      scheduling.view: {reach: all, why: The desk runs the day for everybody.}
    limits:
      billing.take_payment:
        practitioner: {may_be: [none], why: Only the desk and administrators finalise payments.}

A tenant's owners may depart from the presets (access.roles), but not beyond the limits; `others` stands for the roles
that a limit does not name. A new module brings its own file; nothing else needs to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.apps import apps

from access.models import STAFF_ROLES, Role
from kernel.modules import Words


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


class Limit(NamedTuple):
    """What a role may be given of a permission, and why no more and no less. None stands for not having it."""

    may_be: tuple[Reach | None, ...]
    why: str


@cache
def all_grants() -> tuple[Grant, ...]:
    """Return every grant that any installed app declares."""
    return tuple(
        Grant(role, permission, Reach(grant["reach"]), grant["why"])
        for declared in _declared()
        for role, permissions in declared.items()
        if role != "limits"
        for permission, grant in permissions.items()
    )


@cache
def preset_of(role: str) -> Mapping[str, Grant]:
    """Return what a role may do unless its tenant's owners said otherwise, by permission."""
    return {grant.permission: grant for grant in all_grants() if grant.role == role}


@cache
def limit_of(role: str, permission: str) -> Limit | None:
    """Return what stands in the way of giving a role just anything, if something does."""
    for declared in _declared():
        by_role = declared.get("limits", {}).get(permission, {})
        limit = by_role.get(role) or by_role.get("others")
        if limit:
            return Limit(tuple(None if reach == "none" else Reach(reach) for reach in limit["may_be"]), limit["why"])
    return None


_reaches: dict[str, tuple[Reach, ...]] = {}
_words: dict[str, Words] = {}


def declare(permission: str, *, reaches: tuple[Reach, ...], words: Words) -> None:
    """Make known which reaches a permission has a meaning for, and what to call it."""
    _reaches[permission], _words[permission] = reaches, words


def comes_in_degrees(permission: str) -> bool:
    """Test whether staff can hold it for some things and not for others."""
    return Reach.CARE in _reaches[permission]


def words_of(permission: str) -> str:
    """Return what a permission lets somebody do, in a few words."""
    return str(_words[permission])


def declared_permissions() -> tuple[str, ...]:
    return tuple(_reaches)


@cache
def choices_of(role: str, permission: str) -> tuple[Reach | None, ...]:
    """Return the reaches that a role can be given of a permission, the furthest first.

    Staff never hold what is meant for people about themselves, nor patients anything else.
    """
    fitting = (Reach.ALL, Reach.CARE) if role in STAFF_ROLES else (Reach.SELF,)
    possible = tuple(reach for reach in fitting if reach in _reaches.get(permission, ()))
    limit = limit_of(role, permission)
    return tuple(reach for reach in (*possible, None) if limit is None or reach in limit.may_be)


def check_presets() -> Iterator[str]:
    """Yield what is wrong with the files: a preset that its own limit forbids, or a limit of nothing that is."""
    for role in Role:
        for permission, grant in preset_of(role).items():
            if grant.reach not in choices_of(role, permission):
                yield f"{role}: {permission} cannot be {grant.reach}"
        for permission in declared_permissions():
            if not choices_of(role, permission):
                yield f"{role}: {permission} can be nothing at all"


@cache
def _declared() -> tuple[dict[str, Any], ...]:
    files = [Path(app.path) / "roles.yaml" for app in apps.get_app_configs()]
    return tuple(yaml.safe_load(file.read_text()) for file in files if file.exists())
