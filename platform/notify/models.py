"""Every message that was, is or will be sent."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id
from kernel.lasting import Lasts


class MessageState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    DROPPED = "dropped", "No longer needed"
    FAILED = "failed", "Failed"


class Message(models.Model):
    """`cause` says why it exists ("scheduling.booked:<id>"): there is never a second message for one cause.

    It is composed when it is due, by the `composer` of a module, so that a reminder tells what is true then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cause = models.CharField(max_length=120, unique=True)
    composer = models.CharField(max_length=200)
    about = models.JSONField()  # the ids the composer needs
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.WAITING)
    due_at = models.DateTimeField()
    recipient = models.EmailField(blank=True)
    subject = models.CharField(max_length=200, blank=True)
    person_id = models.UUIDField(null=True)  # in whose record it belongs
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    when_restored = Lasts(by="cause", only=("state", MessageState.SENT.value))

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="message_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["person_id", "-sent_at"], name="message_to", condition=~models.Q(person_id=None)),
        ]
