"""One box for everything: each module that is switched on says what it finds, of what the person may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.modules import Found, Words, enabled_modules

SHORTEST, LONGEST = 2, 200


@dataclass(frozen=True, slots=True)
class Finds:
    """What one module found. `label` is a word of the vertical or a text, as in the menu."""

    module: str
    label: Words
    things: list[Found]


def find_everywhere(text: str, *, by: Any, at: datetime) -> list[Finds]:
    """Return what the modules find, in the order of the menu; of those that find something."""
    text = text.strip()[:LONGEST]
    if len(text) < SHORTEST:
        return []
    finders = [(finder, module) for module in enabled_modules() for finder in module.finders]
    finders.sort(key=lambda pair: pair[0].order)
    finds, people = [], list[UUID]()
    for finder, module in finders:
        if by.has_perm(finder.permission):
            things = module.load(finder.find)(text, people=tuple(people), by=by, at=at)
            people += [thing.person for thing in things if thing.person]
            finds.append(Finds(module.label, finder.label, things))
    return [each for each in finds if each.things]
