"""The log: who, what, when and from where; and never again otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from access.models import Member
from audit.models import AuditEntry
from audit.recording import record
from identity.models import User
from jobs.actors import actor
from jobs.outbox import later
from tenancy import TenantRef, use
from tenancy.places import coming_from, this_connection
from tests.jobs import run_due_jobs


def test_an_entry_knows_the_request_it_came_with(api: Any, clinic: TenantRef, rita: User) -> None:
    answer = api(rita).client.post(
        "/api/patients/", {"first_name": "Paul"}, content_type="application/json", headers={"user-agent": "Desk/1.0"}
    )

    with use(clinic):
        entry = AuditEntry.objects.get(action="crm.patient.registered")
    assert answer.status_code == 201
    asked = {"request_id": answer["X-Request-Id"], "ip": "127.0.0.1", "user_agent": "Desk/1.0"}
    assert entry.origin == asked | {"user_id": str(rita.pk)}


def test_looking_at_a_record_is_logged_too(api: Any, clinic: TenantRef, rita: User) -> None:
    patient = api(rita).post("/api/patients/", {"first_name": "Paul"}).json()

    api(rita).get(f"/api/patients/{patient['id']}/")

    with use(clinic):
        assert AuditEntry.objects.get(action="crm.patient.viewed").object_id == patient["id"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditentry SET action = 'x'", "DELETE FROM audit_auditentry", "TRUNCATE audit_auditentry"],
)
def test_the_applications_role_cannot_change_the_log(in_clinic: TenantRef, statement: str) -> None:
    assert AuditEntry.objects.exists()

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_an_entry_keeps_the_name_and_the_role_that_somebody_had_then(api: Any, clinic: TenantRef, rita: User) -> None:
    api(rita).post("/api/patients/", {"first_name": "Paul"})

    with use(clinic):
        entry = AuditEntry.objects.get(action="crm.patient.registered")
    assert (entry.user_id, entry.user_label, entry.role) == (rita.pk, "Rita", "receptionist")


def test_what_a_job_does_names_the_job_and_nobody(in_clinic: TenantRef) -> None:
    job = later(draw_up)
    with coming_from(request_id="the page that asked"):
        assert run_due_jobs() == 1
        assert json.loads(this_connection().origin) == {"request_id": "the page that asked"}

    with use(in_clinic):
        entry = AuditEntry.objects.get(action="test.drawn_up")
    assert entry.origin == {"job": "audit.tests.test_audit.draw_up", "job_id": str(job)}
    assert (entry.user_id, entry.user_label, entry.role) == (None, "", "")


@actor()
def draw_up(**_: Any) -> None:
    record(action="test.drawn_up", of=Member.objects.get(name="Ana"), by=None)
