"""Reactions to what others tell."""

from __future__ import annotations

from django.utils import timezone

from access.events import MemberLeft
from access.models import Member
from modules.crm import services


def end_access(event: MemberLeft) -> None:
    left = Member.objects.get(pk=event.member_id)
    services.release_records(user_id=event.user_id)
    services.end_all_access_of(user_id=event.user_id, before=left.ended_at or timezone.now(), at=timezone.now())
