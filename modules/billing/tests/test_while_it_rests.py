"""What waits while a workspace is closed, and what becomes of it: suspended, on its way out, or being put back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import dramatiq
import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from identity.models import User
from jobs import relay, schedules
from jobs.middleware import RoomMiddleware
from jobs.models import DueSchedule, OutboxMessage
from jobs.registry import import_actors
from modules.billing.models import Invoice
from modules.billing.tests.conftest import PAID_ONCE, Stripe, post_event, stands
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from notify.models import Message, MessageState
from tenancy import TenantRef, catalog, use, use_platform
from tenancy.places import this_connection
from tenants.life import deleting
from tenants.models import Tenant, TenantState
from tenants.standing import resume_tenant, suspend_tenant
from tests.doors import session_key
from webhooks.models import StripeEvent

Rests = tuple[Callable[[], None], Callable[[], None]]


def row_of(tenant: TenantRef) -> Tenant:
    with use_platform():
        return Tenant.objects.with_rooms().get(pk=tenant.id)


@pytest.fixture(params=["suspended", "deleting", "restoring"])
def rests(request: Any, clinic: TenantRef, oda: User, now: datetime) -> Rests:
    """How a workspace is closed, and how it is opened again."""

    def put(state: str) -> None:
        with use_platform():
            Tenant.objects.filter(pk=clinic.id).update(state=state)

    def leave() -> None:
        deleting.schedule_deletion(tenant=row_of(clinic), by=oda, reason="They move", at=now)

    ways: dict[str, Rests] = {
        "suspended": (
            lambda: suspend_tenant(tenant=row_of(clinic), by=oda, reason="Not paid", at=now),
            lambda: resume_tenant(tenant=row_of(clinic), by=oda, at=now),
        ),
        "deleting": (
            leave,
            lambda: deleting.cancel_deletion(tenant=row_of(clinic), by=oda, at=now),
        ),
        "restoring": (lambda: put(TenantState.RESTORING), lambda: put(TenantState.ACTIVE)),
    }
    close, open_again = ways[request.param]
    return _and_known(close), _and_known(open_again)


def _and_known(act: Callable[[], None]) -> Callable[[], None]:
    def told() -> None:
        with use_platform():
            act()
        catalog.forget()  # what the announcement after the commit does

    return told


def workers_work() -> int:
    """Do what the relay and the workers do, as they do it. Return how many jobs of tenants were done."""
    import_actors()
    done = 0
    with use_platform():
        while claimed := relay.claim():
            for job in claimed:
                done += _run(job)
    return done


def _run(job: relay.Claimed) -> bool:
    broker, options = dramatiq.get_broker(), {"outbox_id": str(job.id)}
    options |= {"tenant_id": str(job.tenant_id)} if job.tenant_id else {}
    RoomMiddleware().before_process_message(
        broker,
        dramatiq.Message(job.queue, job.actor, (), job.arguments, options),  # type: ignore[arg-type]
    )
    try:
        broker.get_actor(job.actor).run_durably(job.id, job.arguments)  # type: ignore[attr-defined]
    finally:
        this_connection().set_schema_to_public()
    return job.tenant_id is not None


def everything_is_due(tenant: TenantRef) -> None:
    with use(tenant):
        OutboxMessage.objects.filter(tenant_id=tenant.id).update(available_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_what_stripe_tells_is_kept_and_the_payment_is_there_afterwards(
    rests: Rests, stripe: Stripe, address: str, issued: Invoice, clinic: TenantRef
) -> None:
    close, open_again = rests
    workers_work()
    close()
    stripe.pay(address)
    (event,) = stripe.events("checkout.session.completed")

    answers = [post_event(event).json() for _ in range(3)]

    assert answers == [{"received": True, "is_new": True}, *[{"received": True, "is_new": False}] * 2]
    with use_platform():
        assert StripeEvent.objects.get(pk=event["id"]).tenant_id == clinic.id
    assert workers_work() == 0
    with use(clinic):
        assert stands(issued)[2] == 0
    open_again()
    assert workers_work() > 0
    with use(clinic):
        assert stands(issued) == PAID_ONCE
    assert workers_work() == 0


@pytest.fixture
def reminded(in_clinic: TenantRef, patient: Any, rita: User, bo: User, soon: datetime) -> str:
    """A visit whose reminder is due. Returns the cause of the reminder."""
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=patient.pk,
        practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
        starts_at=soon,
    )
    visit = book_appointment(wish=wish, by=rita, at=soon - timedelta(days=9))
    Message.objects.exclude(cause__startswith="scheduling.reminder").update(state=MessageState.DROPPED)
    return f"scheduling.reminder:{visit.pk}:{visit.version}"


@pytest.mark.parametrize(
    ("before", "sent"),
    [(timedelta(days=1), ["Tomorrow"]), (timedelta(hours=2), ["Reminder"]), (timedelta(hours=-2), [])],
    ids=["the day before", "on the day", "too late"],
)
def test_reminders_wait_and_those_of_visits_that_are_over_are_dropped(
    rests: Rests, reminded: str, clinic: TenantRef, soon: datetime, before: timedelta, sent: list[str], monkeypatch: Any
) -> None:
    close, open_again = rests
    close()
    everything_is_due(clinic)
    assert (workers_work(), len(mail.outbox) - about_the_workspace()) == (0, 0)

    open_again()
    monkeypatch.setattr("modules.scheduling.messages.timezone", SimpleNamespace(now=lambda: soon - before))
    workers_work()
    workers_work()

    told = [each.subject.partition(":")[0] for each in mail.outbox if "visit" in each.subject]
    assert told == sent
    with use(clinic):
        assert Message.objects.get(cause=reminded).state == (MessageState.SENT if sent else MessageState.DROPPED)


def about_the_workspace() -> int:
    return len([each for each in mail.outbox if "deleted" in each.subject])


def test_regular_jobs_are_not_asked_for_meanwhile_and_asked_for_once_afterwards(
    rests: Rests, clinic: TenantRef, db: None
) -> None:
    close, open_again = rests
    with use_platform():
        schedules.enrol()
    close()
    with use_platform():
        theirs = DueSchedule.objects.filter(tenant_id=clinic.id)
        theirs.update(next_run_at=datetime(2020, 1, 1, tzinfo=UTC))
        for _ in range(3):
            schedules.tick()
        asked_for = OutboxMessage.objects.filter(tenant_id=clinic.id, actor__in=theirs.values("actor"))
        assert asked_for.count() == 0

    open_again()

    with use_platform():
        for _ in range(3):
            schedules.tick()
        assert asked_for.count() == theirs.count() > 0


def test_its_pages_stay_closed_to_whoever_is_signed_in(rests: Rests, clinic: TenantRef, rita: User) -> None:
    close, open_again = rests
    browser = Client(headers={"host": f"clinic.{settings.PLATFORM_HOST}"})
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key(rita, clinic)

    close()
    closed = browser.get("/today/").status_code
    open_again()

    assert (closed, browser.get("/today/").status_code) == (503, 200)
