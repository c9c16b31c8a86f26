"""A signature that was drawn: strokes of points on a sheet of fixed size, and nothing but whole numbers.

Written as JSON: a list of strokes, each a flat list x, y, x, y, … What is not exactly that is refused, so that what is
kept can be drawn again by anybody and can hold nothing else.
"""

from __future__ import annotations

import json
from typing import Any

WIDTH, HEIGHT = 600, 200
MOST_STROKES, MOST_POINTS, MOST_CHARACTERS = 100, 4_000, 40_000
LEAST_EXTENT = 20  # a dot, or a slip of the hand, is no signature

Strokes = list[list[int]]


class NotADrawing(ValueError):
    """What was sent is no drawing, or none that anybody would take for a signature."""


def read_strokes(text: str) -> Strokes:
    """Return the strokes that are written in a text. Raises `NotADrawing`."""
    if len(text) > MOST_CHARACTERS:
        raise NotADrawing("too long")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotADrawing("no JSON") from None
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_STROKES:
        raise NotADrawing("no list of strokes")
    strokes = [_stroke(each) for each in found]
    if sum(map(len, strokes)) > 2 * MOST_POINTS:
        raise NotADrawing("too many points")
    if max(_extent(strokes, 0), _extent(strokes, 1)) < LEAST_EXTENT:
        raise NotADrawing("too small")
    return strokes


def write_strokes(strokes: Strokes) -> str:
    return json.dumps(strokes, separators=(",", ":"))


def path_of(strokes: Strokes) -> str:
    """Return the drawing as the `d` of an SVG path."""
    return "".join(_line(stroke) for stroke in strokes)


def _stroke(found: Any) -> list[int]:
    if not isinstance(found, list) or len(found) < 2 or len(found) % 2:
        raise NotADrawing("no stroke")
    if any(type(each) is not int for each in found):  # a bool is an int, too
        raise NotADrawing("no whole numbers")
    if not all(0 <= x <= WIDTH for x in found[::2]) or not all(0 <= y <= HEIGHT for y in found[1::2]):
        raise NotADrawing("off the sheet")
    return found


def _extent(strokes: Strokes, axis: int) -> int:
    places = [place for stroke in strokes for place in stroke[axis::2]]
    return max(places) - min(places)


def _line(stroke: list[int]) -> str:
    points = [f"{x} {y}" for x, y in zip(stroke[::2], stroke[1::2], strict=True)]
    return "M" + "L".join(points if len(points) > 1 else points * 2)  # a dot is a line without length
