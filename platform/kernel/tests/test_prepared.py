"""A query that was put into SQL once answers as it would anew, whoever asks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from access.membership import with_role_changes
from access.models import Member
from access.roles import change_right
from identity.models import User
from kernel.prepared import Prepared
from tenancy import TenantRef, use

STAND_IN = UUID(int=0)


def members(user_id: UUID) -> Any:
    return with_role_changes(Member.objects.of_user(user_id)).values_list("name", "joined_at", "role_changes")


def test_it_answers_as_the_query_would(in_clinic: TenantRef, ana: User, bo: User, rita: User, cai: User) -> None:
    closed = {"role": "receptionist", "permission": "crm.view_alert", "reach": None, "reason": "Not for the desk."}
    change_right(**closed, by=ana, at=timezone.now())  # type: ignore[arg-type]
    prepared = Prepared(members, user_id=STAND_IN)

    for person in (ana, bo, rita, cai):
        assert list(prepared(user_id=person.pk)) == list(members(person.pk))


def test_it_asks_in_the_tenant_that_is_in_use(clinic: TenantRef, other: TenantRef, cai: User) -> None:
    prepared = Prepared(members, user_id=STAND_IN)

    with use(clinic):
        assert list(prepared(user_id=cai.pk)) == []
    with use(other):
        assert [name for name, *_ in prepared(user_id=cai.pk)] == ["Cai"]


def test_what_would_be_asked_for_the_stand_in_is_not_asked(in_clinic: TenantRef, ana: User) -> None:
    forgetful = Prepared(lambda user_id: Member.objects.values_list("pk"), user_id=STAND_IN)

    with pytest.raises(ValueError, match="user_id"):
        forgetful(user_id=ana.pk)
