"""What membership tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    """Somebody accepted an invitation and works here now."""

    member_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft(Event):
    member_id: UUID
    user_id: UUID
