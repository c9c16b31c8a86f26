"""How somebody stands to what they are asked to agree to."""

from __future__ import annotations

import hashlib
from enum import StrEnum


class State(StrEnum):
    """OUTDATED: signed, and there are newer words by now. MISSING: never signed."""

    GIVEN = "GIVEN"
    OUTDATED = "OUTDATED"
    WITHDRAWN = "WITHDRAWN"
    MISSING = "MISSING"


def digest_of(title: str, body: str) -> str:
    """Return the SHA-256, in hexadecimal, of a text as it is shown: the title, an empty line, the body, in UTF-8."""
    return hashlib.sha256(f"{title}\n\n{body}".encode()).hexdigest()


def state_of(*, was_given: bool | None, of_current: bool) -> State:
    """Return how somebody stands who said yes or no last, or never anything, to a current text or to an earlier one."""
    if was_given is None:
        return State.MISSING
    if not was_given:
        return State.WITHDRAWN
    return State.GIVEN if of_current else State.OUTDATED
