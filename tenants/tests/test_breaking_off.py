"""An opening whose process is killed at any step is finished by the next attempt, or swept and its name free again."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from access.models import Member
from identity.models import User
from jobs import inline
from modules.inventory.models import Item
from tenancy import use, use_platform
from tenants import blueprint, keys, migrating, opening, signup, stock
from tenants.models import Membership, SpareSchema, Tenant, TenantState
from tenants.tests.test_stock import reserve_for, schemas, spares

# Each of these begins where what came before was committed.
STEPS = {
    "a schema is listed": (stock, "_build"),
    "it is built": (blueprint, "build"),
    "it is given": (stock, "_give_ready"),
    "it has caught up": (migrating, "catch_up"),
    "it has a key": (keys, "give_key"),
    "it is furnished": (opening, "_furnish"),
    "people are let in": (opening, "_let_people_in"),
}
# After these, though not yet committed, something is there; after the last it is, but the job is not ticked off.
WITHIN = {
    "it is built": (blueprint, "build"),
    "its owner is a member": (type(Member.objects), "create"),  # whose instance Django replaces now and then
    "people are let in": (opening, "_let_people_in"),
}


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_and_die(owner: Any, name: str, *, is_done_first: bool) -> None:
    """Do what a worker does with the opening job, and be killed before or after one of its steps."""
    connections.close_all()
    usual = getattr(owner, name)

    def last(*args: Any, **kwargs: Any) -> None:
        if is_done_first:
            usual(*args, **kwargs)
        die()

    setattr(owner, name, last)
    inline.run_due_jobs(at=timezone.now())


def killed_at(owner: Any, name: str, *, is_done_first: bool) -> None:
    connections.close_all()
    child = multiprocessing.get_context("fork").Process(
        target=run_and_die, args=[owner, name], kwargs={"is_done_first": is_done_first}
    )
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


@pytest.fixture
def asked_for(own_database: None, now: datetime) -> Tenant:
    """A workspace that its owner has confirmed; the job waits for a worker."""
    with use_platform():
        owner = User.objects.get(email="ana@clinic.example")
        tenant = reserve_for(owner, "harbour", now)
        signup.open_reserved(owner=owner)
    return tenant


def try_again() -> None:
    """What the relay does once the lease of the dead worker has run out."""
    assert inline.run_due_jobs(at=timezone.now()) >= 1


def assert_open(tenant: Tenant) -> None:
    with use_platform():
        opened = Tenant.objects.with_rooms().get(pk=tenant.pk)
        ref = opened.ref()
        assert Membership.objects.filter(tenant=opened).count() == 1
        known = set(Tenant.objects.values_list("schema_name", flat=True))
    assert opened.state == TenantState.ACTIVE
    assert opened.level_id == blueprint.latest().level_id
    with use(ref):
        assert Member.objects.count() == 1
        assert Item.objects.count() == 7
    assert schemas() - known <= set(spares())  # whatever was begun is still listed


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_any_step_it_is_finished_by_the_next_attempt(asked_for: Tenant, step: str) -> None:
    killed_at(*STEPS[step], is_done_first=False)

    try_again()

    assert_open(asked_for)


@pytest.mark.parametrize("step", WITHIN)
def test_killed_within_or_after_a_step_nothing_is_there_twice(asked_for: Tenant, step: str) -> None:
    killed_at(*WITHIN[step], is_done_first=True)

    try_again()

    assert_open(asked_for)


def test_what_dead_workers_left_half_built_is_thrown_away(asked_for: Tenant) -> None:
    killed_at(blueprint, "build", is_done_first=True)
    try_again()
    assert len(spares()) == 1  # of the first attempt; the second built its own

    with use_platform():
        SpareSchema.objects.update(started_at=timezone.now() - stock.GIVEN_UP_AFTER - timedelta(minutes=1))
    stock.restock()

    assert spares() == []
    assert_open(asked_for)
