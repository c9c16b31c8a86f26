"""What of a person goes into the copy that they ask for (GDPR, articles 15 and 20), and what not, and why.

Each module declares every kind of its rows once (`copies` in its passport). A kind names its columns by the words of
its field, FHIR's where FHIR has any; each column is named, or it is said why it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from modules.crm.domain.profiles import Right

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """The rows of a model that somebody sees of themselves.

    `name` is FHIR's resource, or the plain word for it. `patient`, `client` and `account` lead to whom a row is about;
    `billed_to` and `billed_on` to whose bill it is and since when. `permissions` are what the role of patients needs of
    the workspace to see any, `only` and `never` which rows of theirs they see. `names` has what each column is called:
    dots nest, a number counts, ":Patient" makes it a reference. `title` and `day` are what the page lists a row by, and
    `file` leads to a stored file.
    """

    model: str
    name: str
    label: Any
    names: Names
    without: Names = field(default_factory=dict)
    fixed: Names = field(default_factory=dict)
    patient: str = ""
    client: str = ""
    account: str = ""
    billed_to: str = ""
    billed_on: str = ""
    right: Right | None = Right.RECORD  # which an account needs; None: any
    permissions: tuple[str, ...]
    only: Mapping[str, Any] = field(default_factory=dict)
    never: Mapping[str, Any] = field(default_factory=dict)
    addressed: str = ""
    rows: Callable[[Any], Any] | None = None
    title: str = ""
    day: str = ""
    file: Callable[[Any], Any] | None = None


class LeftOut(NamedTuple):
    """A model on the way to a person that is not in their copy, and why."""

    model: str
    why: str


Copies = Iterable[Copied | LeftOut]


def nested(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return values under dotted names as objects in objects; a number in a name is a place in a list.

    Nothing is written of what is empty.
    """
    found: dict[str, Any] = {}
    for path, value in values:
        if value not in (None, "", [], {}):
            name, _, of = path.partition(":")
            _put(found, name.split("."), f"{of}/{value}" if of else value)
    return _listed(found)


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
    into[path[-1]] = value


def _listed(found: Any) -> Any:
    """Make lists of objects whose names are numbers."""
    if not isinstance(found, dict):
        return found
    within = {name: _listed(value) for name, value in found.items()}
    if within and all(name.isdigit() for name in within):
        return [within[name] for name in sorted(within, key=int)]
    return within
