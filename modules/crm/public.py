"""What other modules may ask of the people module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from access.fields import seen_value
from access.grants import granted
from access.membership import reach_of
from access.presets import Reach
from modules.crm import selectors, services
from modules.crm.domain.notes import SOAP
from modules.crm.domain.phones import shown
from modules.crm.domain.timeline import Asked, Badge, TimelineEntry, TimelineKind, TimelineKinds
from modules.crm.models import CARE, EpisodeOfCare, Note, Patient, PatientGrant
from modules.crm.selectors import Unsigned, stretch_of
from modules.crm.services import (
    Arrived,
    EmptyNote,
    Newcomer,
    NoSuchEpisode,
    NotRegistrable,
    check_newcomer,
)

__all__ = [
    "Arrived",
    "Asked",
    "Badge",
    "Newcomer",
    "NoSuchEpisode",
    "NotRegistrable",
    "TimelineEntry",
    "TimelineKind",
    "TimelineKinds",
    "Unsigned",
    "check_newcomer",
    "stretch_of",
]  # and what is defined here


@dataclass(frozen=True, slots=True)
class PatientCard:
    """A patient and whom to write to about them. `alert` is empty unless it was asked for somebody who may see it."""

    id: UUID
    name: str
    alert: str
    is_active: bool
    client_id: UUID
    client_name: str
    client_user_id: UUID | None
    email: str
    phone: str
    address_lines: tuple[str, ...]

    @property
    def phone_shown(self) -> str:
        return shown(self.phone)


@dataclass(frozen=True, slots=True)
class NoteText:
    """A visit's note. `sections` are the filled ones, with their headings."""

    id: UUID
    author_name: str
    sections: tuple[tuple[str, str], ...]
    subjective: str
    objective: str
    assessment: str
    plan: str
    shared_with_patient: bool
    written_at: datetime
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class EpisodeCard:
    id: UUID
    opened_at: datetime
    care_manager_name: str


def find_patient(patient_id: UUID, *, seen_by: Any = None) -> PatientCard | None:
    """Return a patient; with `seen_by`, only if that user may see them."""
    rows = Patient.objects.select_related("client")
    if seen_by is not None:
        rows = rows.visible_to(seen_by)
    patient = rows.filter(pk=patient_id).first()
    return _card(patient, seen_by=seen_by) if patient else None


def patients_seen_by(user: Any) -> QuerySet[Patient, Any]:
    """Return the ids of the patients whose record somebody may see, to narrow a query with."""
    return Patient.objects.visible_to(user).values_list("pk", flat=True)


def patients_of_account(user_id: UUID) -> list[PatientCard]:
    """Return the patients that this account looks after on the portal: themself, their children, their animals."""
    rows = Patient.objects.active().select_related("client").filter(client__user_id=user_id)
    return [_card(patient) for patient in rows.order_by("first_name")]


def find_or_register(*, newcomer: Newcomer) -> PatientCard:
    """Return the patient of somebody who has shown that their e-mail is theirs, new here or known."""
    return _card(services.find_or_register(newcomer=newcomer))


def active_patients() -> list[PatientCard]:
    """Return everybody who is looked after here, by name."""
    return [_card(patient) for patient in Patient.objects.active().select_related("client").order_by("last_name", "pk")]


def take_into_care(*, patient_id: UUID, user_id: UUID, reason: str, by: Any, at: datetime) -> None:
    """Let a practitioner reach this patient's record from now on."""
    present = PatientGrant.objects.filter(permission__codename=CARE, user_id=user_id, content_object_id=patient_id)
    if not present.exists():  # as it is for all but the first booking: one question instead of five
        services.take_into_care(
            patient=Patient.objects.get(pk=patient_id), user_id=user_id, reason=reason, by=by, at=at
        )


def care_teams() -> dict[UUID, set[UUID]]:
    """Return for each patient whose care it is in, by account."""
    teams: dict[UUID, set[UUID]] = defaultdict(set)
    rows = PatientGrant.objects.filter(permission__codename=CARE)
    for patient_id, user_id in rows.values_list("content_object_id", "user_id"):
        teams[patient_id].add(user_id)
    return teams


def consents_missing(patient_ids: Collection[UUID]) -> dict[UUID, list[Unsigned]]:
    """Return for each of these patients what is asked for at the check-in and not signed as it reads now.

    Whoever has signed everything is not among them. As many queries for two hundred patients as for one.
    """
    return selectors.consents_missing(patient_ids)


def episode_at_arrival(*, arrived: Arrived, choice: str, by: Any, at: datetime) -> UUID | None:
    """Return the episode of care that a visit belongs to: the one chosen, the usual, or a new one. See the service."""
    return services.episode_at_arrival(arrived=arrived, choice=choice, by=by, at=at)


def episodes_going_on(patient_id: UUID) -> list[EpisodeCard]:
    """Return what a patient is treated for now, the latest first: since when and with whom, and not of what."""
    rows = EpisodeOfCare.objects.going_on().filter(patient=patient_id).order_by("-opened_at")
    return [EpisodeCard(row.pk, row.opened_at, row.care_manager_name) for row in rows]


def is_only_lent(patient_id: UUID, *, to: Any) -> bool:
    """Test whether somebody who reaches the records in their care reads this one without having it in their care."""
    if reach_of(to, "crm.view_patient") is not Reach.CARE:
        return False
    return not granted(Patient, any_of=(CARE,), to=to).filter(pk=patient_id).exists()


def note_of_visit(appointment_id: UUID, *, seen_by: Any) -> NoteText | None:
    rows = Note.objects.visible_to(seen_by).select_related("draft", "template_version")
    note = rows.filter(appointment_id=appointment_id).first()
    return _text(note) if note else None


def begin_note_of_visit(*, patient_id: UUID, appointment_id: UUID, by: Any, at: datetime) -> UUID:
    """Return the note of a visit, begun if nobody has. Raises `NotInCare`."""
    patient = Patient.objects.get(pk=patient_id)
    return services.begin_note(patient=patient, appointment_id=appointment_id, by=by, at=at).pk


def save_note_of_visit(
    *, patient_id: UUID, appointment_id: UUID, sections: dict[str, str], shared: bool, by: Any, at: datetime
) -> NoteText:
    """Write the draft of a visit's note. Raises `NoteIsSigned`."""
    patient = Patient.objects.get(pk=patient_id)
    note = services.save_note(
        patient=patient, appointment_id=appointment_id, sections=sections, shared=shared, by=by, at=at
    )
    return _text(note)


def sign_note_of_visit(appointment_id: UUID, *, by: Any, at: datetime) -> NoteText:
    """Sign a visit's note. Raises `NoteIsSigned` or `EmptyNote`."""
    note = Note.objects.filter(appointment_id=appointment_id).first()
    if note is None:
        raise EmptyNote("There is no note to sign yet.")
    return _text(services.sign_note(note=note, by=by, at=at))


def counts() -> dict[str, int]:
    """Return what an operator may know of this module's size."""
    return {"patients": Patient.objects.count()}


def _card(patient: Patient, *, seen_by: Any = None) -> PatientCard:
    client = patient.client
    return PatientCard(
        id=patient.pk,
        name=patient.name,
        alert=(seen_value(seen_by, patient, "alert") or "") if seen_by is not None else "",
        is_active=patient.ended_at is None,
        client_id=client.pk,
        client_name=client.name,
        client_user_id=client.user_id,
        email=client.email,
        phone=client.phone,
        address_lines=tuple(client.address_lines),
    )


def _text(note: Note) -> NoteText:
    texts = note.texts
    return NoteText(
        id=note.pk,
        author_name=note.author_name,
        sections=tuple((str(heading), text) for heading, text in note.sections),
        **{name: texts.get(name, "") for name in SOAP},
        shared_with_patient=note.shared_with_patient,
        written_at=note.last_written[1],
        signed_at=note.signed_at,
    )
