"""Cells that a spreadsheet would take for a formula, and run: shown as text, and read back as they were meant."""

from __future__ import annotations

TAKEN_FOR_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
QUOTE = "'"  # what spreadsheets know as the mark of a text


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet runs."""
    return f"{QUOTE}{text}" if text.lstrip(" ").startswith(TAKEN_FOR_FORMULAS) or _is_marked(text) else text


def as_meant(text: str) -> str:
    """Return what a cell says, made harmless or not."""
    return text[1:] if _is_marked(text) else text


def _is_marked(text: str) -> bool:
    return text.startswith(QUOTE) and text.lstrip(QUOTE + " ").startswith(TAKEN_FOR_FORMULAS)
