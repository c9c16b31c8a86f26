"""What somebody typed into a search, read as the beginning of a registration."""

from __future__ import annotations

import re
from typing import NamedTuple

PHONE = re.compile(r"\+?[\d\s()./-]{4,}")


class Typed(NamedTuple):
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    email: str = ""


def read_typed(text: str) -> Typed:
    """Return a phone number, an e-mail or a name: "Anna Maria Rossi" and "Rossi, Anna Maria" are the same."""
    text = " ".join(text.split())
    if PHONE.fullmatch(text):
        return Typed(phone=text)
    if "@" in text:
        return Typed(email=text)
    last, comma, first = text.partition(",")
    if not comma:
        first, _, last = text.rpartition(" ") if " " in text else (text, "", "")
    return Typed(first_name=first.strip(), last_name=last.strip())
