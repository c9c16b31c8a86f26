"""Roles are presets that a tenant's owners may depart from, within limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.membership import forget_membership, membership_of, reach_of
from access.models import Role, RoleChange
from access.presets import Reach, check_presets, choices_of, declared_permissions, limit_of, preset_of
from access.roles import (
    LONGEST_REASON,
    NothingChanged,
    ReasonNeeded,
    RightIsFixed,
    UnknownRight,
    change_right,
    changes_in_force,
    find_right,
    reaches_in_force,
    return_to_preset,
    rights_of,
)
from audit.models import AuditEntry
from identity.models import User
from tenancy import TenantRef, use

pytestmark = pytest.mark.usefixtures("in_clinic")
PAIRS = [(role.value, permission) for role in Role for permission in declared_permissions()]


def change(role: str, permission: str, reach: Reach | None, *, by: User, at: datetime) -> Any:
    return change_right(role=role, permission=permission, reach=reach, reason="We are two.", by=by, at=at)


def test_no_preset_is_forbidden_by_its_own_limit_and_every_right_can_be_something() -> None:
    assert list(check_presets()) == []


@pytest.mark.parametrize(
    ("role", "permission", "choices"),
    [
        (Role.OWNER, "access.use_workspace", [Reach.ALL]),
        (Role.OWNER, "access.manage_roles", [Reach.ALL]),
        (Role.ADMIN, "access.manage_roles", [None]),
        (Role.RECEPTIONIST, "crm.view_note", [None]),
        (Role.ADMIN, "crm.view_note", [None]),
        (Role.OWNER, "crm.view_note", [Reach.CARE, None]),
        (Role.PRACTITIONER, "crm.view_note", [Reach.ALL, Reach.CARE, None]),
        (Role.PRACTITIONER, "billing.take_payment", [None]),
        (Role.PATIENT, "inventory.view_items", [None]),
        (Role.PATIENT, "crm.view_patient", [Reach.SELF, None]),
        (Role.PATIENT, "scheduling.run_visit", [None]),
        (Role.RECEPTIONIST, "inventory.change_stock", [Reach.ALL, None]),
    ],
)
def test_some_rights_can_never_be_given_or_taken(role: str, permission: str, choices: list[Reach | None]) -> None:
    assert list(choices_of(role, permission)) == choices


def test_what_an_owner_changes_holds_from_the_next_request(ana: User, bo: User, now: datetime) -> None:
    assert reach_of(bo, "crm.view_patient") is Reach.CARE

    change(Role.PRACTITIONER, "crm.view_patient", Reach.ALL, by=ana, at=now)
    forget_membership(bo)

    assert reach_of(bo, "crm.view_patient") is Reach.ALL


def test_a_right_that_was_taken_is_gone_and_one_that_was_given_is_there(
    ana: User, bo: User, rita: User, now: datetime
) -> None:
    change(Role.PRACTITIONER, "inventory.take_stock", None, by=ana, at=now)
    change(Role.RECEPTIONIST, "inventory.manage_items", Reach.ALL, by=ana, at=now)

    assert (bo.has_perm("inventory.take_stock"), rita.has_perm("inventory.manage_items")) == (False, True)


def test_a_change_counts_for_its_own_tenant_only(ana: User, cleo: User, other: TenantRef, now: datetime) -> None:
    change(Role.PRACTITIONER, "crm.view_patient", Reach.ALL, by=ana, at=now)

    with use(other):
        assert reach_of(cleo, "crm.view_patient") is Reach.CARE


def test_the_preset_holds_again_and_the_history_keeps_both(ana: User, bo: User, now: datetime) -> None:
    change(Role.PRACTITIONER, "crm.view_patient", Reach.ALL, by=ana, at=now)
    right = return_to_preset(
        role=Role.PRACTITIONER, permission="crm.view_patient", reason="We are ten now.", by=ana, at=now
    )

    assert (right.reach, right.change) == (Reach.CARE, None)
    assert right.why == preset_of(Role.PRACTITIONER)["crm.view_patient"].why
    assert reach_of(bo, "crm.view_patient") is Reach.CARE
    assert [row.reach for row in RoleChange.objects.order_by("id")] == ["all", "preset"]


def test_a_change_is_recorded_with_what_it_was_and_why(ana: User, now: datetime) -> None:
    change(Role.PRACTITIONER, "crm.view_patient", Reach.ALL, by=ana, at=now)

    entry = AuditEntry.objects.get(action="access.role.changed")
    assert entry.changes == {"practitioner crm.view_patient": ["care", "all"], "reason": [None, "We are two."]}
    assert entry.user_id == ana.pk


@pytest.mark.parametrize(
    ("role", "permission", "reach", "sentence"),
    [
        (Role.OWNER, "access.use_workspace", None, "let go instead"),
        (Role.OWNER, "access.manage_roles", None, "change it back"),
        (Role.RECEPTIONIST, "access.manage_roles", Reach.ALL, "give themselves anything"),
        (Role.RECEPTIONIST, "crm.view_note", Reach.ALL, "never sees clinical notes"),
        (Role.PRACTITIONER, "billing.take_payment", Reach.ALL, "Only the desk"),
        (Role.PATIENT, "crm.view_patient", Reach.ALL, "cannot be given to this role"),
        (Role.PRACTITIONER, "crm.view_patient", Reach.SELF, "cannot be given to this role"),
    ],
)
def test_what_a_limit_forbids_is_refused_with_its_reason(
    role: str, permission: str, reach: Reach | None, sentence: str, ana: User, now: datetime
) -> None:
    with pytest.raises(RightIsFixed, match=sentence):
        change(role, permission, reach, by=ana, at=now)

    assert not RoleChange.objects.exists()


@pytest.mark.parametrize(("role", "permission"), [("king", "crm.view_patient"), ("owner", "crm.view"), ("", "")])
def test_what_nobody_declared_is_not_there(role: str, permission: str, ana: User, now: datetime) -> None:
    with pytest.raises(UnknownRight):
        change(role, permission, None, by=ana, at=now)


@pytest.mark.parametrize("reason", ["", "   \n", "x" * (LONGEST_REASON + 1)])
def test_a_change_needs_a_reason_that_can_be_read(reason: str, ana: User, now: datetime) -> None:
    with pytest.raises(ReasonNeeded):
        change_right(role="practitioner", permission="crm.view_patient", reach=Reach.ALL, reason=reason, by=ana, at=now)


def test_a_change_of_nothing_is_refused(ana: User, now: datetime) -> None:
    with pytest.raises(NothingChanged):
        change(Role.PRACTITIONER, "crm.view_patient", Reach.CARE, by=ana, at=now)
    with pytest.raises(NothingChanged):
        return_to_preset(role="practitioner", permission="crm.view_patient", reason="No.", by=ana, at=now)


def test_no_row_of_the_history_can_be_changed_or_removed(ana: User, now: datetime) -> None:
    change(Role.PRACTITIONER, "crm.view_patient", Reach.ALL, by=ana, at=now)
    for statement in ("UPDATE access_rolechange SET reach = 'none'", "DELETE FROM access_rolechange"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_change_that_a_later_limit_forbids_is_passed_over(ana: User, rita: User, now: datetime) -> None:
    """As if written by a release whose roles.yaml did not say so yet."""
    RoleChange.objects.create(
        role="receptionist",
        permission="crm.view_note",
        reach="all",
        reason="Once.",
        by_id=ana.pk,
        by_name="Ana",
        at=now,
    )

    assert reach_of(rita, "crm.view_note") is None
    assert find_right(role="receptionist", permission="crm.view_note").change is None


def test_the_changes_come_with_the_member_in_one_query(ana: User, bo: User, now: datetime) -> None:
    for permission in ("crm.view_patient", "scheduling.view_appointment", "crm.view_note"):
        change(Role.PRACTITIONER, permission, Reach.ALL, by=ana, at=now)
    forget_membership(bo)

    with CaptureQueriesContext(connection) as captured:
        membership = membership_of(bo)
        assert bo.has_perm("crm.view_note")

    assert len(captured) == 1
    assert membership is not None
    assert membership.reaches["crm.view_note"] is Reach.ALL


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PAIRS), st.sampled_from([*Reach, "none", "preset"])), max_size=12))
def test_whatever_was_written_no_role_gets_past_its_limits(said: list[tuple[tuple[str, str], str]]) -> None:
    for role in Role:
        changes = [{"permission": name, "reach": str(reach)} for (whose, name), reach in said if whose == role]
        reaches = reaches_in_force(role, changes)
        for permission in declared_permissions():
            assert reaches.get(permission) in choices_of(role, permission)


def test_what_the_page_lists_is_what_holds(ana: User, bo: User, now: datetime) -> None:
    change(Role.PRACTITIONER, "crm.view_patient", Reach.ALL, by=ana, at=now)
    change(Role.PRACTITIONER, "crm.view_note", None, by=ana, at=now)

    listed = {right.permission: right.reach for right in rights_of("practitioner", changes_in_force()) if right.reach}

    membership = membership_of(bo)
    assert membership is not None
    assert listed == dict(membership.reaches)
    assert all(right.why for right in rights_of("practitioner", changes_in_force()) if right.reach)


def test_every_limit_says_why() -> None:
    limits = [limit_of(role, permission) for role, permission in PAIRS]

    assert all(limit.why.strip() for limit in limits if limit)
