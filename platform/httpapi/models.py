"""Answers that were given, so that a retried request gets the same one."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class KeptAnswer(models.Model):
    """The first answer to a creating request with an `Idempotency-Key`. Written in the transaction of its effect."""

    user_id = models.UUIDField(null=True)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(db_default=Now())

    kept_out_of_exports = True  # of no use to anybody but the program that waits for it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="answer_once", nulls_distinct=False)]
        indexes = [models.Index(fields=["created_at"], name="answer_by_age")]
