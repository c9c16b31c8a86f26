"""Make several records one: everything at once, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, NotFound
from kernel.events import publish
from kernel.locking import lock_rows
from modules.crm.events import PatientsMerged
from modules.crm.models import Client, Merge, Move, Patient, SearchKey
from modules.crm.services.merging.choosing import NAMES, chosen_values, is_own_client
from modules.crm.services.merging.planning import (
    Held,
    Plan,
    RowMove,
    choosable,
    plan_of_clients,
    plan_of_patients,
)
from modules.crm.services.records import with_digests
from modules.crm.services.search_keys import renew_search_keys


class CannotMerge(Conflict):
    """Something stands in the way that somebody has to put right first."""

    code = "cannot-merge"


class ChangedSince(Conflict):
    """The records are not what they were when somebody agreed to merge them."""

    code = "changed-since"


class GoneMeanwhile(NotFound):
    code = "merged-meanwhile"


Changes = dict[str, dict[str, dict[str, tuple[Any, Any]]]]


@transaction.atomic
def merge_patients(
    *, patient_ids: Sequence[UUID], choices: Mapping[str, str], mark: str, by: Any, at: datetime
) -> Merge:
    """Make patients the first of them. `mark` is of the plan that was agreed to, `choices` are of its options.

    Raises `NotToMerge`, `CannotMerge`, `ChangedSince`, or `GoneMeanwhile` if one of them was merged by somebody else.
    """
    patients = _locked(Patient, patient_ids)
    _locked(Client, {each.client_id for each in patients})
    rows = {each.pk: each for each in Patient.objects.select_related("client").filter(pk__in=patient_ids)}
    plan = plan_of_patients([rows[key] for key in patient_ids])
    return _join(plan, choices=choices, mark=mark, by=by, at=at)


@transaction.atomic
def merge_clients(*, client_ids: Sequence[UUID], choices: Mapping[str, str], mark: str, by: Any, at: datetime) -> Merge:
    """Make clients the first of them; each of their patients stays one. Raises what `merge_patients` does."""
    lock_rows(Patient.objects.filter(client__in=client_ids))
    rows = {each.pk: each for each in _locked(Client, client_ids)}
    plan = plan_of_clients([rows[key] for key in client_ids])
    return _join(plan, choices=choices, mark=mark, by=by, at=at)


def _locked(model: Any, keys: Iterable[UUID]) -> list[Any]:
    """Lock rows in the order of their keys: patients come before clients, here and wherever somebody books."""
    locked = list(lock_rows(model.objects.filter(pk__in=list(keys))))
    if len(locked) != len(set(keys)):
        raise GoneMeanwhile(_("One of these records is not there any more: somebody may have merged it."))
    return locked


def _join(plan: Plan, *, choices: Mapping[str, str], mark: str, by: Any, at: datetime) -> Merge:
    if plan.problems:
        raise CannotMerge(" ".join(plan.problems))
    if mark != plan.mark:
        raise ChangedSince(_("Something changed since you looked. Look again at what will be merged."))
    records = plan.records
    patient = records.patients[0] if records.patients else None
    merge = Merge.objects.create(patient=patient, client=records.clients[0], at=at, by_id=by.pk, by_name=str(by))
    for was, became in records.merged.patients.items():
        Patient.objects.filter(pk=was).update(merged_into=became, merged_at=at)
    for was, became in records.merged.clients.items():
        Client.objects.filter(pk=was).update(merged_into=became, merged_at=at)
    for held in plan.held:
        move_along(merge=merge, held=held)
    theirs = {each.key for each in choosable(plan, by=by)}
    taken = _take_values(plan, {key: option for key, option in choices.items() if key in theirs})
    merge.changes = json.dumps(taken, cls=DjangoJSONEncoder)
    merge.save(update_fields=["changes"])
    _renew_keys(plan)
    _tell(plan, merge, by=by)
    return merge


def move_along(*, merge: Merge, held: Held) -> None:
    """Write each move down, then do it. Raises `CannotMerge` if Postgres refuses one."""
    holding = held.holding
    moves = [_written(merge, holding.model, move) for move in held.moves]
    try:
        with transaction.atomic():
            Move.objects.bulk_create(moves, batch_size=1000)
            if not holding.is_moved_by_trigger:
                change_column(model=holding.model, moves=held.moves)
    except IntegrityError as error:
        sentence = holding.clash or _("%(kind)s: both records have something of which there is only one.")
        raise CannotMerge(str(sentence) % {"kind": holding.label}) from error


def change_column(*, model: str, moves: Iterable[RowMove]) -> list[RowMove]:
    """Have rows name whom they are to name, those that still name whom they did; return which were left."""
    groups: dict[tuple[str, UUID, UUID], list[str]] = {}
    for move in moves:
        groups.setdefault((move.column, move.was, move.became), []).append(move.row)
    manager = apps.get_model(model)._base_manager
    left = []
    for (column, was, became), rows in groups.items():
        standing = manager.filter(pk__in=rows, **{column: was})
        there = {str(key) for key in standing.values_list("pk", flat=True)}
        standing.update(**{column: became})
        left += [RowMove(column, row, was, became) for row in rows if row not in there]
    return left


def _written(merge: Merge, model: str, move: RowMove) -> Move:
    return Move(merge=merge, model=model.lower(), row=move.row, column=move.column, was=move.was, became=move.became)


def _take_values(plan: Plan, choices: Mapping[str, str]) -> Changes:
    """Give the record that stays its values; return what was and what came, of every row that changed."""
    records, values = plan.records, chosen_values(differences=plan.differences, choices=choices)
    changes: Changes = {}
    for each in records.patients[1:]:  # one microchip is borne once
        _set(each, {"microchip": ""}, changes)
    if account := next((each for each in records.clients if each.user_id), None):
        values["client"] |= {"user_id": account.user_id, "claimed_at": account.claimed_at}
    for other in records.clients[1:]:
        _set(other, {"user_id": None, "claimed_at": None}, changes)
    if records.patients and all(map(is_own_client, records.patients)):
        values["client"] |= {name: values["patient"][name] for name in NAMES if name in values["patient"]}
    if records.patients:
        _set(records.patients[0], values["patient"], changes)
    _set(records.clients[0], values["client"], changes)
    return changes


def _set(row: Model, values: Mapping[str, Any], changes: Changes) -> None:
    changed = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return
    for name, (_before, value) in changed.items():
        setattr(row, name, value)
    row.save(update_fields=with_digests(changed))
    changes.setdefault(row._meta.label_lower, {})[str(row.pk)] = changed


def _renew_keys(plan: Plan) -> None:
    records = plan.records
    SearchKey.objects.filter(patient__in=[each.pk for each in records.patients[1:]]).delete()
    theirs = Patient.objects.filter(client=records.clients[0]).values_list("pk", flat=True)
    renew_search_keys(patient_ids=list(theirs))


def _tell(plan: Plan, merge: Merge, *, by: Any) -> None:
    merged = plan.records.merged
    of: Any = merge.patient or merge.client
    kind = of._meta.label_lower
    with audit.together():
        audit.record(action=f"{kind}.merged", of=of, by=by, changes={"rows": (None, plan.number)})
        for each in (plan.records.patients or plan.records.clients)[1:]:
            audit.record(action=f"{kind}.merged_away", of=each, by=by, changes={"merged_into": (None, of.pk)})
    publish(
        PatientsMerged(
            merge_id=merge.pk,
            patient_id=merge.patient_id,
            client_id=merge.client_id,
            merged_patients=tuple(merged.patients),
            merged_clients=tuple(merged.clients),
        )
    )
