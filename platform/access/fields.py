"""Who sees and who changes single fields: said once, in a module's rules.py, and asked by every outlet.

    FIELDS = {"crm.patient": {"alert": FieldRule(see="crm.view_alert", change="crm.change_alert")}}

A field that is not named goes with its row. One that is named is empty to whoever may not see it, null in the API,
missing from their forms; and a service refuses to change it for whoever may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from kernel.errors import NotAllowed


class FieldNotAllowed(NotAllowed):
    """The role may change the record, but not this in it."""

    code = "field-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """The permissions that open one field to be seen, and to be changed."""

    see: str
    change: str


Table = Mapping[str, Mapping[str, FieldRule]]
_rules: dict[str, Mapping[str, FieldRule]] = {}


def register_fields(table: Table) -> None:
    """Make the rules of a rules.py known, by the label of each model in small letters."""
    _rules.update(table)


def guarded_fields() -> Table:
    return _rules


def hidden_fields(user: Any, model: type[Model]) -> frozenset[str]:
    """Return the fields of a model that are empty to somebody, whatever the row."""
    rules = _rules.get(model._meta.label_lower, {})
    return frozenset(name for name, rule in rules.items() if not user.has_perm(rule.see))


def visible_fields(user: Any, model: type[Model]) -> frozenset[str]:
    """Return the fields of a model that somebody may see of the rows they see."""
    return frozenset(field.attname for field in model._meta.concrete_fields) - hidden_fields(user, model)


def seen_value(user: Any, row: Model, name: str) -> Any:
    """Return what somebody may see of a field: its value, or nothing."""
    rule = _rules.get(row._meta.label_lower, {}).get(name)
    return getattr(row, name) if rule is None or user.has_perm(rule.see) else None


def may_change(user: Any, model: type[Model], name: str, row: Model | None = None) -> bool:
    """Test whether somebody may set a field: of this row, or of one that is being made."""
    rule = _rules.get(model._meta.label_lower, {}).get(name)
    return rule is None or user.has_perm(rule.change, row)


def check_changes(user: Any, model: type[Model], changed: Iterable[str], row: Model | None = None) -> None:
    """Raise `FieldNotAllowed` if one of the `changed` fields is not theirs to change."""
    for name in changed:
        if not may_change(user, model, name, row):
            sentence = _("Your role does not change this.")
            raise FieldNotAllowed(sentence, fields={name: [sentence]})
