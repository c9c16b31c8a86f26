"""What changed, as it is read: fields by the words people have for them, ids by the names of what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from access.fields import hidden_fields
from audit.models import AuditEntry
from audit.words import Named
from kernel.ids import is_id

ACCOUNT = "identity.user"
Names = Mapping[str, Mapping[str, Named]]


class Change(NamedTuple):
    """A field and its values; `is_hidden` if the reader may know that it changed, and no more.

    `before` and `after` are the values as people read them.
    """

    name: str
    field: str
    old: Any
    new: Any
    before: Any
    after: Any
    is_hidden: bool = False


def changes_of(entry: AuditEntry, *, reader: Any, sees_it: bool, names: Names) -> Iterator[Change]:
    """Yield what changed, with the values only of what the reader may see."""
    model = _model_of(entry.object_type)
    hidden = hidden_fields(reader, model) if model is not None else frozenset()
    for field, (old, new) in entry.changes.items():
        label = _label(model, field)
        if not sees_it or field in hidden:
            yield Change(field, label, None, None, None, None, is_hidden=True)
        else:
            known = names.get(_kind_of(model, field), {})
            yield Change(field, label, old, new, _as_named(old, known), _as_named(new, known))


def _as_named(value: Any, known: Mapping[str, Named]) -> Any:
    return known[value].name if isinstance(value, str) and value in known else value


def pointed_at(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    """Yield the things that the values of an entry point at: the kind of each, and its id."""
    model = _model_of(entry.object_type)
    for field, values in entry.changes.items():
        kind = _kind_of(model, field)
        if kind:
            yield from ((kind, value) for value in values if isinstance(value, str) and is_id(value))


def _kind_of(model: Any, field: str) -> str:
    """Return what the values of a field are ids of; nothing if they are no ids."""
    if field == "user_id":
        return ACCOUNT
    related = getattr(_field(model, field), "related_model", None)
    return related._meta.label_lower if related else ""


def _label(model: Any, field: str) -> str:
    """Return a field as people call it: by its own words, else by its name."""
    found = _field(model, field)
    if found is not None:
        return str(found.verbose_name)
    return field.removesuffix("_id").removesuffix("_minor").replace("_", " ").partition(":")[0]


def _field(model: Any, name: str) -> Any:
    """Return a column of a model; None for what is none, or of no model."""
    try:
        found = model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return None
    return found if found.concrete else None


def _model_of(label: str) -> Any:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None
