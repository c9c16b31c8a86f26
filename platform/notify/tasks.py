"""Sending, in the worker."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from jobs.actors import actor
from notify.models import Message
from notify.sending import deliver_message


@actor(queue_name="mail", max_attempts=10)
def deliver(*, message_id: str, **_: Any) -> None:
    deliver_message(Message.objects.select_for_update().get(pk=message_id), at=timezone.now())
