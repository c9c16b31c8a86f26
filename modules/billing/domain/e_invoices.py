"""How an electronic invoice stands, and what may become of it.

A file is made, sent, and answered. Accepted, it is archived. Refused, it stays as it was, and either a new file of the
same document is made (Italy: within five days, under the same number), or the document is credited. One for which the
document lacks something was never made: it says what is lacking.
"""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    FATTURAPA = "FATTURAPA"
    FACTUR_X = "FACTUR_X"


class State(StrEnum):
    LACKING = "LACKING"
    MADE = "MADE"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    ARCHIVED = "ARCHIVED"


NEXT = {
    State.MADE: frozenset({State.SENT}),
    State.SENT: frozenset({State.ACCEPTED, State.REJECTED}),
    State.ACCEPTED: frozenset({State.ARCHIVED}),
}
STANDS = frozenset({State.MADE, State.SENT, State.ACCEPTED, State.ARCHIVED})  # another file would be one too many
ASKS_FOR_SOMEBODY = frozenset({State.LACKING, State.MADE, State.REJECTED})

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def may_become(state: State, other: State) -> bool:
    return other in NEXT.get(state, frozenset())


def progressive(number: int) -> str:
    """Return how a file is told from the others of its sender: five digits and letters."""
    shown = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        shown = DIGITS[digit] + shown
    return shown.rjust(5, "0")
