"""Read the audit log."""

from __future__ import annotations

from django.db.models import Model, QuerySet

from audit.models import AuditEntry


def history_of(thing: Model) -> QuerySet[AuditEntry]:
    """Return what was done to one thing, newest first."""
    entries = AuditEntry.objects.filter(object_type=thing._meta.label_lower, object_id=str(thing.pk))
    return entries.order_by("-at", "-pk")
