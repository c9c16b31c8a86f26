"""Reactions to what others tell."""

from __future__ import annotations

from access.events import MemberJoined
from modules.scheduling.services import staffing


def make_practitioner(event: MemberJoined) -> None:
    staffing.make_practitioner_of_member(member_id=event.member_id, user_id=event.user_id, role=event.role)
