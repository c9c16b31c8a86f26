"""The log: who, what, when and from where; and never again otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from audit.models import AuditEntry
from identity.models import User
from tenancy import TenantRef, use


def test_an_entry_knows_the_request_it_came_with(api: Any, clinic: TenantRef, rita: User) -> None:
    answer = api(rita).client.post(
        "/api/patients/", {"first_name": "Paul"}, content_type="application/json", headers={"user-agent": "Desk/1.0"}
    )

    with use(clinic):
        entry = AuditEntry.objects.get(action="crm.patient.registered")
    assert answer.status_code == 201
    assert entry.origin == {"request_id": answer["X-Request-Id"], "ip": "127.0.0.1", "user_agent": "Desk/1.0"}


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
