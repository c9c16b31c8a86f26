"""What those who treat keep of people, in a practice that could be real."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from modules.crm.models import FlagKind, FlagReach, Patient
from modules.crm.services.flags import FlagDetails, end_flag, raise_flag

if TYPE_CHECKING:
    from tenants.demo import Stage

# Whom there is something to know about: which of them, what, and what to do about it.
KNOWN: dict[str, dict[int, tuple[str, str]]] = {
    "clinic": {
        3: ("Latex allergy", "Nitrile gloves, and no latex tape."),
        1: ("Takes a blood thinner", "No deep friction, no cupping."),
        15: ("Fall risk", "Walks with a stick: fetch her from the waiting room."),
        20: ("Often does not come", ""),
    },
    "vet": {
        5: ("Bites", "Muzzle before every injection. Two people."),
        1: ("Fears other animals", "Straight into a room, by the back door."),
        9: ("Owes money", ""),
    },
    "shop": {4: ("Owes money", "")},
}


def seed_flags(stage: Stage, patients: list[Patient]) -> None:
    """Raise a few of those that are offered, and one that is over."""
    owner, began = stage.people["owner"], stage.now - timedelta(weeks=4)
    treats = stage.people.get("practitioner", owner)  # has the second one in their care
    kinds = {kind.name: kind for kind in FlagKind.objects.all()}
    for number, (name, advice) in KNOWN[stage.tenant.vertical].items():
        kind = kinds[name]
        details = FlagDetails(category=kind.category, severity=kind.severity, advice=advice, kind_id=kind.pk)
        raise_flag(
            patient=patients[number],
            details=details,
            by=treats if kind.reach == FlagReach.TREATING else owner,
            at=began,
        )
    if stage.tenant.vertical == "clinic":
        on_crutches = FlagDetails(text="On crutches", category="SAFETY", severity="INFO")
        flag = raise_flag(patient=patients[3], details=on_crutches, by=owner, at=began)
        end_flag(flag=flag, reason="Walks without them", by=owner, at=stage.now - timedelta(days=3))
