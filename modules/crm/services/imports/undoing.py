"""Undo a whole import, but for what somebody did with it since: that is kept, and said why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import ForeignKey, Model
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.locking import lock_rows
from modules.crm.models import Client, Done, ImportedRow, ImportState, Involvement, Patient, PeopleImport, Weight
from modules.crm.services.imports.beginning import NotNow, at_step, do_later
from modules.crm.services.imports.changing import write_changes
from modules.crm.services.imports.progress import reporter
from modules.crm.services.imports.working import batches_of, keep_rows, work_on
from modules.crm.services.search_keys import renew_keys_of_client

CHANGED, CLAIMED, IN_PART = "changed", "claimed", "in-part"
MADE_BY_ITSELF = {"crm.searchkey", "crm.involvement"}  # rows that follow a patient without anybody's doing


@transaction.atomic
def begin_undoing(*, imported: PeopleImport, by: Any, at: datetime) -> PeopleImport:
    """Have an import be undone. Raises `NotNow`, also after its rows were forgotten."""
    locked = at_step(imported, ImportState.DONE)
    if locked.rows_until <= at:
        raise NotNow(_("This import is too long ago to be undone."))
    locked.state, locked.problem, locked.asked_by_id = ImportState.UNDOING, "", by.pk
    locked.save(update_fields=["state", "problem", "asked_by_id"])
    do_later(locked)
    return locked


def undo_import(*, import_id: UUID, at: datetime) -> None:
    """Remove whom an import registered, and put back what it changed. Call outside of a transaction."""

    def undo(imported: PeopleImport, by: Any) -> None:
        report, counts = reporter(imported=imported, total=imported.total), Counter[str]()
        clients: set[UUID] = set()
        for rows in batches_of(imported, done__in=[Done.CREATED, Done.CHANGED]):
            clients |= _remove([row for row in rows if row.done == Done.CREATED], counts)
            for row in rows:
                if row.done == Done.CHANGED:
                    _put_back(row, counts, by=by)
            keep_rows(rows)
            report(rows[-1].number)
        _remove_clients(clients)
        imported.state, imported.undone_at = ImportState.UNDONE, at
        imported.counts = imported.counts | dict(counts)
        imported.save(update_fields=["state", "undone_at", "counts"])
        told = {name: (None, times) for name, times in counts.items()}
        audit.record(action="crm.peopleimport.undone", of=imported, by=by, changes=told)

    work_on(import_id, at=ImportState.UNDOING, else_at=ImportState.DONE, work=undo)


def _remove(rows: list[ImportedRow], counts: Counter[str]) -> set[UUID]:
    """Remove those with whom nobody did anything since; return the clients who were registered with them."""
    ids = [row.patient_id for row in rows if row.patient_id]
    there = {patient.pk: patient for patient in lock_rows(Patient.objects.filter(pk__in=ids).select_related("client"))}
    weights = {row.weight_id for row in rows if row.weight_id}
    why = _why_kept(there.values(), weights=weights)
    gone = [pk for pk in there if pk not in why]
    Weight.objects.filter(pk__in=weights, patient__in=gone).delete()
    Patient.objects.filter(pk__in=gone).delete()
    for row in rows:
        row.kept = why.get(row.patient_id, "") if row.patient_id else ""
    counts["removed"] += len(gone)
    counts["kept"] += len(why)
    return {row.client_id for row in rows if row.client_id}


def _why_kept(patients: Iterable[Patient], *, weights: set[UUID]) -> dict[UUID, str]:
    """Return of each whom somebody did something with, what that was."""
    there = {patient.pk: patient for patient in patients}
    why = dict.fromkeys(_changed_since(Patient, there), CHANGED)
    why |= {pk: CLAIMED for pk, patient in there.items() if patient.client.user_id is not None}
    for pk, label in _hanging_on(Patient, there, but_not=weights).items():
        why.setdefault(pk, label)
    written_to = Involvement.objects.filter(patient__in=there).exclude(role="client", version=1, until=None)
    for pk in written_to.values_list("patient_id", flat=True):
        why.setdefault(pk, CHANGED)
    return why


def _changed_since(model: type[Model], ids: Iterable[UUID]) -> set[UUID]:
    """Return which of these rows were changed at all since they were made: they have a history."""
    kept: Any = apps.get_model(model._meta.app_label, f"{model.__name__}History")
    return set(kept._default_manager.filter(id__in=list(ids)).values_list("id", flat=True))


def _hanging_on(model: type[Model], ids: Iterable[UUID], *, but_not: set[UUID]) -> dict[UUID, str]:
    """Return which of these rows others refer to, in any module, and what the others are."""
    found: dict[UUID, str] = {}
    for relation in model._meta.get_fields(include_hidden=True):
        other: Any = relation.related_model
        field = getattr(relation, "field", None)
        if not relation.auto_created or relation.concrete or not isinstance(field, ForeignKey):
            continue
        label = other._meta.label_lower
        if label in MADE_BY_ITSELF or hasattr(other, "pgh_tracked_model"):  # history is about what was
            continue
        rows = other._base_manager.filter(**{f"{field.name}__in": list(ids)}).exclude(pk__in=but_not)
        for pk in rows.values_list(field.attname, flat=True).distinct():
            found.setdefault(pk, label)
    return found


def _remove_clients(ids: set[UUID]) -> None:
    """Remove the clients who were registered with whom is gone, unless something hangs on them, too."""
    there = {client.pk: client for client in lock_rows(Client.objects.filter(pk__in=ids, user_id=None))}
    used = set(_hanging_on(Client, there, but_not=set())) | set(
        Involvement.objects.filter(client__in=there).values_list("client_id", flat=True)
    )
    Client.objects.filter(pk__in=set(there) - used - _changed_since(Client, there)).delete()


def _put_back(row: ImportedRow, counts: Counter[str], *, by: Any) -> None:
    """Put back what a row changed, where it still stands as the row had it."""
    patient = lock_rows(Patient.objects.filter(pk__in=[row.patient_id]).select_related("client"), no_key=True).first()
    if patient is None:
        return
    before = json.loads(row.before)
    whole = [_undo(patient, before["patient"], by=by), _undo(patient.client, before["client"], by=by)]
    if row.weight_id:
        Weight.objects.filter(pk=row.weight_id).delete()
    renew_keys_of_client(patient.client)
    row.kept = "" if all(whole) else IN_PART
    counts["put_back" if all(whole) else "kept"] += 1


def _undo(row: Model, changes: dict[str, list[Any]], *, by: Any) -> bool:
    """Put old values back where the new ones still stand. False if somebody wrote something else since."""
    standing = {name: old for name, (old, new) in changes.items() if _plain(getattr(row, name)) == new}
    now = {name: getattr(row, name) for name in standing}
    for name, old in standing.items():
        field: Any = row._meta.get_field(name)
        setattr(row, name, field.to_python(old))
    if standing:
        write_changes(row=row, changes={name: (now[name], getattr(row, name)) for name in standing}, by=by)
    return len(standing) == len(changes)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))
