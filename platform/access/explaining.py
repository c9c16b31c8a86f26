"""Who may, and why: asked of the very rules that decide, for each person who is a member here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from access.grounds import Grounds
from access.membership import membership_in, with_role_changes
from access.models import STAFF_ROLES, Member
from access.permissions import grounds_of
from access.roles import Right, changes_in_force, right_in
from identity.models import User
from kernel.modules import Words, enabled_modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Somebody who may. `right` is what their role may do and why; `grounds` what that rests on for this thing."""

    user_id: UUID
    name: str
    role: str
    right: Right
    grounds: Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Onlooker:
    """Somebody who sees a part of a thing, or comes by another way than a role: a calendar, an operator's support."""

    user_id: UUID | None
    name: str
    what: Words
    why: str
    since: datetime | None = None
    until: datetime | None = None


def who_may(permission: str, *things: Any, accounts: Collection[UUID] = ()) -> list[Answer]:
    """Return the staff, and those of `accounts`, who may do this to any of `things`, by role and name.

    Costs two queries, if the things know what their predicates ask for (access.grants.know_grants).
    """
    asked = Q(role__in=STAFF_ROLES) | Q(user_id__in=accounts)
    members = with_role_changes(Member.objects.current().filter(asked).exclude(user_id=None))
    changes = changes_in_force()
    found = []
    for member in sorted(members, key=lambda each: (ORDER[each.role], each.name.lower())):
        user = stand_in_of(member)
        thing = next((thing for thing in things if user.has_perm(permission, thing)), None)
        if thing is not None:
            right = right_in(changes, role=member.role, permission=permission)
            grounds = grounds_of(user, permission, thing)
            found.append(
                Answer(user_id=member.user_id, name=member.name, role=member.role, right=right, grounds=grounds)
            )
    return found


ORDER = {role: number for number, role in enumerate([*STAFF_ROLES, "patient"])}


def stand_in_of(member: Any) -> User:
    """Return an account that the rules take for this member's (of `with_role_changes`), without asking the platform."""
    user = User(pk=member.user_id, name=member.name, email=member.email)
    user._membership = membership_in(member)  # type: ignore[attr-defined]
    return user


Finder = Callable[[Any], Iterable[Onlooker]]
_finders: list[Finder] = []


def add_onlookers(find: Finder) -> None:
    """Have `find(thing)` asked who else sees a thing. Modules name theirs in the passport (`onlookers`)."""
    _finders.append(find)


def onlookers_of(thing: Any) -> Sequence[Onlooker]:
    declared = [module.load(module.onlookers) for module in enabled_modules() if module.onlookers]
    return [onlooker for find in (*declared, *_finders) for onlooker in find(thing)]
