"""What a merge would do, before anybody does it: which rows go along, what differs, what stands in the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.utils.translation import gettext as _

from access.fields import hidden_fields, may_change
from kernel.errors import Invalid
from kernel.modules import installed_modules
from modules.crm.domain.duplicates import Reason, likeness_of_names
from modules.crm.domain.holdings import Holding, Merged
from modules.crm.models import Client, Patient
from modules.crm.services.merging.choosing import (
    Difference,
    differences_of_clients,
    differences_of_patients,
    is_own_client,
)

MOST_AT_ONCE = 10
SHOWN = 5
NAMES_ALIKE = (Reason.NAME, Reason.NAME_ALIKE, Reason.NAME_IN_PART)


class NotToMerge(Invalid):
    """These are not records that become one."""

    code = "not-to-merge"


class RowMove(NamedTuple):
    """A row that goes along: which column of it names whom, and will name whom."""

    column: str
    row: str
    was: UUID
    became: UUID


class Held(NamedTuple):
    """What goes along of one kind."""

    holding: Holding
    moves: list[RowMove]

    @property
    def number(self) -> int:
        return len({move.row for move in self.moves})

    def days(self) -> list[date | datetime]:
        """Return of when the latest few of them are."""
        if not self.holding.day:
            return []
        rows = apps.get_model(self.holding.model)._base_manager.filter(pk__in=[move.row for move in self.moves])
        found = rows.order_by(f"-{self.holding.day}").values_list(self.holding.day, flat=True)[:SHOWN]
        return [getattr(each, "lower", each) for each in found]


@dataclass(frozen=True, slots=True)
class Records:
    """Who stays comes first. Patients may be none: then clients are merged by themselves."""

    patients: Sequence[Patient]
    clients: Sequence[Client]

    @property
    def merged(self) -> Merged:
        return Merged(
            {each.pk: self.patients[0].pk for each in self.patients[1:]},
            {each.pk: self.clients[0].pk for each in self.clients[1:]},
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done. `mark` is another as soon as anything of it changed: who agreed to one is asked again."""

    records: Records
    held: list[Held]
    differences: list[Difference]
    problems: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return sum(each.number for each in self.held)

    @property
    def mark(self) -> str:
        rows = [*self.records.patients, *self.records.clients]
        states = [[getattr(row, each.attname) for each in row._meta.concrete_fields] for row in rows]
        moves = [(each.holding.model, each.moves) for each in self.held]
        return hashlib.sha256(repr((states, moves)).encode()).hexdigest()[:32]


def plan_of_patients(patients: Sequence[Patient]) -> Plan:
    """Return what it would do to make these patients the first of them; their clients go along. Raises `NotToMerge`."""
    _check_number([each.pk for each in patients])
    records = Records(patients, list({each.client_id: each.client for each in patients}.values()))
    own = all(map(is_own_client, patients))
    differences = [
        *differences_of_patients(patients),
        *differences_of_clients(records.clients, but_names=own),
    ]
    return Plan(records, held_by(records.merged), differences, list(_problems(records)))


def plan_of_clients(clients: Sequence[Client]) -> Plan:
    """Return what it would do to make these clients the first of them; each patient stays one. Raises `NotToMerge`."""
    _check_number([each.pk for each in clients])
    records = Records([], clients)
    differences = differences_of_clients(clients, but_names=False)
    return Plan(records, held_by(records.merged), differences, list(_problems(records)))


def holdings() -> Iterator[Holding]:
    """Yield what every module holds about people, those that are switched off, too."""
    for module in installed_modules():
        if module.holdings:
            yield from (each for each in module.load(module.holdings) if isinstance(each, Holding))


def held_by(merged: Merged) -> list[Held]:
    """Return the rows that go along, by kind; kinds without any are left out."""
    held = [Held(holding, moves_of(holding=holding, merged=merged)) for holding in holdings()]
    return [each for each in held if each.moves]


def moves_of(*, holding: Holding, merged: Merged) -> list[RowMove]:
    model = apps.get_model(holding.model)
    staying = {str(key) for key in holding.stays(merged)} if holding.stays else set()
    moves = []
    for side, column in holding.columns:
        into = merged.into(side)
        rows = model._base_manager.filter(**{f"{column}__in": list(into)}) if into else model._base_manager.none()
        found = rows.order_by("pk").values_list("pk", column)
        moves += [RowMove(column, str(key), was, into[was]) for key, was in found if str(key) not in staying]
    return moves


def choosable(plan: Plan, *, by: Any) -> list[Difference]:
    """Return the differences that are somebody's to decide: fields that they may see and set."""
    rows = {"patient": plan.records.patients, "client": plan.records.clients}
    return [
        each
        for each in plan.differences
        if each.field not in hidden_fields(by, each.model)
        and may_change(by, each.model, each.field, rows[each.key.partition(".")[0]][0])
        and len(each.options) > 1
    ]


def _check_number(keys: Sequence[UUID]) -> None:
    if len(set(keys)) != len(keys) or not 1 < len(keys) <= MOST_AT_ONCE:
        raise NotToMerge(_("Choose two to ten different records."))


def _problems(records: Records) -> Iterator[str]:
    patients, clients = records.patients, records.clients
    if len({bool(each.species) for each in patients}) > 1:
        yield _("One of them is an animal, and one is not.")
    if len({each.has_died for each in patients}) > 1:
        yield _("One of them is noted as dead and one is not. Put that right first.")
    if patients and any(not _may_be_one(each, clients[0], patients[0]) for each in patients[1:]):
        names = ", ".join(client.name for client in clients)
        yield _("They belong to different people: %(names)s. If these are one, merge them first.") % {"names": names}
    if len({client.user_id for client in clients if client.user_id}) > 1:
        yield _("Both use the portal, with different accounts. One of these has to be closed first.")
    for holding in holdings():
        if holding.hindrances:
            yield from holding.hindrances(records.merged)


def _may_be_one(patient: Patient, client: Client, stays: Patient) -> bool:
    """Test whether the client of a patient may become the other's: the same, of a like name, or each the patient."""
    if patient.client_id == client.pk or (is_own_client(patient) and is_own_client(stays)):
        return True
    return likeness_of_names(patient.client.name, client.name) in NAMES_ALIKE
