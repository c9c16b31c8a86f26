"""Take a merge apart: every row goes back that still is where it was put. What came since stays with who stayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Q, UUIDField
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.events import publish
from kernel.locking import lock_row, lock_rows
from modules.crm.events import MergeUndone
from modules.crm.models import Client, Merge, Move, Patient
from modules.crm.services.merging.joining import change_column
from modules.crm.services.merging.planning import RowMove, holdings
from modules.crm.services.records import with_digests
from modules.crm.services.search_keys import renew_search_keys


class CannotUndo(Conflict):
    """The merge is too long ago, or something that came since stands in the way."""

    code = "cannot-undo"


class Back(NamedTuple):
    """How many rows of a kind go back, and how many went elsewhere meanwhile."""

    model: str
    label: Any
    number: int
    elsewhere: int


class Staying(NamedTuple):
    """How many rows of a kind were written since for whoever stayed, and so stay with them."""

    model: str
    label: Any
    number: int


class Undoing(NamedTuple):
    kinds: list[Back]
    since: list[Staying]
    fields: list[str]  # those whose value is still the one that the merge gave
    problems: list[str]


def plan_undo(merge: Merge, *, at: datetime) -> Undoing:
    """Return what undoing a merge would do, and what stands in the way."""
    labels = {each.model.lower(): each.label for each in reversed(list(holdings()))}
    kinds = []
    for model, moves in _moves_by_model(merge).items():
        there = _still_there(model, moves)
        rows = {move.row for move in moves}
        kinds.append(Back(model, labels.get(model, model), len(there), len(rows - there)))
    fields = [name for row, name, _before in _values_to_restore(merge) if row.pk in (merge.patient_id, merge.client_id)]
    return Undoing(kinds, list(_written_since(merge)), fields, list(_problems(merge, at)))


@transaction.atomic
def undo_merge(*, merge: Merge, by: Any, at: datetime) -> Merge:
    """Make of one record what they were. Raises `CannotUndo`."""
    merge = lock_row(Merge.objects.all(), merge.pk)
    for model, other in ((Patient, merge.patient_id), (Client, merge.client_id)):
        ids = [*_merged_away(model, merge).values_list("pk", flat=True), *([other] if other else [])]
        lock_rows(model.with_merged.filter(pk__in=ids))
    if problems := list(_problems(merge, at)):
        raise CannotUndo(" ".join(problems))
    try:
        with transaction.atomic():
            _put_back(merge, at=at)
    except IntegrityError as error:
        sentence = _("Something that was written since stands in the way: both records would have it.")
        raise CannotUndo(sentence) from error
    merge.undone_at, merge.undone_by_id, merge.undone_by_name = at, by.pk, str(by)
    merge.save(update_fields=["undone_at", "undone_by_id", "undone_by_name"])
    of: Any = merge.patient or merge.client
    audit.record(action=f"{of._meta.label_lower}.merge_undone", of=of, by=by)
    publish(MergeUndone(merge_id=merge.pk))
    return merge


def _problems(merge: Merge, at: datetime) -> Iterator[str]:
    if merge.undone_at:
        yield _("This was undone already.")
    elif at >= merge.last_moment:
        yield _("A merge can be undone for thirty days. These are over.")
    stays = [row for row in (merge.patient, merge.client) if row and row.merged_into_id]
    if stays:
        yield _("The record that stayed was merged with another one since. Undo that first.")


def _put_back(merge: Merge, *, at: datetime) -> None:
    """Put everything back in the order in which it came, backwards: each step was possible once.

    Frozen rows go back while Postgres still knows that both records are one; so that comes last.
    """
    frozen = {each.model.lower() for each in holdings() if each.is_moved_by_trigger}
    for model, moves in reversed(_moves_by_model(merge).items()):
        if model not in frozen:
            change_column(
                model=model, moves=[RowMove(move.column, move.row, move.became, move.was) for move in moves[::-1]]
            )
    merge.moves.filter(put_back_at=None).update(put_back_at=at)
    others = [list(_merged_away(model, merge)) for model in (Patient, Client)]
    for row, name, before in _values_to_restore(merge):
        setattr(row, name, before)
        row.save(update_fields=with_digests([name]))
    for rows in others:
        for row in rows:
            type(row).with_merged.filter(pk=row.pk).update(merged_into=None, merged_at=None)
    clients = [merge.client_id, *(row.pk for row in others[1])]
    patients = [row.pk for row in others[0]]
    theirs = Patient.objects.filter(client__in=clients) | Patient.objects.filter(pk__in=patients)
    renew_search_keys(patient_ids=list(theirs.values_list("pk", flat=True)))


def _merged_away(model: Any, merge: Merge) -> Any:
    """Return the records that this merge, and no other, made part of the one that stays."""
    stays = merge.patient_id if model is Patient else merge.client_id
    return model.with_merged.filter(merged_into=stays, merged_at=merge.at) if stays else model.with_merged.none()


def _moves_by_model(merge: Merge) -> dict[str, list[Move]]:
    by_model: dict[str, list[Move]] = {}
    for move in merge.moves.filter(put_back_at=None).order_by("pk"):
        by_model.setdefault(move.model, []).append(move)
    return by_model


def _written_since(merge: Merge) -> Iterator[Staying]:
    """Yield what was written since for the record that stayed: a key tells when it was made, and so the merge's does.

    Of the few kinds whose keys are numbers nothing is said.
    """
    moved = {model: [move.row for move in moves] for model, moves in _moves_by_model(merge).items()}
    stays = {"patient": merge.patient_id, "client": merge.client_id}
    theirs: dict[str, Q] = {}
    labels: dict[str, Any] = {}
    for each in holdings():
        for side, column in each.columns:
            if stays[side]:
                theirs[each.model] = theirs.get(each.model, Q()) | Q(**{column: stays[side]})
                labels.setdefault(each.model, each.label)
    for label, about_them in theirs.items():
        model = apps.get_model(label)
        if isinstance(model._meta.pk, UUIDField):
            rows = model._base_manager.filter(about_them, pk__gt=merge.pk).exclude(pk__in=moved.get(label.lower(), []))
            if number := rows.count():
                yield Staying(label.lower(), labels[label], number)


def _still_there(model: str, moves: list[Move]) -> set[str]:
    manager = apps.get_model(model)._base_manager
    there = set()
    for column, became in {(move.column, move.became) for move in moves}:
        rows = [move.row for move in moves if (move.column, move.became) == (column, became)]
        found = manager.filter(pk__in=rows, **{column: became})
        there |= {str(key) for key in found.values_list("pk", flat=True)}
    return there


def _values_to_restore(merge: Merge) -> Iterator[tuple[Any, str, Any]]:
    """Yield (row, field, value) for what is still as the merge left it: what somebody wrote since stays."""
    changes = json.loads(merge.changes) if merge.changes else {}
    for label, rows in changes.items():
        model: Any = apps.get_model(label)
        found = {str(row.pk): row for row in model.with_merged.filter(pk__in=list(rows))}
        for key, values in rows.items():
            for name, (before, after) in values.items():
                read = model._meta.get_field(name).to_python
                if key in found and getattr(found[key], name) == read(after):
                    yield found[key], name, read(before)
