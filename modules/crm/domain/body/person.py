"""The chart of a person: from the front, from behind, and from both sides."""

from __future__ import annotations

from collections.abc import Iterator

from modules.crm.domain.body.shapes import Figure, Region, Side, View, mirrored

WIDTH, SIDE_WIDTH, HEIGHT = 420, 300, 1000

Shape = tuple[str, tuple[int, int], tuple[int, int], int]

ARM: tuple[Shape, ...] = (
    ("upper-arm", (124, 245), (114, 305), 22),
    ("elbow", (109, 344), (109, 346), 20),
    ("forearm", (100, 375), (86, 430), 20),
    ("wrist", (81, 455), (81, 457), 16),
    ("hand", (72, 495), (66, 535), 22),
)
FRONT: tuple[Shape, ...] = (
    ("shoulder", (134, 196), (140, 206), 30),
    ("chest", (168, 225), (172, 260), 30),
    *ARM,
    ("ribs", (164, 300), (166, 320), 24),
    ("hip", (154, 446), (156, 462), 24),
    ("groin", (186, 474), (186, 478), 16),
    ("thigh", (170, 525), (174, 640), 34),
    ("knee", (177, 690), (177, 700), 28),
    ("shin", (174, 750), (178, 870), 24),
    ("ankle", (180, 904), (180, 908), 17),
    ("foot", (170, 945), (170, 965), 24),
)
FRONT_MIDDLE: tuple[Shape, ...] = (
    ("head", (210, 34), (210, 40), 36),
    ("face", (210, 84), (210, 94), 36),
    ("neck", (200, 140), (220, 140), 20),
    ("breastbone", (210, 190), (210, 265), 20),
    ("upper-abdomen", (194, 330), (226, 330), 32),
    ("lower-abdomen", (186, 405), (234, 405), 34),
    ("pelvis", (210, 462), (210, 466), 20),
)
BACK: tuple[Shape, ...] = (
    ("shoulder", (134, 194), (138, 202), 28),
    ("shoulder-blade", (168, 218), (172, 255), 28),
    *ARM,
    ("ribs", (168, 300), (170, 320), 28),
    ("lower-back", (172, 370), (172, 390), 24),
    ("buttock", (172, 455), (176, 470), 34),
    ("thigh", (170, 535), (174, 640), 34),
    ("hollow-of-knee", (177, 690), (177, 700), 28),
    ("calf", (174, 750), (176, 830), 26),
    ("achilles-tendon", (180, 880), (180, 905), 15),
    ("heel", (176, 950), (176, 960), 22),
)
BACK_MIDDLE: tuple[Shape, ...] = (
    ("head", (210, 55), (210, 80), 46),
    ("neck", (204, 140), (216, 140), 22),
    ("thoracic-spine", (210, 185), (210, 300), 18),
    ("lumbar-spine", (210, 340), (210, 395), 18),
    ("sacrum", (210, 432), (210, 440), 20),
)
ASIDE: tuple[Shape, ...] = (
    ("ear", (160, 80), (160, 86), 14),
    ("shoulder", (158, 196), (158, 204), 28),
    ("chest", (116, 215), (116, 260), 22),
    ("upper-arm", (158, 245), (155, 305), 24),
    ("elbow", (150, 344), (150, 346), 20),
    ("forearm", (147, 380), (140, 430), 20),
    ("wrist", (138, 455), (138, 457), 15),
    ("hand", (132, 490), (130, 520), 20),
    ("hip", (172, 436), (172, 440), 26),
    ("buttock", (202, 470), (202, 480), 22),
    ("thigh", (155, 560), (155, 630), 40),
    ("knee", (150, 688), (150, 692), 30),
    ("lower-leg", (160, 750), (162, 860), 28),
    ("ankle", (162, 904), (162, 908), 20),
    ("foot", (145, 955), (108, 968), 20),
    ("heel", (182, 960), (182, 964), 14),
)
ASIDE_MIDDLE: tuple[Shape, ...] = (
    ("head", (158, 40), (170, 48), 40),
    ("face", (116, 82), (116, 94), 26),
    ("neck", (158, 140), (162, 142), 24),
    ("upper-back", (202, 225), (200, 275), 18),
    ("abdomen", (114, 330), (114, 400), 26),
    ("lower-back", (188, 340), (190, 385), 20),
)


def _of(shapes: tuple[Shape, ...], side: Side) -> Iterator[Region]:
    for part, start, end, radius in shapes:
        yield Region(part, side, start, end, radius)


def _facing(half: tuple[Shape, ...], middle: tuple[Shape, ...], *, shown_left: Side) -> tuple[Region, ...]:
    """Return both halves of the body; `shown_left` is which of them is on the left of the sheet."""
    one = tuple(_of(half, shown_left))
    return *_of(middle, Side.NONE), *one, *mirrored(one, width=WIDTH)


_LEFT = (*_of(ASIDE_MIDDLE, Side.NONE), *_of(ASIDE, Side.LEFT))

PERSON = Figure(
    "person",
    (
        View("front", WIDTH, HEIGHT, _facing(FRONT, FRONT_MIDDLE, shown_left=Side.RIGHT)),
        View("back", WIDTH, HEIGHT, _facing(BACK, BACK_MIDDLE, shown_left=Side.LEFT)),
        View("left", SIDE_WIDTH, HEIGHT, _LEFT),
        View("right", SIDE_WIDTH, HEIGHT, tuple(mirrored(_LEFT, width=SIDE_WIDTH))),
    ),
)
