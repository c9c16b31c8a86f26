"""What the people module tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRegistered(Event):
    """`is_imported`: with a file of people who were known elsewhere. They are not asked what somebody new is asked."""

    patient_id: UUID
    is_imported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientChanged(Event):
    """What says who somebody is, or how they are reached, is another: of them, of their client or in a paper."""

    patient_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordClaimed(Event):
    """An account proved by its e-mail that it is this client."""

    client_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigned(Event):
    note_id: UUID
    patient_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased(Event):
    """Somebody is to be erased, and nobody finds them any more."""

    erasure_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDied(Event):
    """Nothing is booked for them any more, and what is to come does not take place."""

    patient_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsMerged(Event):
    """Records became one: `patient_id` and `client_id` stayed. Without a patient, clients were merged by themselves."""

    merge_id: UUID
    patient_id: UUID | None
    client_id: UUID
    merged_patients: tuple[UUID, ...]
    merged_clients: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(Event):
    """They are several records again."""

    merge_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReceived(Event):
    """A file came, and nobody has looked into it yet."""

    version_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCleared(Event):
    """A file can be opened now."""

    version_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWaits(Event):
    """An import of people came to a step that takes long: its state says which."""

    import_id: UUID
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyWaits(Event):
    """Somebody asked for a copy of what is kept about a patient."""

    copy_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractWaits(Event):
    """Figures without names were asked for."""

    extract_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeListWaits(Event):
    """A list of codes came to a step that takes long: its state says which."""

    code_list_id: UUID
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSubmitted(Event):
    """Somebody filled a form in: it waits to be reviewed."""

    filled_id: UUID
    patient_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstVisitBooked(Event):
    """Somebody comes for the first time."""

    patient_id: UUID
    appointment_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOver(Event):
    """Somebody has been here."""

    patient_id: UUID
    appointment_id: UUID
    at: datetime
