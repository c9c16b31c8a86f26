"""What a note is made of, and what became of its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

SOAP = ("subjective", "objective", "assessment", "plan")
MOST_WORK = 2_000_000  # words before times words after: beyond that, whole lines are compared

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Piece(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text that stayed, went or came."""

    piece: Piece
    text: str


def passages(before: str, after: str) -> list[Passage]:
    """Return `after` with what became of `before`, word by word; line by line where that would take too long."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    is_long = len(old) * len(new) > MOST_WORK
    if is_long:
        old, new = LINES.findall(before), LINES.findall(after)
    return list(_compared(old, new, gives_up_on_frequent=is_long))


def _compared(old: list[str], new: list[str], *, gives_up_on_frequent: bool) -> Iterator[Passage]:
    matcher = SequenceMatcher(None, old, new, autojunk=gives_up_on_frequent)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield Passage(Piece.SAME, "".join(old[start:end]))
            continue
        if start < end:
            yield Passage(Piece.GONE, "".join(old[start:end]))
        if new_start < new_end:
            yield Passage(Piece.NEW, "".join(new[new_start:new_end]))
