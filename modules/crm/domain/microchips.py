"""Transponders of animals (ISO 11784): fifteen digits, the first three a country's or a maker's."""

from __future__ import annotations

import re

CHIP = re.compile(r"\d{15}")
FOR_TESTS = "999"


class NotAMicrochip(ValueError):
    """Text that no reader of ISO 11785 shows."""


def read_chip(text: str) -> str:
    """Return the fifteen digits, without what a reader puts between them; nothing stays nothing.

    Raises `NotAMicrochip`.
    """
    chip = re.sub(r"[\s.\-]", "", text)
    if chip and (not CHIP.fullmatch(chip) or chip.startswith(("000", FOR_TESTS))):
        raise NotAMicrochip(text)
    return chip
