"""Reactions to what others tell."""

from __future__ import annotations

from django.utils import timezone

from access.events import MemberLeft
from access.models import Member
from jobs.outbox import later
from modules.crm import services, tasks
from modules.crm.events import DocumentCleared, DocumentReceived


def end_access(event: MemberLeft) -> None:
    left = Member.objects.get(pk=event.member_id)
    services.release_records(user_id=event.user_id)
    services.end_all_access_of(user_id=event.user_id, before=left.ended_at or timezone.now(), at=timezone.now())


def scan_document(event: DocumentReceived) -> None:
    later(tasks.scan_document, version_id=str(event.version_id))


def preview_document(event: DocumentCleared) -> None:
    later(tasks.preview_document, version_id=str(event.version_id))
