"""What is offered, and in what: services, rooms, equipment, with every change on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from audit import recording as audit
from kernel.errors import Invalid
from modules.scheduling.models import EquipmentKind, RoomType


class SettingsInvalid(Invalid):
    """What was given for a service, room or piece of equipment makes no sense; `fields` says where."""

    code = "settings-invalid"


@transaction.atomic
def save_thing(*, thing: Model, values: Mapping[str, Any], by: Any) -> Any:
    """Set these fields of a service, room or piece of equipment, new or not. Raises `SettingsInvalid`."""
    many = {field.name for field in thing._meta.many_to_many}
    plain = {name: value for name, value in values.items() if name not in many}
    is_new = thing._state.adding
    before = dict.fromkeys(plain) if is_new else audit.snapshot(thing, plain)
    linked = {} if is_new else {name: _names(getattr(thing, name).all()) for name in values if name in many}
    for name, value in plain.items():
        setattr(thing, name, value)
    _check(thing)
    thing.save()
    changes: dict[str, tuple[Any, Any]] = audit.difference(before, thing)
    for name in many & values.keys():
        getattr(thing, name).set(values[name])
        after = _names(values[name])
        if after != linked.get(name, []):
            changes[name] = linked.get(name, []), after
    audit.record(action=f"scheduling.{thing._meta.model_name}.saved", of=thing, by=by, changes=_plain(changes))
    return thing


def room_type_named(name: str) -> RoomType | None:
    """Return the type of room of that name, new if there is none; None for no name."""
    return RoomType.objects.get_or_create(name=name.strip())[0] if name.strip() else None


def equipment_kind_named(name: str) -> EquipmentKind:
    return EquipmentKind.objects.get_or_create(name=name.strip())[0]


def _check(thing: Model) -> None:
    try:
        thing.full_clean()
    except ValidationError as error:
        fields = error.message_dict
        raise SettingsInvalid(next(iter(fields.values()))[0], fields=fields) from None


def _names(rows: Any) -> list[str]:
    return sorted(str(row) for row in rows)


def _plain(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    return {name: (_shown(old), _shown(new)) for name, (old, new) in changes.items()}


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, Model) else value
