"""The charts of animals on four legs: from both sides, and from above with the head on top.

Their regions are the same and lie along the same joints; where the joints are is what tells a dog from a horse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modules.crm.domain.body.shapes import Figure, Region, Side, View, mirrored

WIDTH, HEIGHT = 1000, 700
ABOVE_WIDTH, ABOVE_HEIGHT = 400, 1000
MIDLINE = ABOVE_WIDTH // 2

Point = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joints:
    """Where what is, on an animal that looks to the left."""

    muzzle: Point
    head: Point
    ear: Point
    neck: Point
    withers: Point
    loin: Point
    croup: Point
    tail: tuple[Point, Point]
    breast: Point
    ribs: Point
    belly: Point
    flank: Point
    shoulder: Point
    elbow: Point
    carpus: Point
    fore_foot: Point
    hip: Point
    stifle: Point
    hock: Point
    hind_foot: Point
    foot: str = "paw"


DOG = Joints(
    muzzle=(104, 202), head=(195, 160), ear=(246, 184), neck=(295, 238), withers=(400, 246), loin=(640, 262),
    croup=(735, 282), tail=((806, 290), (915, 168)), breast=(296, 350), ribs=(490, 340), belly=(530, 420),
    flank=(642, 350), shoulder=(350, 330), elbow=(376, 436), carpus=(371, 545), fore_foot=(358, 628),
    hip=(745, 340), stifle=(728, 425), hock=(812, 508), hind_foot=(782, 628),
)  # fmt: skip
CAT = Joints(
    muzzle=(118, 262), head=(180, 215), ear=(152, 138), neck=(272, 262), withers=(380, 258), loin=(640, 252),
    croup=(735, 275), tail=((815, 285), (915, 60)), breast=(292, 365), ribs=(480, 340), belly=(530, 422),
    flank=(640, 345), shoulder=(340, 335), elbow=(372, 440), carpus=(373, 548), fore_foot=(360, 630),
    hip=(745, 345), stifle=(728, 440), hock=(810, 520), hind_foot=(782, 630),
)  # fmt: skip
HORSE = Joints(
    muzzle=(86, 208), head=(160, 128), ear=(205, 48), neck=(300, 172), withers=(425, 208), loin=(630, 222),
    croup=(722, 230), tail=((815, 290), (838, 470)), breast=(314, 318), ribs=(500, 300), belly=(520, 378),
    flank=(640, 315), shoulder=(372, 290), elbow=(384, 388), carpus=(378, 500), fore_foot=(368, 645),
    hip=(742, 290), stifle=(728, 378), hock=(800, 476), hind_foot=(780, 645), foot="hoof",
)  # fmt: skip
SMALL = Joints(
    muzzle=(112, 350), head=(178, 310), ear=(236, 262), neck=(270, 360), withers=(360, 262), loin=(600, 250),
    croup=(710, 310), tail=((822, 462), (848, 466)), breast=(236, 456), ribs=(450, 380), belly=(490, 530),
    flank=(590, 400), shoulder=(330, 430), elbow=(356, 508), carpus=(356, 552), fore_foot=(338, 586),
    hip=(715, 400), stifle=(660, 480), hock=(765, 530), hind_foot=(710, 582),
)  # fmt: skip
SPINE = (
    ("muzzle", 58, 66, 28), ("head", 122, 140, 40), ("neck", 215, 240, 40), ("withers", 300, 312, 32),
    ("back", 380, 500, 34), ("loin", 575, 620, 34), ("croup", 692, 712, 36), ("tail", 800, 940, 26),
)  # fmt: skip
BESIDE = (
    ("ear", 150, 118, 138, 22), ("shoulder", 130, 300, 330, 36), ("ribs", 130, 420, 490, 40),
    ("flank", 138, 585, 610, 34), ("hip", 140, 680, 690, 30), ("thigh", 118, 735, 755, 30),
)  # fmt: skip


def _aside(at: Joints) -> Iterator[Region]:
    midline = (
        ("muzzle", at.muzzle, 36), ("head", at.head, 48), ("neck", at.neck, 56), ("withers", at.withers, 32),
        ("croup", at.croup, 36), ("breast", at.breast, 32), ("loin", at.loin, 36),
    )  # fmt: skip
    paired = (
        ("ear", at.ear, 26), ("shoulder", at.shoulder, 46), ("elbow", at.elbow, 28), ("carpus", at.carpus, 24),
        (f"fore-{at.foot}", at.fore_foot, 34), ("flank", at.flank, 46), ("hip", at.hip, 44), ("stifle", at.stifle, 32),
        ("hock", at.hock, 26), (f"hind-{at.foot}", at.hind_foot, 36),
    )  # fmt: skip
    for part, point, radius in midline:
        yield Region(part, Side.NONE, point, point, radius)
    for part, point, radius in paired:
        yield Region(part, Side.LEFT, point, point, radius)
    yield Region("back", Side.NONE, _between(at.withers, at.loin, 0.3), _between(at.withers, at.loin, 0.75), 32)
    yield Region("tail", Side.NONE, *at.tail, 24)
    yield Region("belly", Side.NONE, (at.belly[0] - 60, at.belly[1] + 4), (at.belly[0] + 60, at.belly[1] - 4), 28)
    yield Region("ribs", Side.LEFT, (at.ribs[0] - 50, at.ribs[1]), (at.ribs[0] + 50, at.ribs[1]), 60)
    yield _limb("foreleg", at.elbow, at.carpus)
    yield _limb("fore-pastern", at.carpus, at.fore_foot)
    yield _limb("lower-thigh", at.stifle, at.hock)
    yield _limb("hind-pastern", at.hock, at.hind_foot)


def _above() -> Iterator[Region]:
    for part, top, bottom, radius in SPINE:
        yield Region(part, Side.NONE, (MIDLINE, top), (MIDLINE, bottom), radius)
    beside = [Region(part, Side.LEFT, (x, top), (x, bottom), radius) for part, x, top, bottom, radius in BESIDE]
    yield from beside
    yield from mirrored(beside, width=ABOVE_WIDTH)


def _limb(part: str, upper: Point, lower: Point) -> Region:
    """Return what is between two joints."""
    return Region(part, Side.LEFT, _between(upper, lower, 0.4), _between(upper, lower, 0.6), 22)


def _between(one: Point, other: Point, share: float) -> Point:
    return round(one[0] + (other[0] - one[0]) * share), round(one[1] + (other[1] - one[1]) * share)


def _figure(name: str, joints: Joints) -> Figure:
    left = tuple(_aside(joints))
    views = (
        View("left", WIDTH, HEIGHT, left),
        View("right", WIDTH, HEIGHT, tuple(mirrored(left, width=WIDTH))),
        View("above", ABOVE_WIDTH, ABOVE_HEIGHT, tuple(_above())),
    )
    return Figure(name, views)


ANIMALS = (_figure("dog", DOG), _figure("cat", CAT), _figure("horse", HORSE), _figure("small", SMALL))
