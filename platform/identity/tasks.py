"""Sending, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from identity.mails import deliver_mail
from jobs.actors import actor


@actor(queue_name="mail", max_attempts=16)  # for more than a day: that long a link in it is worth having
def deliver(*, mail_id: str, **_: Any) -> None:
    deliver_mail(UUID(mail_id))
