"""Write to the audit log. Call inside the transaction of what is being recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from audit.models import AuditEntry
from privacy.fields import sealed_fields

SEALED = "•••"
Changes = Mapping[str, tuple[Any, Any]]

_finders: list[Callable[[Any], str]] = []
_gathered: ContextVar[list[AuditEntry] | None] = ContextVar("gathered", default=None)


def find_roles_by(finder: Callable[[Any], str]) -> None:
    """Name who knows the role that a user has here. Each entry says it, as it was then."""
    _finders[:] = [finder]


def record(*, action: str, of: Model, by: Any, changes: Changes | None = None) -> None:
    """Record that `by` (a user, or None for the system) did `action` to `of`.

    A row about one person says whose it is by a `subject_id`. Of texts that are sealed, or that the row's class names
    in `kept_from_the_log`, only the change is noted.
    """
    _write(
        by=by,
        action=action,
        object_type=of._meta.label_lower,
        object_id=str(of.pk),
        subject_id=getattr(of, "subject_id", None),
        changes={
            field: [_told(of, field, old), _told(of, field, new)] for field, (old, new) in (changes or {}).items()
        },
    )


@contextmanager
def together() -> Iterator[None]:
    """Write what is recorded until the block ends in one statement at its end. Nothing in between may read it."""
    entries: list[AuditEntry] = []
    before = _gathered.set(entries)
    try:
        yield
    finally:
        _gathered.reset(before)
    AuditEntry.objects.bulk_create(entries)


def record_of_log(*, action: str, by: Any, changes: Changes | None = None, listed: Iterable[UUID] = ()) -> None:
    """Record that `by` read the log itself, and about whom, or took it along."""
    _write(
        by=by,
        action=action,
        object_type=AuditEntry._meta.label_lower,
        object_id="",
        listed=list(dict.fromkeys(listed)) or None,
        changes={field: [_plain(old), _plain(new)] for field, (old, new) in (changes or {}).items()},
    )


def viewed(*, of: Model, by: Any, how: str = "viewed") -> None:
    """Record that `by` looked at somebody's record or at a part of it. One INSERT."""
    record(action=f"{of._meta.label_lower}.{how}", of=of, by=by)


def listed(*, what: type[Model], subjects: Iterable[UUID], by: Any, how: str = "listed") -> None:
    """Record that a list showed these people to `by`: one row, however many they are; none for an empty list."""
    shown = list(dict.fromkeys(subjects))
    if shown:
        label = what._meta.label_lower
        _write(by=by, action=f"{label}.{how}", object_type=label, object_id="", listed=shown)


def snapshot(of: Model, fields: Iterable[str]) -> dict[str, Any]:
    """Return the present values of `fields`, to be compared after a change."""
    return {field: getattr(of, field) for field in fields}


def difference(before: Mapping[str, Any], of: Model) -> dict[str, tuple[Any, Any]]:
    """Return what changed since `before` was taken, as field -> (old, new)."""
    return {field: (old, getattr(of, field)) for field, old in before.items() if old != getattr(of, field)}


def created(of: Model, fields: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Return the values a new row starts with, as field -> (None, new)."""
    return {field: (None, value) for field, value in snapshot(of, fields).items() if value not in (None, "")}


def _write(*, by: Any, **columns: Any) -> None:
    user_id = getattr(by, "pk", None)
    who = {} if user_id is None else {"user_id": user_id, "user_label": str(by), "role": _finders[0](by)}
    entry, gathered = AuditEntry(**who, **columns), _gathered.get()
    if gathered is None:
        entry.save(force_insert=True)
    else:
        gathered.append(entry)


def _told(of: Model, field: str, value: Any) -> Any:
    """Return a value as the log keeps it. Of what is sealed it says only that there was something."""
    return (SEALED if value else value) if field in _kept_back(type(of)) else _plain(value)


@cache
def _kept_back(model: type[Model]) -> frozenset[str]:
    return frozenset(each.attname for each in sealed_fields(model)) | frozenset(getattr(model, "kept_from_the_log", ()))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
