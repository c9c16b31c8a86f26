"""A job is written with what made it necessary, runs in its tenant, and has one effect however often it comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import dramatiq
import pytest
from django.db import connection, transaction
from django.utils import timezone
from dramatiq.middleware import MiddlewareError, TimeLimitExceeded

from jobs import relay, schedules
from jobs.actors import DurableActor, actor
from jobs.middleware import RoomMiddleware, TenantAway
from jobs.models import DueSchedule, OutboxMessage
from jobs.outbox import later
from tenancy import TenantRef, catalog, use, use_cell, use_platform
from tenants.models import Tenant

SEEN: list[tuple[str, int]] = []


class Broken(RuntimeError):
    pass


@pytest.fixture
def note() -> Iterator[DurableActor]:
    """A job that notes where it ran, and fails when asked to."""
    SEEN.clear()

    @actor(max_attempts=3)
    def note(*, n: int, fail: bool = False, **_: Any) -> None:
        SEEN.append((connection.tenant.schema_name, n))  # type: ignore[attr-defined]
        if fail:
            raise Broken("x@example.org")

    yield note
    del dramatiq.get_broker().actors[note.actor_name]


def row(message_id: UUID) -> OutboxMessage:
    with use_cell():
        return OutboxMessage.objects.get(pk=message_id)


def test_a_job_runs_in_the_tenant_that_asked(
    note: DurableActor, clinic: TenantRef, other: TenantRef, run_jobs: Any
) -> None:
    with use(clinic):
        later(note, n=1)
    with use(other):
        later(note, n=2)
    assert SEEN == []

    run_jobs()

    assert sorted(SEEN) == sorted([(clinic.schema_name, 1), (other.schema_name, 2)])


def test_a_rollback_takes_the_job_back(note: DurableActor, in_clinic: TenantRef, run_jobs: Any) -> None:
    with transaction.atomic():
        later(note, n=1)
        transaction.set_rollback(True)

    run_jobs()

    assert SEEN == []


def test_a_job_that_is_delivered_twice_has_one_effect(note: DurableActor, in_clinic: TenantRef) -> None:
    message_id = later(note, n=1)

    for _ in range(2):
        note.run_durably(message_id, {"n": 1})

    assert len(SEEN) == 1
    assert row(message_id).done_at is not None


def test_a_job_is_not_run_before_its_time(note: DurableActor, in_clinic: TenantRef, run_jobs: Any) -> None:
    later(note, at=timezone.now() + timedelta(hours=1), n=1)

    assert run_jobs() == 0
    assert run_jobs(at=timezone.now() + timedelta(hours=2)) == 1


def test_a_failing_job_waits_longer_each_time_and_is_set_aside_in_the_end(
    note: DurableActor, in_clinic: TenantRef
) -> None:
    message_id = later(note, n=1, fail=True)

    waits = []
    for _ in range(3):
        note.run_durably(message_id, {"n": 1, "fail": True})
        waits.append(row(message_id).available_at - timezone.now())

    assert waits[0] < waits[1] < waits[2]
    assert row(message_id).dead_at is not None
    assert row(message_id).done_at is None


@pytest.fixture
def slow() -> Iterator[DurableActor]:
    """A job that takes longer than it may, each time; whoever waits for it is told in the end."""
    SEEN.clear()

    def tell(*, n: int, problem: str, **_: Any) -> None:
        SEEN.append((problem, n))

    @actor(max_attempts=2, given_up=tell)
    def slow(*, n: int, **_: Any) -> None:
        raise TimeLimitExceeded

    yield slow
    del dramatiq.get_broker().actors[slow.actor_name]


def test_whoever_waits_is_told_of_a_job_that_was_given_up_and_of_its_kind_of_error_alone(
    slow: DurableActor, in_clinic: TenantRef
) -> None:
    message_id = later(slow, n=7)

    slow.run_durably(message_id, {"n": 7})
    assert SEEN == []
    slow.run_durably(message_id, {"n": 7})

    assert SEEN == [("TimeLimitExceeded", 7)]
    assert row(message_id).dead_at is not None


def test_what_is_kept_of_a_failure_holds_no_personal_data(note: DurableActor, in_clinic: TenantRef) -> None:
    message_id = later(note, n=1, fail=True)

    note.run_durably(message_id, {"n": 1, "fail": True})

    error = row(message_id).error
    assert error.startswith("Broken\n")
    assert "x@example.org" not in error


def test_the_relay_hands_a_job_out_once_until_its_lease_is_over(note: DurableActor, in_clinic: TenantRef) -> None:
    message_id = later(note, n=1)
    with use_cell():
        assert [claimed.id for claimed in relay.claim()] == [message_id]
        assert relay.claim() == []

        OutboxMessage.objects.filter(pk=message_id).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert [claimed.id for claimed in relay.claim()] == [message_id]


def test_what_the_broker_did_not_take_is_handed_out_again_at_once(
    note: DurableActor, in_clinic: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for = {later(note, n=n) for n in (1, 2, 3)}
    handed_out: list[UUID] = []

    def enqueue(message: dramatiq.Message[Any]) -> None:
        if handed_out:
            raise ConnectionRefusedError
        handed_out.append(UUID(message.options["outbox_id"]))

    monkeypatch.setattr(dramatiq.get_broker(), "enqueue", enqueue)
    with use_cell(), pytest.raises(ConnectionRefusedError):
        relay.relay()

    with use_cell():
        assert {claimed.id for claimed in relay.claim()} == asked_for - set(handed_out)
    assert len(handed_out) == 1


def suspend(tenant: TenantRef) -> None:
    with use_platform():
        Tenant.objects.filter(pk=tenant.id).update(state="suspended")
    catalog.forget()


def test_jobs_of_a_suspended_tenant_rest(note: DurableActor, clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        later(note, n=1)
    with use(other):
        waiting = later(note, n=2)
    suspend(clinic)

    with use_platform():
        assert [claimed.id for claimed in relay.claim()] == [waiting]


def test_a_job_already_handed_out_when_its_tenant_is_suspended_is_given_back(
    note: DurableActor, clinic: TenantRef
) -> None:
    """dramatiq runs the job anyway unless the error is a MiddlewareError."""
    with use(clinic):
        message_id = later(note, n=1)
    suspend(clinic)
    options = {"tenant_id": str(clinic.id), "outbox_id": str(message_id)}
    message = dramatiq.Message(queue_name="default", actor_name=note.actor_name, args=(), kwargs={}, options=options)

    with use_platform(), pytest.raises(TenantAway) as refused:
        RoomMiddleware().before_process_message(dramatiq.get_broker(), message)

    assert isinstance(refused.value, MiddlewareError)
    assert row(message_id).lease_until is None


def test_regular_jobs_are_put_into_the_outbox_when_they_are_due(db: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(schedules, "_platform", [schedules.PlatformSchedule("tenants.tasks.sweep", 3600)])
    with use_platform():
        schedules.enrol()
        schedules.enrol()
        DueSchedule.objects.exclude(actor="tenants.tasks.sweep").delete()

        assert (schedules.tick(), schedules.tick()) == (1, 0)
        assert OutboxMessage.objects.filter(actor="tenants.tasks.sweep").count() == 1
        assert DueSchedule.objects.get().next_run_at > timezone.now() + timedelta(minutes=59)
