"""Permissions as sentences, and the same sentences as querysets.

A module's rules.py says, for each permission, what each reach means:

    PERMISSIONS = {"scheduling.view": {"all": anything, "care": is_their_practitioner, "self": is_about_them}}

its WORDS what each is called, and its querysets say the same in SQL with `narrow`. A test holds the two to each other
on every row of the demo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from rules.permissions import add_perm
from rules.predicates import Predicate, predicate

from access.grounds import GroundedPredicate, Grounds
from access.membership import membership_of, reach_of
from access.presets import Reach, declare
from kernel.modules import Words

Table = Mapping[str, Mapping[str, Predicate]]
Rows = TypeVar("Rows", bound="QuerySet[Any]")
Condition = Q | Callable[[], Q]


@predicate
def anything(user: Any, thing: Any) -> bool:
    return True


def register(table: Table, words: Mapping[str, Words]) -> None:
    """Make each permission of a rules.py known to `user.has_perm`, and what it is called to `words_of`."""
    for permission, by_reach in table.items():
        declare(permission, reaches=tuple(Reach(reach) for reach in by_reach), words=words[permission])
        _tables[permission] = by_reach
        add_perm(permission, _sentence(permission, by_reach))


_tables: dict[str, Mapping[str, Predicate]] = {}


def grounds_of(user: Any, permission: str, thing: Any) -> Grounds:
    """Return what a permission of somebody rests on for this thing, beside their role."""
    reach = reach_of(user, permission)
    predicate = _tables[permission].get(reach) if reach else None
    return predicate.find(user, thing) if isinstance(predicate, GroundedPredicate) else []


def _sentence(permission: str, by_reach: Mapping[str, Predicate]) -> Predicate:
    """Join the reaches with "or": holds(all) & anything | holds(care) & is_their_practitioner | …"""
    parts = [_holds(permission, Reach(reach)) & _of_nothing_or(predicate) for reach, predicate in by_reach.items()]
    sentence = parts[0]
    for part in parts[1:]:
        sentence |= part
    return sentence


def _holds(permission: str, reach: Reach) -> Predicate:
    return Predicate(lambda user: reach_of(user, permission) == reach, name=f"holds:{permission}:{reach}")


def _of_nothing_or(predicate: Predicate) -> Predicate:
    """Without an object the question is "may they at all?", and the answer is yes for any reach."""

    def test(user: Any, thing: Any = None) -> bool:
        return thing is None or predicate.test(user, thing)

    return Predicate(test, name=predicate.name)


def narrow(
    rows: Rows, user: Any, permission: str, *, care: Condition | None = None, own: Condition | None = None
) -> Rows:
    """Return the rows that `permission` reaches: all, those in the user's `care`, their `own`, or none.

    A condition that takes a while to make is given as a function: whoever sees all rows never asks it.
    """
    reach = reach_of(user, permission)
    if reach is Reach.ALL:
        return rows
    condition = {Reach.CARE: care, Reach.SELF: own}.get(reach) if reach else None
    if condition is None:
        return rows.none()
    return rows.filter(condition() if callable(condition) else condition)


def is_staff(user: Any) -> bool:
    membership = membership_of(user)
    return membership is not None and membership.is_staff
