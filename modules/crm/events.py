"""What the people module tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRegistered(Event):
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
class PatientDied(Event):
    """Nothing is booked for them any more, and what is to come does not take place."""

    patient_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReceived(Event):
    """A file came, and nobody has looked into it yet."""

    version_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCleared(Event):
    """A file can be opened now."""

    version_id: UUID
