"""What the log's actions are called, and the names of what it mentions: said by each package, of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from kernel.modules import Words


class Named(NamedTuple):
    """The name of something, and its page if it has one."""

    name: str
    url: str = ""


class NamesOf(Protocol):
    def __call__(self, kind: str, ids: Collection[str], *, seen_by: Any) -> Mapping[str, Named]:
        """Return the names of those things of a kind ("crm.patient") that somebody may see, by id."""


@dataclass(frozen=True, slots=True)
class Trail:
    """What one package contributes to reading the log.

    `deeds` maps an action to a sentence with `%(who)s` and `%(what)s`. Somebody whom `names` gives no name for a thing
    may not see it, and so reads no value of it in the log either.
    """

    label: Words
    deeds: Mapping[str, Words]
    names: NamesOf
