"""Write to the audit log. Call inside the transaction of what is being recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from audit.models import AuditEntry
from privacy.fields import sealed_fields

SEALED = "•••"
Changes = Mapping[str, tuple[Any, Any]]


def record(*, action: str, of: Model, by: Any, changes: Changes | None = None) -> None:
    """Record that `by` (a user, or None for the system) did `action` to `of`."""
    AuditEntry.objects.create(
        user_id=getattr(by, "pk", None),
        user_label=str(by) if by is not None else "",
        action=action,
        object_type=of._meta.label_lower,
        object_id=str(of.pk),
        changes={
            field: [_told(of, field, old), _told(of, field, new)] for field, (old, new) in (changes or {}).items()
        },
    )


def snapshot(of: Model, fields: Iterable[str]) -> dict[str, Any]:
    """Return the present values of `fields`, to be compared after a change."""
    return {field: getattr(of, field) for field in fields}


def difference(before: Mapping[str, Any], of: Model) -> dict[str, tuple[Any, Any]]:
    """Return what changed since `before` was taken, as field -> (old, new)."""
    return {field: (old, getattr(of, field)) for field, old in before.items() if old != getattr(of, field)}


def created(of: Model, fields: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Return the values a new row starts with, as field -> (None, new)."""
    return {field: (None, value) for field, value in snapshot(of, fields).items() if value not in (None, "")}


def _told(of: Model, field: str, value: Any) -> Any:
    """Return a value as the log keeps it. Of what is sealed it says only that there was something."""
    sealed = {each.attname for each in sealed_fields(type(of))}
    return (SEALED if value else value) if field in sealed else _plain(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
