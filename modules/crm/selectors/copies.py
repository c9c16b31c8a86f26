"""What of a patient goes into somebody's copy: the rows that they see on the portal, by what they are to the patient.

Who asks at the desk may have no account, so it is not asked of a user but of the workspace's role for patients and of
the client that they are. A test holds it to what an account sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import reduce
from operator import attrgetter, or_
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet

from access.fields import guarded_fields
from access.models import Member, Role, RoleChange
from access.roles import reaches_in_force
from kernel.modules import installed_modules, is_in_use
from kernel.money import Money
from modules.crm.domain.copies import Copied, LeftOut, nested
from modules.crm.domain.profiles import Right, rights_of, roles_that_give_any
from modules.crm.models import Client, Patient, roles_of_clients, roles_towards


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """For whom a copy of a patient is made: the client, with whatever else their account claimed here."""

    patient: Patient
    clients: frozenset[UUID]
    account: UUID | None
    addresses: frozenset[str]
    rights: frozenset[Right]
    pays_since: date | None
    open: frozenset[str]  # the permissions of the role of patients here

    @property
    def subjects(self) -> set[UUID]:
        return {self.patient.pk, *self.clients}


def declared_copies() -> Iterator[Copied | LeftOut]:
    """Yield what every module says it copies of people, those that are switched off, too."""
    for module in installed_modules():
        if module.copies:
            yield from module.load(module.copies)


def who_may_have_one(patient: Patient) -> list[Client]:
    """Return the clients who see anything of a patient on the portal, or would with an account, by name."""
    ids = roles_towards(patient.pk).filter(role__in=roles_that_give_any()).values("client_id")
    return list(Client.objects.filter(pk__in=ids).order_by("last_name", "first_name", "pk"))


def whose_copy(patient: Patient, client: Client) -> Whose:
    """Return what a client is to a patient now."""
    clients = _with_account(client)
    roles = list(roles_of_clients(clients, patient_id=patient.pk))
    members = Member.objects.of_user(client.user_id) if client.user_id else Member.objects.none()
    mails = Client.objects.filter(pk__in=clients).values_list("email", flat=True)
    paying = [role.since for role in roles if Right.BILLS in rights_of([role.role])]
    return Whose(
        patient=patient,
        clients=frozenset(clients),
        account=client.user_id,
        addresses=frozenset({*mails, *members.values_list("email", flat=True)} - {""}),
        rights=rights_of(role.role for role in roles),
        pays_since=min(paying, default=None),
        open=_open_to_patients(),
    )


def kinds_for(whose: Whose) -> list[Copied]:
    """Return the kinds that somebody sees any of."""
    return [each for each in declared_copies() if isinstance(each, Copied) and _is_open(each, whose)]


def rows_for(kind: Copied, whose: Whose) -> QuerySet[Any]:
    """Return the rows of a kind that somebody sees, the earliest first."""
    if kind.rows:
        found: QuerySet[Any] = kind.rows(whose)
    else:
        rows = apps.get_model(kind.model)._default_manager.filter(_condition(kind, whose), **kind.only)
        found = rows.exclude(**kind.never) if kind.never else rows
    if kind.addressed:
        found = found.filter(**{f"{kind.addressed}__in": whose.addresses})
    paths = {path.rpartition("__")[0] for path in kind.names if "__" in path}
    return found.select_related(*sorted(paths)) if paths else found


def resource_of(kind: Copied, row: Any, whose: Whose) -> dict[str, Any]:
    """Return a row by the words of its field, without what is hidden from the role of patients."""
    rules = guarded_fields().get(kind.model.lower(), {})
    hidden = {name for name, rule in rules.items() if rule.see not in whose.open}
    names = ((path, name) for path, name in kind.names.items() if path not in hidden)
    said = ((name, plain(value_of(row, path))) for path, name in names)
    return {"resourceType": kind.name, **nested([*kind.fixed.items(), *said])}


def value_of(row: Any, path: str) -> Any:
    """Return what a path leads to; nothing where the way ends before."""
    for name in path.split("__"):
        row = None if row is None else attrgetter(name)(row)
    return row() if callable(row) else row


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Money):
        return {"value": str(value), "currency": value.currency}
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def _condition(kind: Copied, whose: Whose) -> Q:
    ways = [(kind.patient, [whose.patient.pk]), (kind.client, whose.clients)]
    ways += [(kind.account, [whose.account])] if whose.account else []
    if kind.billed_to:
        return Q(**{kind.patient: whose.patient.pk}) & _billed(kind, whose)
    return reduce(or_, (Q(**{f"{way}__in": list(keys)}) for way, keys in ways if way), Q(pk__in=[]))


def _billed(kind: Copied, whose: Whose) -> Q:
    """Bills to themselves, and those of whom they pay for, since they do."""
    theirs = Q(**{f"{kind.billed_to}__in": list(whose.clients)})
    return theirs | Q(**{f"{kind.billed_on}__gte": whose.pays_since}) if whose.pays_since else theirs


def _is_open(kind: Copied, whose: Whose) -> bool:
    is_theirs = kind.right is None or kind.right in whose.rights or bool(kind.billed_to)
    return is_theirs and whose.open.issuperset(kind.permissions)


def _with_account(client: Client) -> set[UUID]:
    if client.user_id is None:
        return {client.pk}
    return {client.pk, *Client.objects.filter(user_id=client.user_id).values_list("pk", flat=True)}


def _open_to_patients() -> frozenset[str]:
    changes: Iterable[Any] = RoleChange.objects.filter(role=Role.PATIENT).in_force().values("permission", "reach")
    held = reaches_in_force(Role.PATIENT, changes)
    return frozenset(permission for permission in held if is_in_use(permission))
