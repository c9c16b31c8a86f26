"""Ask for a message, and send it when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string

from audit import recording as audit
from jobs.outbox import later
from kernel.modules import may_run
from notify.models import Message, MessageState
from tenancy import current_tenant
from tenancy.addresses import tenant_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A message ready to go. `template` names a folder-qualified pair of .txt and .html below templates/mail/.

    `person` is in whose record it belongs: the id of a patient.
    """

    to: str
    subject: str
    template: str
    context: Mapping[str, Any]
    language: str = ""
    person: UUID | None = None
    attachments: tuple[Attachment, ...] = field(default=())


_muted: ContextVar[bool] = ContextVar("muted", default=False)


@contextmanager
def muted() -> Iterator[None]:
    """Record messages as no longer needed instead of sending them: for demo data and imports, whose past is past."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


def send(*, cause: str, composer: str, about: Mapping[str, Any], at: datetime) -> None:
    """Have a message composed and sent at `at` (at once, if that is past). A second call for one cause does nothing.

    `composer` is the dotted path of a function that takes `about` as keywords and returns a `Composed`, or None if
    the reason for the message has gone.
    """
    state = MessageState.DROPPED if _muted.get() else MessageState.WAITING
    message = Message(cause=cause, composer=composer, about=dict(about), due_at=at, state=state)
    (made,) = Message.objects.bulk_create([message], ignore_conflicts=True)
    if state == MessageState.WAITING and Message.objects.filter(pk=made.pk).exists():
        from notify.tasks import deliver

        later(deliver, at=at, message_id=str(made.pk))


def has_left(cause: str) -> bool:
    """Test whether the message of this cause was sent."""
    return Message.objects.filter(cause=cause, state=MessageState.SENT).exists()


def deliver_message(message: Message, *, at: datetime) -> None:
    """Compose and send one message, unless that was done. Called in the transaction that notes it as sent."""
    if message.state != MessageState.WAITING:
        return
    compose = import_string(message.composer)
    composed: Composed | None = compose(**message.about) if may_run(message.composer) else None
    if composed is None or not composed.to:
        message.state = MessageState.DROPPED
    else:
        _email(message, composed).send()
        message.state, message.sent_at = MessageState.SENT, at
        message.recipient, message.subject, message.person_id = composed.to, composed.subject, composed.person
    message.save(update_fields=["state", "sent_at", "recipient", "subject", "person_id"])
    if message.state == MessageState.SENT:
        changes = {"composer": (None, message.composer), "recipient": (None, message.recipient)}
        audit.record(action="notify.message.sent", of=message, by=None, changes=changes)


def _email(message: Message, composed: Composed) -> EmailMultiAlternatives:
    tenant = current_tenant()
    context = {"tenant": tenant, "tenant_url": tenant_url(tenant), **composed.context}
    with translation.override(composed.language or tenant.language):
        text = render_to_string(f"mail/{composed.template}.txt", context)
        html = render_to_string(f"mail/{composed.template}.html", context)
    # The same id on every attempt: a mail server that did get the first one can see that the second is the same.
    headers = {"Message-ID": f"<{message.pk}@{settings.PLATFORM_HOST}>"}
    sender = f"{tenant.name} <{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}>"
    email = EmailMultiAlternatives(composed.subject, text, sender, [composed.to], headers=headers)
    email.attach_alternative(html, "text/html")
    for attachment in composed.attachments:
        email.attach(attachment.name, attachment.content, attachment.media_type)
    return email
