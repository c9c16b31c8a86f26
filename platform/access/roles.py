"""What each role may do here: its preset, and where this tenant's owners departed from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from access.models import Role, RoleChange, RoleChangeQuerySet
from access.presets import Grant, Reach, choices_of, declared_permissions, limit_of, preset_of
from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotFound

LONGEST_REASON = 300


class UnknownRight(NotFound):
    """There is no such role or permission."""

    code = "right-unknown"


class RightIsFixed(Conflict):
    """A limit of roles.yaml forbids it. The sentence says why."""

    code = "right-fixed"


class ReasonNeeded(Invalid):
    """Whoever reads the roles later must find out why."""

    code = "reason-needed"


class NothingChanged(Conflict):
    code = "right-unchanged"


@dataclass(frozen=True, slots=True)
class Right:
    """What one role may do of one permission, and why. `reach` is None where it may not."""

    role: str
    permission: str
    reach: Reach | None
    why: str
    preset: Grant | None
    change: RoleChange | None  # the tenant's own word, if the preset does not hold
    choices: tuple[Reach | None, ...]
    limit: str  # why there are no other choices

    @property
    def is_fixed(self) -> bool:
        return len(self.choices) < 2


def reaches_in_force(role: str, changes: Iterable[Mapping[str, str]]) -> Mapping[str, Reach]:
    """Return how far each permission of a role carries, given the tenant's latest changes of that role.

    A change that a limit of a later release forbids is passed over.
    """
    reaches: dict[str, Reach | None] = {name: grant.reach for name, grant in preset_of(role).items()}
    for change in changes:
        permission, said = change["permission"], change["reach"]
        if said != RoleChange.PRESET and (reach := _reach(said)) in choices_of(role, permission):
            reaches[permission] = reach
    return {permission: reach for permission, reach in reaches.items() if reach is not None}


Changes = Mapping[tuple[str, str], RoleChange]


def changes_in_force() -> Changes:
    """Return the last change of each role and permission."""
    return {(change.role, change.permission): change for change in RoleChange.objects.in_force()}


def rights_of(role: str, changes: Changes) -> list[Right]:
    """Return what a role may and may not do here, one entry for each permission that could be its own."""
    rights = (right_in(changes, role=role, permission=permission) for permission in declared_permissions())
    return [right for right in rights if right.choices != (None,) or right.limit]


def right_in(changes: Changes, *, role: str, permission: str) -> Right:
    return _right(role, permission, changes.get((role, permission)))


def find_right(*, role: str, permission: str) -> Right:
    """Return one entry of `rights_of`. Raises `UnknownRight`."""
    if role not in Role.values or permission not in declared_permissions():
        raise UnknownRight(_("There is no such role or permission."))
    return _right(role, permission, RoleChange.objects.filter(role=role, permission=permission).in_force().first())


def history_of(**which: str) -> RoleChangeQuerySet:
    """Return the changes of a `role`, a `permission`, or all, newest first."""
    return RoleChange.objects.filter(**which).order_by("-id")


@transaction.atomic
def change_right(*, role: str, permission: str, reach: Reach | None, reason: str, by: Any, at: datetime) -> Right:
    """Give a role more or less of a permission than it has, from the next request on.

    Raises `UnknownRight`, `ReasonNeeded`, `RightIsFixed`, or `NothingChanged`.
    """
    right = find_right(role=role, permission=permission)
    if reach not in right.choices:
        raise RightIsFixed(right.limit or _("This cannot be given to this role."))
    if reach == right.reach:
        raise NothingChanged(_("That is how it is already."))
    said = RoleChange.NONE if reach is None else reach.value
    return _say(right, said, reason=reason, by=by, at=at)


@transaction.atomic
def return_to_preset(*, role: str, permission: str, reason: str, by: Any, at: datetime) -> Right:
    """Let the preset hold again. Raises `UnknownRight`, `ReasonNeeded`, or `NothingChanged`."""
    right = find_right(role=role, permission=permission)
    if right.change is None:
        raise NothingChanged(_("The preset holds already."))
    return _say(right, RoleChange.PRESET, reason=reason, by=by, at=at)


def _say(right: Right, said: str, *, reason: str, by: Any, at: datetime) -> Right:
    change = RoleChange.objects.create(
        role=right.role,
        permission=right.permission,
        reach=said,
        reason=_checked(reason),
        by_id=by.pk,
        by_name=str(by),
        at=at,
    )
    now = find_right(role=right.role, permission=right.permission)
    changes = {
        f"{right.role} {right.permission}": (_word(right.reach), _word(now.reach)),
        "reason": (None, change.reason),
    }
    audit.record(action="access.role.changed", of=change, by=by, changes=changes)
    return now


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        sentence = _("Say why, for whoever reads this later.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    if len(reason) > LONGEST_REASON:
        sentence = _("Say it in %(n)d characters.") % {"n": LONGEST_REASON}
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    return reason


def _right(role: str, permission: str, change: RoleChange | None) -> Right:
    preset, choices, limit = preset_of(role).get(permission), choices_of(role, permission), limit_of(role, permission)
    if change is not None and (change.reach == RoleChange.PRESET or _reach(change.reach) not in choices):
        change = None
    return Right(
        role=role,
        permission=permission,
        reach=_reach(change.reach) if change else preset.reach if preset else None,
        why=change.reason if change else preset.why if preset else "",
        preset=preset,
        change=change,
        choices=choices,
        limit=limit.why if limit else "",
    )


def _reach(said: str) -> Reach | None:
    return None if said == RoleChange.NONE else Reach(said)


def _word(reach: Reach | None) -> str:
    return reach.value if reach else RoleChange.NONE
