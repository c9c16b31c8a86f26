"""What became of the marks on a chart from one version of a note to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modules.crm.domain.body.marks import BodyChart, Mark


@dataclass(frozen=True, slots=True)
class Change:
    """A mark that came (no `before`), went (no `after`) or is told otherwise now."""

    before: Mark | None
    after: Mark | None


def changed_marks(before: BodyChart, after: BodyChart) -> list[Change]:
    """Return what came, went and changed. A mark is the same one if it is at its place, or of its kind in its region,
    or was only moved."""
    if before.figure != after.figure:
        return [*(Change(one, None) for one in before.marks), *(Change(None, one) for one in after.marks)]
    gone, new = _without_equals(before.marks, after.marks)
    changes = []
    for is_same in (_are_at_one_place, _tell_the_same):
        for one in list(gone):
            found = next((other for other in new if is_same(before, one, after, other)), None)
            if found is not None:
                changes.append(Change(one, found))
                gone.remove(one)
                new.remove(found)
    return [*(Change(one, None) for one in gone), *changes, *(Change(None, one) for one in new)]


def _without_equals(before: Iterable[Mark], after: Iterable[Mark]) -> tuple[list[Mark], list[Mark]]:
    gone, new = list(before), []
    for mark in after:
        if mark in gone:
            gone.remove(mark)
        else:
            new.append(mark)
    return gone, new


def _are_at_one_place(_before: BodyChart, one: Mark, _after: BodyChart, other: Mark) -> bool:
    return (one.view, one.x, one.y) == (other.view, other.x, other.y)


def _tell_the_same(before: BodyChart, one: Mark, after: BodyChart, other: Mark) -> bool:
    """Test whether a mark was only moved, or is told otherwise in the region where it was."""
    if one.view != other.view:
        return False
    is_moved = (one.kind, one.strength, one.text) == (other.kind, other.strength, other.text)
    return is_moved or (one.kind == other.kind and before.region_of(one) == after.region_of(other))
