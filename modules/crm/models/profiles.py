"""Whom an account looks after, now: everything on the portal is narrowed by this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet
from django.db.models.functions import Now, TruncDate

from modules.crm.domain.profiles import GIVES, Right, roles_that_give

if TYPE_CHECKING:
    from modules.crm.models.involvements import Involvement

TODAY = TruncDate(Now())  # where the practice is


def roles_of_account(user_id: UUID | None) -> QuerySet[Involvement]:
    """Return what an account is to anybody now. A role that has ended is none from that moment on.

    Who is written to is so until somebody else is; the other roles begin and end with a day.
    """
    rows = _roles_now()
    if user_id is None:  # nobody is not whoever has no account yet
        return rows.none()
    return rows.filter(client__user_id=user_id)


def roles_of_clients(ids: Iterable[UUID], *, patient_id: UUID) -> QuerySet[Involvement]:
    """Return what clients are to a patient now, with an account or without one."""
    return _roles_now().filter(client__in=list(ids), patient=patient_id)


def roles_towards(patient_id: UUID) -> QuerySet[Involvement]:
    """Return what anybody is to a patient now."""
    return _roles_now().filter(patient=patient_id)


def _roles_now() -> QuerySet[Involvement]:
    is_client = Q(role="client", until=None)
    in_force = Q(since__lte=TODAY) & (Q(until=None) | Q(until__gt=TODAY))
    rows: Any = apps.get_model("crm", "Involvement").objects
    found: QuerySet[Involvement] = rows.filter(is_client | (~Q(role="client") & in_force))
    return found


def patients_of(user_id: UUID | None, right: Right = Right.RECORD) -> QuerySet[Any, Any]:
    """Return the ids of those to whom an account has a right now, to narrow a query with."""
    return roles_of_account(user_id).filter(role__in=roles_that_give(right)).values("patient_id")


def roles_giving(right: Right, *, user_id: UUID, patient_id: UUID) -> list[Involvement]:
    """Return by what an account has a right to one patient."""
    return [row for row in roles_of_account(user_id).filter(patient=patient_id) if right in GIVES[row.role]]
