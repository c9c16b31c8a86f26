"""When an opening fails: the owner is told and may try again, an operator sees it, and at last the name is free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import User
from jobs.models import OutboxMessage
from tenancy import use_platform
from tenants import signup, stock
from tenants.console import dead_jobs
from tenants.models import Domain, SpareSchema, Tenant, TenantState
from tenants.tests.test_opening import WISH
from tenants.tests.test_signing_up import confirm, sign_up
from tenants.tests.test_stock import schemas
from tests.across_hosts import Browser
from tests.doors import session_key
from tests.test_concurrency import all_at_once


@pytest.fixture
def waiting(db: None, mailoutbox: list[Any]) -> Browser:
    """An owner who looks at the page of their opening; no worker has come to it."""
    browser = Browser()
    sign_up(browser)
    confirm(browser, mailoutbox[0])
    return browser


def tenant() -> Tenant:
    return Tenant.objects.get(domains__domain="harbour")


def job() -> Any:
    return OutboxMessage.objects.filter(pk=tenant().opening_job)


def test_one_that_failed_once_says_so_and_is_tried_at_once_if_asked(waiting: Browser) -> None:
    later = timezone.now() + timedelta(hours=3)
    job().update(attempts=3, available_at=later)
    waiting.open(waiting.url)
    assert "Something went wrong on our side. We try again by ourselves" in waiting.text

    waiting.send(to=f"/workspaces/{tenant().pk}/opening/")

    assert job().get().available_at <= timezone.now()
    assert OutboxMessage.objects.filter(actor="tenants.tasks.open_workspace").count() == 1


def test_one_that_was_given_up_says_so_and_is_tried_anew_if_asked(waiting: Browser, run_jobs: Any) -> None:
    job().update(attempts=20, dead_at=timezone.now())
    waiting.open(waiting.url)
    assert "We could not open it, and we have been told." in waiting.text
    assert 'data-state="stopped"' in waiting.text

    waiting.send(to=f"/workspaces/{tenant().pk}/opening/")
    assert "We could not open it" not in waiting.text
    run_jobs()

    assert tenant().state == TenantState.ACTIVE


def test_nobody_else_may_try(waiting: Browser, ana: User, platform_client: Client) -> None:
    job().update(dead_at=timezone.now())
    platform_client.cookies["session"] = session_key(ana, None)

    platform_client.post(f"/workspaces/{tenant().pk}/opening/")

    assert OutboxMessage.objects.filter(actor="tenants.tasks.open_workspace").count() == 1


def test_an_operator_sees_the_opening_among_the_jobs_that_were_given_up(waiting: Browser) -> None:
    assert list(dead_jobs.dead_of(tenant().pk)) == []

    job().update(dead_at=timezone.now())

    assert list(dead_jobs.dead_of(tenant().pk)) == list(job())


def test_in_the_end_its_name_is_free_and_nothing_is_left(waiting: Browser) -> None:
    given = stock.give_schema(tenant().pk)
    given_up_at = timezone.now()
    job().update(dead_at=given_up_at)

    assert signup.sweep_unopened(at=given_up_at + timedelta(days=13)) == 0
    assert signup.sweep_unopened(at=given_up_at + timedelta(days=15)) == 1
    stock.restock()

    assert not Domain.objects.filter(domain="harbour").exists()
    assert (given.schema_name in schemas(), SpareSchema.objects.count()) == (False, 0)
    assert User.objects.filter(email="nell@harbour.example").exists()  # whose address is proved


def test_one_that_is_still_being_tried_is_never_swept(waiting: Browser) -> None:
    job().update(attempts=19)

    assert signup.sweep_unopened(at=timezone.now() + timedelta(days=99)) == 0


@pytest.mark.usefixtures("own_database")
def test_a_reservation_that_is_confirmed_this_moment_is_not_swept(now: Any) -> None:
    """The sweep has read the reservation; before it deletes it, the owner confirms."""

    with use_platform():
        reserved = signup.reserve_workspace(wish=WISH, at=now - timedelta(days=9))

    def sweep() -> int:
        with use_platform():
            return signup.sweep_unconfirmed(at=now)

    def open_it() -> Tenant | None:
        with use_platform():
            return signup.open_reserved(owner=reserved.owner)

    swept, opened = all_at_once([sweep, open_it])

    with use_platform():
        left = Tenant.objects.filter(pk=reserved.pk).first()
    assert (swept, opened, left) == (1, None, None) or (swept, getattr(left, "state", "")) == (0, TenantState.OPENING)
