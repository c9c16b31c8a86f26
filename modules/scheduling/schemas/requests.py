"""How a request is answered."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.schemas import Schema
from modules.scheduling.services import Move


class AcceptanceIn(Schema):
    """Empty: at the time that was asked for, with whom it was asked for."""

    start_time: AwareDatetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None

    def move(self) -> Move | None:
        if not any((self.start_time, self.practitioner_id, self.room_id)):
            return None
        return Move(starts_at=self.start_time, practitioner_id=self.practitioner_id, room_id=self.room_id)


class RefusalIn(Schema):
    reason: str = Field("", max_length=200)
