"""Why somebody may: the grounds that a predicate decides by, so that whoever explains cannot differ from who decides.

@grounded
def in_their_care(user, patient) -> Grounds: ...      # as a predicate it holds if there is any
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rules.predicates import Predicate

from kernel.modules import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One reason why somebody reaches one thing."""

    what: Words
    why: str = ""
    since: datetime | None = None
    until: datetime | None = None
    by_id: UUID | None = None  # the account that gave it


Grounds = Sequence[Ground]


class GroundedPredicate(Predicate):
    """A predicate that can say why it holds."""

    find: Callable[[Any, Any], Grounds]


def grounded(find: Callable[[Any, Any], Grounds]) -> GroundedPredicate:
    """Make a predicate that holds where `find` finds any ground."""

    def holds(user: Any, thing: Any) -> bool:
        return bool(find(user, thing))

    predicate = GroundedPredicate(holds, name=find.__name__)
    predicate.find = find
    return predicate
