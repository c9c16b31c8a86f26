"""What those who treat keep of people, in a practice that could be real."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from modules.crm.models import Code, EpisodeOfCare, FlagKind, FlagReach, MeasureKind, Patient
from modules.crm.services import take_into_care
from modules.crm.services.diagnoses import DiagnosisState, record_diagnosis
from modules.crm.services.flags import FlagDetails, end_flag, raise_flag
from modules.crm.services.measures import Measured, measure

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


def seed_clinical(stage: Stage, patients: list[Patient]) -> None:
    """What there is to know, what was found, and how it was measured."""
    _raise_flags(stage, patients)
    treats = stage.people.get("practitioner", stage.people["owner"])
    for number in {number for number, *_ in FOUND.get(stage.tenant.vertical, [])}:
        desk, at = stage.people["reception"], stage.now - timedelta(weeks=4)
        take_into_care(patient=patients[number], user_id=treats.pk, reason="first visit", by=desk, at=at)
    _measure(stage, patients)
    stage.afterwards.append(partial(_diagnose, stage, patients))


def _raise_flags(stage: Stage, patients: list[Patient]) -> None:
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


# What was found, of whom: by a code of the list that is ours, or in words, and how sure one is of it.
FOUND: dict[str, list[tuple[int, str, str, str]]] = {
    "clinic": [
        (0, "SHOULDER-CUFF", "working", "confirmed"),
        (0, "SHOULDER-STIFF", "arrival", "refuted"),
        (1, "KNEE-PAIN", "working", "provisional"),
        (1, "Deconditioned after a long illness", "working", "confirmed"),
    ],
    "vet": [
        (0, "EAR", "working", "confirmed"),
        (1, "ARTHROSIS", "working", "confirmed"),
        (1, "OVERWEIGHT", "working", "provisional"),
    ],
}


def _diagnose(stage: Stage, patients: list[Patient]) -> None:
    """Have the first few be treated for something, in the episode that their visits to the practitioner began."""
    treats = stage.people.get("practitioner", stage.people["owner"])
    for number, called, role, verification in FOUND.get(stage.tenant.vertical, []):
        episode = _episode_of(patients[number], with_whom=str(treats))
        if episode is None:  # they came to nobody in these weeks
            continue
        began = episode.opened_at
        code = Code.objects.filter(code=called).first()
        record_diagnosis(
            episode=episode,
            code_id=code.pk if code else None,
            text="" if code else called,
            state=DiagnosisState(role=role, verification=verification, onset_on=(began - timedelta(weeks=3)).date()),
            by=treats,
            at=min(began + timedelta(minutes=20), stage.now),
        )


# What was measured of whom, week by week.
MEASURED: dict[str, dict[int, dict[str, tuple[str, ...]]]] = {
    "clinic": {
        0: {
            "Pain (0 to 10)": ("8", "7", "5", "4", "2"),
            "Shoulder, flexion, right": ("95", "110", "135", "150", "162"),
        },
        1: {
            "Pain (0 to 10)": ("6", "6", "4", "3"),
            "Knee, flexion, right": ("100", "112", "121", "128"),
            "Heart rate": ("104",),
        },
    },
    "vet": {
        0: {"Body temperature": ("39.6", "38.8", "38.5"), "Heart rate": ("120",)},
        1: {"Body condition (1 to 9)": ("8", "7", "7", "6")},
    },
}


def _measure(stage: Stage, patients: list[Patient]) -> None:
    """Have the first few get better, week by week."""
    treats = stage.people.get("practitioner", stage.people["owner"])
    kinds = {kind.name: kind for kind in MeasureKind.objects.all()}
    for number, of_patient in MEASURED.get(stage.tenant.vertical, {}).items():
        for name, values in of_patient.items():
            for weeks, value in enumerate(reversed(values)):
                at = stage.now - timedelta(weeks=weeks, hours=3)
                told = Measured(value=value)
                measure(patient=patients[number], kind=kinds[name], measured=told, by=treats, at=at)


def _episode_of(patient: Patient, *, with_whom: str) -> EpisodeOfCare | None:
    rows = EpisodeOfCare.objects.going_on().filter(patient=patient, care_manager_name=with_whom)
    return rows.select_related("patient__client").order_by("opened_at").first()
