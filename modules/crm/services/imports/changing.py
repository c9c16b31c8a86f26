"""Change somebody who is known by what a row says of them, and keep what stood there before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from audit import recording as audit
from kernel.locking import lock_row
from modules.crm.models import Done, Gender, ImportedRow, Patient, Weight
from modules.crm.services.imports.rows import Entry
from modules.crm.services.records import with_digests
from modules.crm.services.search_keys import renew_keys_of_client

NAMES = {"first_name", "last_name", "organisation"}
NOT_SAID: tuple[Any, ...] = ("", None, Gender.UNKNOWN)
Changes = dict[str, tuple[Any, Any]]


def change_known(*, row: ImportedRow, entry: Entry, patient_id: UUID, overwrite: bool, by: Any, at: datetime) -> None:
    """Write what a row says into a record: where nothing is, or over what is there."""
    patient = lock_row(Patient.objects.select_related("client"), patient_id, no_key=True)
    client, said_of_client = patient.client, set(entry.said_of_client)
    if not patient.is_animal and client.name != patient.name:
        said_of_client -= NAMES  # the parent's name is another one than the child's
    own = {name: getattr(entry.patient, name) for name in entry.said}
    theirs = {name: entry.contact[name] for name in said_of_client}
    before = {
        "patient": _change(patient, own, overwrite=overwrite, by=by),
        "client": _change(client, theirs, overwrite=overwrite, by=by),
    }
    if entry.grams and overwrite:
        row.weight_id = _weigh(patient, entry.grams, by=by, at=at)
    if not any(before.values()) and row.weight_id is None:
        return
    renew_keys_of_client(client)
    row.patient_id, row.done = patient.pk, Done.CHANGED
    row.before = json.dumps(before, cls=DjangoJSONEncoder)


def write_changes(*, row: Model, changes: Mapping[str, tuple[Any, Any]], by: Any) -> None:
    """Save what was set in a row, and record it as if somebody had typed it."""
    row.save(update_fields=with_digests(changes))
    audit.record(action=f"{row._meta.label_lower}.changed", of=row, by=by, changes=dict(changes))


def _change(row: Model, said: Mapping[str, Any], *, overwrite: bool, by: Any) -> Changes:
    changes = dict(_differing(row, said.items(), overwrite=overwrite))
    for name, (_old, new) in changes.items():
        setattr(row, name, new)
    if changes:
        write_changes(row=row, changes=changes, by=by)
    return changes


def _differing(
    row: Model, said: Iterable[tuple[str, Any]], *, overwrite: bool
) -> Iterable[tuple[str, tuple[Any, Any]]]:
    for name, new in said:
        old = getattr(row, name)
        if new not in NOT_SAID and new != old and (overwrite or old in NOT_SAID):
            yield name, (old, new)


def _weigh(patient: Patient, grams: int, *, by: Any, at: datetime) -> UUID:
    weight = Weight.objects.create(patient=patient, grams=grams, measured_at=at, by_id=by.pk, by_name=str(by))
    audit.record(action="crm.weight.noted", of=weight, by=by, changes=audit.created(weight, ["grams", "measured_at"]))
    return weight.pk
