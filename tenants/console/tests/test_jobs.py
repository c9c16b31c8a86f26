"""Jobs of all tenants in the console: what was given up is retried or set aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import User
from jobs import relay
from jobs.models import OutboxMessage
from tenancy import TenantRef, use_cell, use_platform
from tenants.console.models import PlatformEntry

OUTLINE = "OperationalError\n/srv/modules/billing/services/gateway.py:41 charge"


@pytest.fixture
def jobs(clinic: TenantRef, shop: TenantRef) -> dict[str, OutboxMessage]:
    """One that waits, one that was given up, and an event's handler that was given up, of another tenant."""
    at = timezone.now()
    dead: dict[str, Any] = {"attempts": 8, "dead_at": at, "error": OUTLINE}
    return {
        "waiting": _job(clinic, actor="modules.billing.tasks.reconcile", available_at=at - timedelta(hours=1)),
        "dead": _job(clinic, actor="modules.billing.tasks.mark_overdue", available_at=at, **dead),
        "event": _job(
            shop,
            actor="jobs.handling.handle",
            arguments={"handler": "modules.crm.handlers.greet", "payload": {"name": "Zebulon"}},
            available_at=at,
            **dead,
        ),
    }


def _job(tenant: TenantRef, **fields: Any) -> OutboxMessage:
    with use_cell():
        return OutboxMessage.objects.create(
            **{"tenant_id": tenant.id, "room": tenant.schema_name, "queue": "default", "arguments": {}} | fields
        )


def shown(console: Client, query: str = "") -> list[str]:
    return sorted(line.name for line in console.get(f"/operators/jobs/{query}").context["lines"])


@pytest.mark.usefixtures("jobs")
def test_what_was_given_up_and_what_waits_is_listed_by_what_it_runs(console: Client, shop: TenantRef) -> None:
    assert shown(console) == ["modules.billing.tasks.mark_overdue", "modules.crm.handlers.greet"]
    assert shown(console, "?state=waiting") == ["modules.billing.tasks.reconcile"]
    assert shown(console, f"?tenant={shop.id}") == ["modules.crm.handlers.greet"]
    assert shown(console, "?runs=billing") == ["modules.billing.tasks.mark_overdue"]
    assert shown(console, "?tenant=mars&runs=nothing") == []


@pytest.mark.usefixtures("jobs")
def test_the_outline_of_the_error_is_shown_and_nobodys_data(console: Client, clinic: TenantRef) -> None:
    for path in ("/operators/jobs/", f"/operators/tenants/{clinic.id}/"):
        page = console.get(path).content.decode()
        assert "OperationalError" in page
        assert "gateway.py:41 charge" in page
        assert "Zebulon" not in page


def test_a_retried_job_runs_again_with_all_its_tries(console: Client, jobs: Any, clinic: TenantRef) -> None:
    answer = console.post("/operators/jobs/retry/", {"job": jobs["dead"].pk, "tenant": clinic.id})

    assert answer["Location"] == f"/operators/tenants/{clinic.id}/"
    with use_cell():
        job = OutboxMessage.objects.get(pk=jobs["dead"].pk)
        assert (job.attempts, job.dead_at) == (0, None)
        assert job.pk in [claimed.id for claimed in relay.claim()]
    with use_platform():
        entry = PlatformEntry.objects.get()
    assert (entry.action, entry.tenant_id, entry.who) == ("job.retried", clinic.id, "Oda")


def test_what_is_set_aside_is_off_the_list_and_never_runs(console: Client, jobs: Any, clinic: TenantRef) -> None:
    console.post("/operators/jobs/set-aside/", {"job": jobs["dead"].pk})

    assert shown(console) == ["modules.crm.handlers.greet"]
    with use_cell():
        assert jobs["dead"].pk not in [claimed.id for claimed in relay.claim()]
        assert OutboxMessage.objects.get(pk=jobs["dead"].pk).error == OUTLINE


def test_what_waits_or_was_settled_by_a_colleague_is_left_alone(console: Client, jobs: Any, oda: User) -> None:
    console.post("/operators/jobs/set-aside/", {"job": jobs["dead"].pk})

    for job in ("waiting", "dead"):
        assert console.post("/operators/jobs/retry/", {"job": jobs[job].pk}).status_code == 409
    assert console.post("/operators/jobs/retry/", {"job": "mars"}).status_code == 409
