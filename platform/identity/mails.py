"""Mails about accounts, sent by the worker: a mail server that is down neither holds a page up nor loses a mail.

They hold links that open accounts, so until they are sent they lie sealed, and afterwards not at all.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction

from identity.models import AccountMail
from jobs.outbox import later
from kernel.ids import new_id
from privacy.keys import open_own, seal_own
from tenancy import use_platform

KEEP_FOR = timedelta(days=3)  # no link in them is good for longer


def post(message: EmailMessage) -> None:
    """Have a mail sent once this transaction commits, or at once where there is none."""
    from identity.tasks import deliver

    pk = new_id()
    with use_platform(), transaction.atomic():
        AccountMail.objects.create(pk=pk, sealed=seal_own(json.dumps(_written(message)), place=_place(pk)))
        later(deliver, mail_id=str(pk))


def deliver_mail(mail_id: UUID) -> None:
    """Send a mail, unless that was done, and keep nothing of it. Called in the transaction that ticks the job off."""
    mail = AccountMail.objects.select_for_update().filter(pk=mail_id).first()
    if mail is not None:
        _read(json.loads(open_own(mail.sealed, place=_place(mail.pk))), mail_id).send()
        mail.delete()


def forget_old_mails(*, at: datetime) -> None:
    """Delete what could not be sent in time."""
    AccountMail.objects.filter(created_at__lt=at - KEEP_FOR).delete()


def _written(message: EmailMessage) -> dict[str, Any]:
    alternatives = getattr(message, "alternatives", [])
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": message.from_email,
        "to": list(message.to),
        "headers": dict(message.extra_headers),
        "alternatives": [(str(content), str(media_type)) for content, media_type in alternatives],
    }


def _read(written: dict[str, Any], mail_id: UUID) -> EmailMultiAlternatives:
    # The same id on every attempt: a mail server that did get the first one can see that the second is the same.
    headers = {"Message-ID": f"<{mail_id}@{settings.PLATFORM_HOST}>"} | written.pop("headers")
    alternatives = written.pop("alternatives")
    message = EmailMultiAlternatives(**written, headers=headers)
    for content, media_type in alternatives:
        message.attach_alternative(content, media_type)
    return message


def _place(pk: UUID) -> str:
    return f"identity_accountmail|{pk}"
