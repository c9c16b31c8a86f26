"""Read the audit log."""

from __future__ import annotations

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
