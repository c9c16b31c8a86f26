"""The mailbox that tests look into: what waits for the worker is sent before anybody looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import mail

from identity.tasks import deliver
from jobs.models import OutboxMessage
from tenancy import use_platform


class Mailbox(Sequence[Any]):
    """Mails about accounts are brought as soon as they are written; all others when a test runs its jobs."""

    def __getitem__(self, which: Any) -> Any:
        return self._mails()[which]

    def __len__(self) -> int:
        return len(self._mails())

    def __eq__(self, other: object) -> bool:
        return list(self._mails()) == other

    __hash__ = None  # type: ignore[assignment]

    def clear(self) -> None:
        self._mails().clear()

    def _mails(self) -> list[Any]:
        bring_account_mails()
        return mail.outbox


def bring_account_mails() -> None:
    """Do what the worker does with the mails about accounts that wait, and with no other job."""
    with use_platform():
        waiting = OutboxMessage.objects.filter(actor=deliver.actor_name, done_at=None, attempts=0).order_by("id")
        for message in list(waiting):
            deliver.run_durably(message.pk, message.arguments)
