"""A deletion closes the doors and waits; until its day it can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from access.services import invite_member
from audit.models import AuditEntry
from identity.models import User
from jobs import relay
from tenancy import TenantRef, use, use_platform
from tenants.life import deleting
from tenants.life.deleting import NotBeingDeleted, NotDeletable
from tenants.models import Deletion, Tenant, TenantState
from tenants.standing import suspend_tenant
from tests.doors import session_key


def row_of(tenant: TenantRef) -> Tenant:
    with use_platform():
        return Tenant.objects.with_rooms().get(pk=tenant.id)


@pytest.fixture
def schedule(oda: User, now: datetime, django_capture_on_commit_callbacks: Any) -> Any:
    def schedule(tenant: TenantRef, at: datetime = now) -> Deletion:
        with django_capture_on_commit_callbacks(execute=True):
            return deleting.schedule_deletion(tenant=row_of(tenant), by=oda, reason="They moved away", at=at)

    return schedule


@pytest.fixture
def cancel(oda: User, now: datetime, django_capture_on_commit_callbacks: Any) -> Any:
    def cancel(tenant: TenantRef) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            deleting.cancel_deletion(tenant=row_of(tenant), by=oda, at=now + timedelta(days=2))

    return cancel


def test_a_deletion_has_its_day_and_its_reason(schedule: Any, clinic: TenantRef, oda: User, now: datetime) -> None:
    schedule(clinic)

    deletion = deleting.deletion_of(clinic.id)
    assert deletion is not None
    assert (deletion.erase_at, deletion.reason) == (now + timedelta(days=30), "They moved away")
    assert (deletion.asked_by_id, deletion.asked_by_name) == (oda.pk, "Oda")


def test_its_doors_say_until_when_it_can_be_stopped(
    schedule: Any, pages: Any, api: Any, clinic: Any, rita: User
) -> None:
    browser, program = pages(rita), api(rita)

    schedule(clinic)

    page, refused = browser.get("/today/"), program.get("/api/patients/")
    assert (page.status_code, page["Retry-After"]) == (503, "86400")
    assert "On 2 April 2031 everything in it is erased" in page.content.decode()
    assert (refused.status_code, refused.json()["code"]) == (403, "tenant-deleting")


def test_its_jobs_wait_and_go_on_when_it_is_kept(
    schedule: Any, cancel: Any, clinic: TenantRef, ana: User, now: datetime
) -> None:
    with use(clinic):
        invite_member(email="ivy@new.example", name="Ivy", role="receptionist", by=ana, at=now - timedelta(days=9000))
    schedule(clinic)

    with use_platform():
        assert [row.tenant_id for row in relay.claim()] == [None]  # the mail to the owner, which is the platform's
    cancel(clinic)
    with use_platform():
        assert [row.tenant_id for row in relay.claim()] == [clinic.id]


def test_what_is_kept_is_as_it_was_before(
    schedule: Any, cancel: Any, clinic: TenantRef, oda: User, now: datetime
) -> None:
    suspend_tenant(tenant=row_of(clinic), by=oda, reason="Not paid", at=now)
    schedule(clinic)

    cancel(clinic)

    kept = row_of(clinic)
    assert (kept.state, kept.suspension_reason) == (TenantState.SUSPENDED, "Not paid")
    assert deleting.deletion_of(clinic.id) is None


def test_both_are_in_the_tenants_own_log(schedule: Any, cancel: Any, clinic: TenantRef, oda: User) -> None:
    schedule(clinic)
    cancel(clinic)

    with use(clinic):
        scheduled, cancelled = AuditEntry.objects.filter(action__startswith="tenants.workspace.deletion").order_by("pk")
    assert (scheduled.user_id, scheduled.changes["reason"]) == (oda.pk, [None, "They moved away"])
    assert (cancelled.action, cancelled.changes) == (
        "tenants.workspace.deletion_cancelled",
        {"closed_for": [None, "2 days, 0:00:00"]},
    )


def test_it_is_asked_for_once_and_taken_back_once(schedule: Any, cancel: Any, clinic: TenantRef) -> None:
    with pytest.raises(NotBeingDeleted):
        cancel(clinic)
    schedule(clinic)
    with pytest.raises(NotDeletable):
        schedule(clinic)


def test_the_owner_is_told_by_the_platform(
    schedule: Any, clinic: TenantRef, mailoutbox: list[Any], run_jobs: Any
) -> None:
    schedule(clinic)

    run_jobs()

    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["ana@clinic.example"], "Northside Physio is to be deleted")
    assert "On Wed 2 Apr 2031 everything in it is erased" in mail.body
    assert "http://localhost:8000/workspaces/" in mail.body


def test_nobody_is_told_of_what_was_taken_back_at_once(
    schedule: Any, cancel: Any, clinic: TenantRef, mailoutbox: list[Any], run_jobs: Any
) -> None:
    schedule(clinic)
    cancel(clinic)

    run_jobs()

    assert mailoutbox == []


# -- the owner's own door


@pytest.fixture
def browser(platform_client: Client) -> Any:
    def browser(user: User) -> Client:
        platform_client.cookies["session"] = session_key(user, None)
        return platform_client

    return browser


def test_the_owner_keeps_a_workspace_from_their_list(
    schedule: Any, browser: Any, clinic: TenantRef, ana: User, pages: Any, django_capture_on_commit_callbacks: Any
) -> None:
    schedule(clinic)
    door = f"/workspaces/{clinic.id}/deletion/end/"

    assert "Closed; erased on 2 April 2031" in browser(ana).get("/workspaces/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert browser(ana).post(door).status_code == 302

    assert pages(ana).get("/today/").status_code == 200
    assert browser(ana).post(door).status_code == 409


def test_a_colleague_sees_that_it_is_closed_and_cannot_keep_it(
    schedule: Any, browser: Any, clinic: TenantRef, rita: User
) -> None:
    from tenants.models import Membership

    with use_platform():
        Membership.objects.create(user=rita, tenant_id=clinic.id, created_at=clinic_opened(clinic))
    schedule(clinic)

    assert "Keep it" not in browser(rita).get("/workspaces/").content.decode()
    assert browser(rita).post(f"/workspaces/{clinic.id}/deletion/end/").status_code == 404
    assert browser(rita).get(f"/workspaces/{clinic.id}/deletion/end/").status_code == 405


def clinic_opened(tenant: TenantRef) -> datetime:
    opened = row_of(tenant).opened_at
    assert opened is not None
    return opened
