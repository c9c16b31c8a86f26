"""What erasing somebody does, before anybody does it: kind by kind what goes, what is emptied, what is kept and why."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Model, Q

from modules.crm.domain.erasing import Personal, Rule, Term, booked_until, kept_until
from modules.crm.models import Client, Patient
from modules.crm.services.erasing.scope import People, personal
from modules.crm.services.erasing.terms import Terms

WHO = ("crm.Patient", "crm.Client")


class Fate(StrEnum):
    """What becomes of the record itself: nothing hangs on it, figures do, or the law has it kept."""

    DELETED = "deleted"
    EMPTIED = "emptied"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Line:
    """The rows of one kind: those that go, or are emptied, and those that are kept until a day, by a rule."""

    personal: Personal
    goes: list[Any]
    stays: list[Any]
    first: date | None = None
    until: date | None = None
    source: str = ""

    @property
    def key(self) -> str:
        return key_of(self.personal)

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.personal.model)

    @property
    def is_of_them(self) -> bool:
        return self.personal.model in WHO


@dataclass(frozen=True, slots=True)
class Plan:
    people: People
    lines: list[Line]
    fates: dict[str, Fate] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Test whether records are kept that somebody may have to find by their name."""
        return any(line.stays for line in self.lines if line.personal.term is Term.CLINICAL)

    def is_closing(self, line: Line) -> bool:
        """Test whether it is the record itself, which is kept with its name."""
        return self.fates.get(line.personal.model) is Fate.CLOSED

    @property
    def next_on(self) -> date | None:
        """Return the day on which the next of what is kept goes."""
        days = [line.first for line in self.lines if line.first]
        return min(days) + timedelta(days=1) if days else None

    @property
    def last_on(self) -> date | None:
        return max((line.until for line in self.lines if line.until), default=None)

    @property
    def mark(self) -> str:
        """Return what is another as soon as anything of it changed: who agreed to one plan is asked again."""
        rows = [
            (line.key, sorted(map(str, line.goes)), sorted(map(str, line.stays)), line.until) for line in self.lines
        ]
        return hashlib.sha256(
            repr((sorted(map(str, self.people.patients | self.people.clients)), rows)).encode()
        ).hexdigest()[:32]


def key_of(each: Personal) -> str:
    return f"{each.model}:{each.term}"


def plan_of(people: People, *, terms: Terms, on: date) -> Plan:
    """Return what goes on a day, and what is kept beyond it."""
    found = [(each, _rows(each, people)) for each in personal()]
    clinical = _clinical_until(people, found, terms)
    lines = [_line(each, rows, terms=terms, clinical=clinical, on=on) for each, rows in found if rows]
    plan = Plan(people, lines)
    plan.fates.update(_fates(plan))
    return plan


def condition(*, each: Personal, people: People, key: str = "pk") -> Q:
    """Return which rows are theirs. `key` is what the row itself is called in its history."""
    whose = [Q(**{f"{key if way == 'pk' else way}__in": people.patients}) for way in each.patient]
    whose += [Q(**{f"{key if way == 'pk' else way}__in": people.clients}) for way in each.client]
    whose += [Q(**{f"{each.account}__in": people.accounts})] if each.account else []
    return reduce(or_, whose) & Q(**each.only)


def _rows(each: Personal, people: People) -> list[tuple[Any, date | None]]:
    rows = apps.get_model(each.model)._base_manager.filter(condition(each=each, people=people))
    found = rows.order_by("pk").values_list("pk", each.day or "pk")
    return [(key, _day(moment) if each.day else None) for key, moment in found]


def _day(moment: Any) -> date | None:
    moment = getattr(moment, "lower", moment)
    return moment.date() if isinstance(moment, datetime) else moment


def _clinical_until(people: People, found: list[tuple[Personal, Any]], terms: Terms) -> date | None:
    days = [day for each, rows in found if each.term is Term.CLINICAL for _key, day in rows if day]
    births = Patient.with_merged.filter(pk__in=people.patients).values_list("birth_date", flat=True)
    born = max((birth for birth in births if birth), default=None)
    return kept_until(terms.rules[Term.CLINICAL], last=max(days, default=None), born=born)


def _line(
    each: Personal, rows: list[tuple[Any, date | None]], *, terms: Terms, clinical: date | None, on: date
) -> Line:
    rule: Rule = terms.rules[each.term]
    goes, stays, ends = [], [], []
    for key, day in rows:
        until = (
            clinical if each.term is Term.CLINICAL else booked_until(rule, day=day) if each.term is Term.MONEY else None
        )
        if until is None or until < on:
            goes.append(key)
        else:
            stays.append(key)
            ends.append(until)
    return Line(each, goes, stays, min(ends, default=None), max(ends, default=None), rule.source if stays else "")


def _fates(plan: Plan) -> dict[str, Fate]:
    if plan.is_kept:
        return dict.fromkeys(WHO, Fate.CLOSED)
    gone = {line.personal.model.lower(): {*line.goes} for line in plan.lines if line.personal.deletes}
    of_patients = _fate(Patient, plan.people.patients, gone)
    gone["crm.patient"] = {*plan.people.patients} if of_patients is Fate.DELETED else set()
    return {"crm.Patient": of_patients, "crm.Client": _fate(Client, plan.people.clients, gone)}


def _fate(model: Any, keys: frozenset[Any], gone: dict[str, set[Any]]) -> Fate:
    """Test whether any row that stays points at them. Former states do not count: they go with them."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        other: Any = relation.related_model
        if other is model or hasattr(other, "pgh_tracked_model"):
            continue
        rows = other._base_manager.filter(**{f"{relation.field.name}__in": keys})
        if rows.exclude(pk__in=gone.get(other._meta.label_lower, set())).exists():
            return Fate.EMPTIED
    return Fate.DELETED
