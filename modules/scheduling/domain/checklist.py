"""What is seen to when somebody arrives, and of which of it a state of the visit still asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from modules.scheduling.domain.states import NOT_BEGUN, Status


class Item(StrEnum):
    IDENTITY = "identity"
    CONSENT = "consent"
    FORM = "form"
    COMPLAINTS = "complaints"
    VITALS = "vitals"
    PRACTITIONER = "practitioner"


class Forms(StrEnum):
    """What becomes of somebody at the check-in who has not filled in what they were asked."""

    NOTHING = "NOTHING"
    WARN = "WARN"
    REFUSE = "REFUSE"


BY_THEMSELVES = frozenset(Item) - {Item.FORM}  # asked for or not; of forms there is more to say
FINDINGS = frozenset({Item.COMPLAINTS, Item.VITALS})  # noted by who treats
USUAL: Mapping[str, frozenset[Item]] = {
    "vet": frozenset(Item),
    "clinic": frozenset(Item) - {Item.VITALS},
}
# Before somebody is here there is nothing to note; what can be seen to beforehand is a signature, a form, and who
# treats.
BEFORE = frozenset({Item.CONSENT, Item.FORM, Item.PRACTITIONER})


def usually_asked(vertical: str) -> frozenset[Item]:
    """Return what is asked for as long as nobody has said otherwise."""
    return USUAL.get(vertical, frozenset(Item) - {Item.VITALS})


def of_concern(status: str) -> frozenset[Item]:
    """Return what of the list concerns a visit in this state."""
    if status in NOT_BEGUN:
        return BEFORE
    return frozenset(Item) if status in {Status.CHECKED_IN, Status.IN_PROGRESS} else frozenset()


def still_missing(*, asked: Collection[Item], status: str, done: Collection[Item]) -> tuple[Item, ...]:
    """Return what is missing, in the order in which it is seen to."""
    concern = of_concern(status)
    return tuple(item for item in Item if item in asked and item in concern and item not in done)
