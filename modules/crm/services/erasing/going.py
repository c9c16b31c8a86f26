"""Carry an erasure out: what may go goes in one transaction, then its files; and again, when a term is over."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q
from psycopg.errors import LockNotAvailable

from audit import recording as audit
from audit import redacting
from audit.models import AuditEntry, AuditRedaction
from filestore.models import StoredFile
from filestore.storage import discard
from httpapi.models import KeptAnswer
from modules.crm.domain.erasing import Personal, Term
from modules.crm.models import Erasure
from modules.crm.models.flags import day_here
from modules.crm.services.erasing.closing import close
from modules.crm.services.erasing.planning import Fate, Line, Plan, condition, plan_of
from modules.crm.services.erasing.scope import People, accounts_of, personal
from modules.crm.services.erasing.terms import Terms, terms_here
from privacy.erasing import as_owner, empty_names, empty_rows, guards_aside, remove_rows
from tenancy import current_tenant

ATTEMPTS, PAUSE = 4, 0.5  # seconds between them: a vacuum that was in the way is over by then
LATE = timedelta(days=3)  # whoever was just writing for somebody has written it by then
ANSWERS_ABOUT = "DELETE FROM httpapi_keptanswer WHERE position(convert_to(%s, 'UTF8') in body) > 0"


@dataclass
class Gone:
    """What went in one go: keys of rows by their model, for the log, and of files."""

    rows: dict[type[Model], list[Any]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    file_ids: list[UUID] = field(default_factory=list)


def due_erasures(*, at: datetime) -> list[UUID]:
    """Return those with something left to do: not done yet, a term that is over, files, or just begun."""
    today = day_here(at)
    due = Q(done_at=None) | Q(next_on__lte=today) | ~Q(files=[]) | Q(at__gt=at - LATE)
    return list(Erasure.objects.filter(due).order_by("at").values_list("pk", flat=True))


def carry_out(*, erasure_id: UUID, at: datetime) -> None:
    """Do what may be done by now. Call outside of a transaction; twice is no error.

    Raises `OperationalError` where somebody is busy in one of the tables for seconds: then nothing was done.
    """
    erasure = Erasure.objects.get(pk=erasure_id)
    people = People(*(frozenset(ids) for ids in (erasure.patients, erasure.clients, erasure.accounts)))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _erase_in_one_go(erasure.pk, people, at=at)
            break
        except OperationalError as error:
            if attempt == ATTEMPTS or not isinstance(error.__cause__, LockNotAvailable):
                raise
            time.sleep(PAUSE)
    remove_files(erasure_id=erasure_id)
    with transaction.atomic():
        audit.record(action="crm.erasure.carried_out", of=erasure, by=None)


def remove_files(*, erasure_id: UUID) -> None:
    """Remove the files of what went, and forget their keys once they are gone."""
    for key in Erasure.objects.values_list("files", flat=True).get(pk=erasure_id):
        discard(key)
    Erasure.objects.filter(pk=erasure_id).update(files=[])


def erase_again(*, at: datetime) -> list[UUID]:
    """Close everybody anew who was erased, for the room came back from a backup; return whom to erase again."""
    erasures = list(Erasure.objects.order_by("at"))
    for erasure in erasures:
        erasure.accounts, erasure.done_at = sorted(accounts_of(erasure.clients)), None
        erasure.save(update_fields=["accounts", "done_at"])
        close(People(frozenset(erasure.patients), frozenset(erasure.clients), frozenset()), at=erasure.at)
    return [erasure.pk for erasure in erasures]


def _erase_in_one_go(erasure_id: UUID, people: People, *, at: datetime) -> None:
    tenant, terms, today = current_tenant(), terms_here(), day_here(at)
    with as_owner(tenant):
        with guards_aside(_tables()):
            batch = _erase(erasure_id, people, terms=terms, on=today, at=at)
        redacting.vouch_for(batch)


def _erase(erasure_id: UUID, people: People, *, terms: Terms, on: date, at: datetime) -> UUID:
    plan, gone = plan_of(people, terms=terms, on=on), Gone()
    for line in plan.lines:
        _let_go(line, plan, gone)
    _former_states(plan)
    remove_rows(StoredFile, gone.file_ids)
    _forget_answers(people)
    objects = {model._meta.label_lower: list(map(str, keys)) for model, keys in gone.rows.items()}
    batch = redacting.redact(
        subjects=people.patients | people.clients, objects=objects, accounts=people.accounts, but="crm.erasure"
    )
    row = Erasure.objects.get(pk=erasure_id)
    Erasure.objects.filter(pk=erasure_id).update(
        lines=_report(plan, row.lines),
        files=[*row.files, *gone.files],
        accounts=[],
        done_at=at,
        next_on=plan.next_on,
    )
    return batch


def _let_go(line: Line, plan: Plan, gone: Gone) -> None:
    each, model = line.personal, line.model
    gone.rows.setdefault(model, []).extend(line.goes)
    if line.is_of_them:
        _let_them_go(line, plan.fates[each.model])
        return
    _note_files(line, gone)
    if each.deletes:
        remove_rows(model, line.goes)
        return
    empty_rows(model, line.goes, each.blanks)
    for name, of in names_beside_accounts(model):
        empty_names(model, line.goes, name=name, of=of, accounts=plan.people.accounts)


def _let_them_go(line: Line, fate: Fate) -> None:
    if fate is Fate.DELETED:
        remove_rows(line.model, line.goes)
    elif fate is Fate.EMPTIED:
        empty_rows(line.model, line.goes, line.personal.blanks)
    else:
        empty_rows(line.model, line.goes, line.personal.at_once)


def names_beside_accounts(model: type[Model]) -> Iterator[tuple[str, str]]:
    """Yield (`by_name`, `by_id`) for each column that says what whoever did something is called."""
    names = {each.attname for each in model._meta.concrete_fields}
    for name in sorted(names):
        if name.endswith("by_name") and f"{name.removesuffix('name')}id" in names:
            yield name, f"{name.removesuffix('name')}id"


def _note_files(line: Line, gone: Gone) -> None:
    for column in line.personal.files:
        ids = line.model._base_manager.filter(pk__in=line.goes).exclude(**{column: None}).values_list(column, flat=True)
        stored = StoredFile.objects.filter(pk__in=list(ids)).values_list("pk", "key")
        for key, path in stored:
            gone.file_ids.append(key)
            gone.files.append(path)


def _former_states(plan: Plan) -> None:
    """Remove what rows were before, also of rows that went long ago; but of those that are kept."""
    kept: dict[str, list[Any]] = {}
    gone: dict[str, list[Any]] = {}
    for line in plan.lines:
        if not line.is_of_them:
            kept.setdefault(line.personal.model, []).extend(line.stays)
        gone.setdefault(line.personal.model, []).extend(line.goes)
    for each in personal():
        former = former_of(each)
        if former is None or (plan.is_kept and each.term is Term.CLINICAL):
            continue
        theirs = condition(each=each, people=plan.people, key="id") | Q(id__in=gone.get(each.model, []))
        rows = former._base_manager.filter(theirs).exclude(id__in=kept.get(each.model, []))
        remove_rows(former, list(rows.values_list("pk", flat=True)))


def former_of(each: Personal) -> type[Model] | None:
    """Return the model of a kind's former states, if it keeps any."""
    app, _dot, name = each.model.partition(".")
    return next((model for model in apps.get_app_config(app).get_models() if model.__name__ == f"{name}History"), None)


def _forget_answers(people: People) -> None:
    with connection.cursor() as cursor:
        for key in people.patients | people.clients:
            cursor.execute(ANSWERS_ABOUT, [str(key)])


def _tables() -> Iterable[type[Model]]:
    for each in personal():
        yield apps.get_model(each.model)
        if former := former_of(each):
            yield former
    yield from (AuditEntry, AuditRedaction, KeptAnswer, StoredFile)


def _report(plan: Plan, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines of the receipt: what went now is added to what went before."""
    lines = {line["key"]: line | {"kept": 0, "until": None} for line in before}
    for line in plan.lines:
        known = lines.get(line.key, {"key": line.key, "deleted": 0, "emptied": 0})
        fate = plan.fates.get(line.personal.model)
        deletes = fate is Fate.DELETED if line.is_of_them else line.personal.deletes
        kept = len(line.goes) if fate is Fate.CLOSED else len(line.stays)
        went = 0 if fate is Fate.CLOSED else len(line.goes)
        until = plan.last_on if fate is Fate.CLOSED else line.until
        lines[line.key] = known | {
            "deleted": known["deleted"] + (went if deletes else 0),
            "emptied": max(known["emptied"], 0 if deletes else went),
            "kept": kept,
            "until": until.isoformat() if until and kept else None,
            "source": line.source,
            "term": str(line.personal.term),
        }
    return list(lines.values())
