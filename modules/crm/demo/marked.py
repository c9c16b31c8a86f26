"""Notes with marks on the body and pain that goes down over the weeks: a shoulder, and a dog's knee."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from modules.crm.models import Patient
from modules.crm.services import Before, Written, begin_note, keep_and_sign, take_into_care

if TYPE_CHECKING:
    from tenants.demo import Stage

Marks = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one note says; `days` is how long ago. Pain is now, at rest, at its worst."""

    days: int
    sections: dict[str, str]
    pain: tuple[int | None, int | None, int | None]
    marks: Marks = field(default=())
    shared: bool = False


def _at(view: str, region: str, kind: str, strength: int | None = None, text: str = "") -> dict[str, Any]:
    return {"view": view, "region": region, "kind": kind, "strength": strength, "text": text}


NECK = _at("back", "neck", "stiffness")
SHOULDER = (
    Told(
        days=34,
        sections={"subjective": "Cannot lie on the left side. Fingers tingle at night.", "plan": "Load below pain 4."},
        pain=(7, 4, 9),
        marks=(
            _at("front", "left-shoulder", "pain", 7, "burning"),
            NECK,
            _at("front", "left-hand", "tingling", 3, "at night"),
        ),
    ),
    Told(
        days=27,
        sections={"subjective": "Sleeps three hours at a stretch.", "plan": "Table slides twice a day."},
        pain=(6, 3, 8),
        marks=(_at("front", "left-shoulder", "pain", 6, "burning"), NECK, _at("front", "left-hand", "tingling", 1)),
    ),
    Told(
        days=19,
        sections={
            "subjective": "Reaches the shelf.",
            "objective": "Flexion 135 degrees.",
            "plan": "Add a band.",
        },
        pain=(4, 2, 6),
        marks=(_at("front", "left-shoulder", "pain", 4, "pulling"), NECK),
    ),
    Told(
        days=12,
        sections={"subjective": "Only sore after a long day.", "plan": "Heavier band."},
        pain=(3, 0, 5),
        marks=(_at("front", "left-shoulder", "pain", 3, "pulling"),),
        shared=True,
    ),
    Told(
        days=6,
        sections={"subjective": "Slept on the left side.", "plan": "Every second week from now on."},
        pain=(2, 0, 3),
        marks=(_at("front", "left-shoulder", "pain", 2, "only overhead"),),
        shared=True,
    ),
)
KNEE = (
    Told(
        days=30,
        sections={"subjective": "Lame behind on the left since Sunday.", "plan": "Rest, on the lead only."},
        pain=(6, 3, 8),
        marks=(_at("left", "left-stifle", "swelling", 5), _at("left", "left-stifle", "pain", 6, "when extended")),
    ),
    Told(
        days=16,
        sections={"subjective": "Puts weight on it again.", "plan": "Ten minutes of walking, three times a day."},
        pain=(3, 1, 5),
        marks=(_at("left", "left-stifle", "pain", 3, "when extended"),),
    ),
    Told(
        days=4,
        sections={"subjective": "Runs.", "objective": "Thigh thinner.", "plan": "Swimming. In a month again."},
        pain=(1, 0, 2),
        marks=(_at("left", "left-hip", "weakness", 2, "thigh 2 cm thinner"),),
    ),
)  # fmt: skip


def seed_marks(stage: Stage, patients: list[Patient]) -> None:
    """Have somebody's pain be followed: of whoever uses the portal, or of a dog."""
    if stage.tenant.vertical == "clinic":
        _write(stage, patients[0], SHOULDER)
    elif stage.tenant.vertical == "vet":
        dog, treats = patients[2], stage.people["practitioner"]
        at = stage.now - timedelta(days=31)
        take_into_care(patient=dog, user_id=treats.pk, reason="first visit", by=stage.people["reception"], at=at)
        _write(stage, dog, KNEE)


def _write(stage: Stage, patient: Patient, story: tuple[Told, ...]) -> None:
    treats = stage.people["practitioner"]
    for told in story:
        at = stage.now - timedelta(days=told.days)
        note = begin_note(patient=patient, by=treats, at=at)
        pain = dict(zip(("now", "rest", "worst"), told.pain, strict=True))
        written = Written(sections=told.sections, shared=told.shared, marks=told.marks, pain=pain)
        keep_and_sign(note=note, written=written, before=Before(seen=note.seen), by=treats, at=at)
