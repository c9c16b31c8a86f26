"""The tenant of a job is settled when it is asked for, and travels with it to the worker."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import dramatiq
import pytest
from django.db import connection, transaction

from jobs import relay
from jobs.actors import DurableActor, actor
from jobs.middleware import RoomMiddleware, TenantAway
from jobs.models import OutboxMessage
from jobs.outbox import later
from tenancy import TenantRef, tenant_in_use, use, use_cell, use_platform

SEEN: list[str] = []


@pytest.fixture
def note() -> Iterator[DurableActor]:
    """A job that notes where it ran."""
    SEEN.clear()

    @actor()
    def note(**_: object) -> None:
        SEEN.append(connection.tenant.schema_name)  # type: ignore[attr-defined]

    yield note
    del dramatiq.get_broker().actors[note.actor_name]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dramatiq.Message[object]]:
    """What the relay hands to the broker."""
    messages: list[dramatiq.Message[object]] = []
    monkeypatch.setattr(dramatiq.get_broker(), "enqueue", messages.append)
    return messages


def test_a_job_carries_the_tenant_in_use_when_it_was_asked_for(
    note: DurableActor, clinic: TenantRef, other: TenantRef
) -> None:
    with use(clinic), transaction.atomic():
        job = later(note)
    with use(other):
        assert not OutboxMessage.objects.filter(pk=job).exists()

    with use_cell():
        kept = OutboxMessage.objects.get(pk=job)
    assert (kept.tenant_id, kept.room) == (clinic.id, clinic.schema_name)


def test_the_platforms_own_job_carries_none(note: DurableActor, db: None) -> None:
    with use_platform():
        kept = OutboxMessage.objects.get(pk=later(note))

    assert (kept.tenant_id, kept.room) == (None, "")


def test_the_platform_may_name_a_tenant(note: DurableActor, clinic: TenantRef) -> None:
    with use_platform():
        kept = OutboxMessage.objects.get(pk=later(note, tenant=clinic))

    assert (kept.tenant_id, kept.room) == (clinic.id, clinic.schema_name)


def test_the_relay_puts_the_tenant_into_the_options_and_not_among_the_arguments(
    note: DurableActor, clinic: TenantRef, sent: list[dramatiq.Message[object]]
) -> None:
    with use(clinic):
        job = later(note, n=1)
    with use_platform():
        relay.relay()

    (message,) = sent
    assert message.options == {"outbox_id": str(job), "tenant_id": str(clinic.id)}
    assert message.kwargs == {"n": 1}


def test_the_worker_enters_the_room_that_the_message_names_wherever_its_last_job_was(
    note: DurableActor, clinic: TenantRef, other: TenantRef, sent: list[dramatiq.Message[object]]
) -> None:
    with use(clinic):
        later(note)
    with use_platform():
        relay.relay()
    broker, worker = dramatiq.get_broker(), RoomMiddleware()

    with use(other):
        worker.before_process_message(broker, sent[0])  # type: ignore[arg-type]
        inside = tenant_in_use()

    assert inside is not None
    assert inside.schema_name == clinic.schema_name


def test_a_message_of_the_platform_is_not_run_where_the_last_one_was(clinic: TenantRef) -> None:
    message = dramatiq.Message(queue_name="default", actor_name="x", args=(), kwargs={}, options={})

    with use(clinic):
        RoomMiddleware().before_process_message(dramatiq.get_broker(), message)  # type: ignore[arg-type]
        inside = tenant_in_use()

    assert inside is None


def test_a_job_of_a_tenant_that_is_no_more_runs_nowhere(note: DurableActor, db: None) -> None:
    with use_platform():
        job = later(note)
    options = {"tenant_id": str(uuid4()), "outbox_id": str(job)}
    message = dramatiq.Message(queue_name="default", actor_name=note.actor_name, args=(), kwargs={}, options=options)

    with use_platform(), pytest.raises(TenantAway):
        RoomMiddleware().before_process_message(dramatiq.get_broker(), message)  # type: ignore[arg-type]
    assert SEEN == []
