"""What is stored. The bytes are in the storage; the key never leaves the tenant's prefix."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id


class StoredFile(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)  # SHA-256
    created_at = models.DateTimeField(db_default=Now())
