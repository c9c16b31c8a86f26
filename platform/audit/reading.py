"""Read the audit log."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from audit.models import AuditEntry

# What begins so in an action's last part is a look at something, and changed nothing.
VIEWS = Q(action__contains=".viewed") | Q(action__contains=".listed")
# What answers "who looked?": whoever opens a record in an emergency changes something, and looks.
EMERGENCY = ".opened_in_emergency"
LOOKS = VIEWS | Q(action__endswith=EMERGENCY)


def history_of(thing: Model) -> QuerySet[AuditEntry]:
    """Return what was done to one thing, newest first."""
    entries = AuditEntry.objects.filter(object_type=thing._meta.label_lower, object_id=str(thing.pk))
    return entries.exclude(VIEWS).order_by("-at", "-pk")


def looks_at(subjects: Collection[UUID], *, by_others_than: UUID) -> QuerySet[AuditEntry]:
    """Return who looked at what is kept about these people, in lists too, newest first."""
    about_them = Q(subject_id__in=subjects) | Q(listed__overlap=list(subjects))
    return AuditEntry.objects.filter(LOOKS, about_them).exclude(user_id=by_others_than).order_by("-at", "-id")
