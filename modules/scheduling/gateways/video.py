"""Where a visit by video takes place: one port, one adapter so far, which is the practitioner's own room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from modules.scheduling.domain.states import GIVES_ITS_TIME_BACK, PROVISIONAL, Status
from modules.scheduling.models import Appointment

NOT_SHOWN_IN = PROVISIONAL | GIVES_ITS_TIME_BACK | {Status.COMPLETED}  # who is not expected is not let in


@dataclass(frozen=True, slots=True)
class VideoVisit:
    """What a provider of rooms is told of a visit: no name."""

    appointment_id: UUID
    own_room: str  # the address that the practitioner always uses


class VideoRooms(Protocol):
    """The port: whoever provides the rooms."""

    def address_of(self, visit: VideoVisit) -> str:
        """Return where the visit takes place; nothing if there is no room for it."""
        ...


class OwnRooms:
    """Each practitioner has one room of their own, wherever they like."""

    def address_of(self, visit: VideoVisit) -> str:
        return visit.own_room


def rooms() -> VideoRooms:
    return OwnRooms()


def video_url_of(appointment: Appointment) -> str:
    """Return the link to a visit by video; nothing for any other, and for one that is not agreed or called off."""
    if not appointment.service.by_video:
        return ""
    return video_url(appointment.pk, status=appointment.status, own_room=appointment.practitioner.video_room)


def video_url(appointment_id: UUID, *, status: str, own_room: str) -> str:
    return "" if status in NOT_SHOWN_IN else rooms().address_of(VideoVisit(appointment_id, own_room))
