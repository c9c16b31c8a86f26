"""A backup, and the way back to it, as tests ask for them."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from django.db import connection

from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from tenancy import TenantRef, use, use_owner, use_platform
from tenancy.grants import HISTORY
from tenants.life import restoring
from tenants.life.backing_up import write_backup
from tenants.life.tests.places import user
from tenants.models import Restoration, Tenant

AT = datetime.fromisoformat("2031-03-04T09:00:00+00:00")
# What goes on over a restoration, and is therefore not as it was at the backup.
LASTING = {
    "audit_auditentry", "audit_auditlink", "audit_auditredaction", "audit_auditwaiting", "access_member",
    "access_rolechange", "crm_erasure", "crm_retention", "notify_message", "life_export", "billing_numberseries",
    "crm_patientgrant",
}  # fmt: skip


def row_of(tenant: TenantRef) -> Tenant:
    with use_platform():
        return Tenant.objects.with_rooms().get(pk=tenant.id)


def backup(tenant: TenantRef) -> bytes:
    out = io.BytesIO()
    write_backup(to=out, tenant=row_of(tenant), at=AT, as_of=None)
    return out.getvalue()


def restore(tenant: TenantRef, content: bytes) -> Restoration:
    oda = user("oda@atrium.example")
    return restoring.restore_tenant(
        tenant=row_of(tenant), file=io.BytesIO(content), by=oda, reason="A bad import", at=AT + timedelta(hours=1)
    )


def undo(tenant: TenantRef) -> None:
    oda = user("oda@atrium.example")
    restoring.undo_restoration(tenant=row_of(tenant), by=oda, reason="Wrong day", at=AT + timedelta(hours=2))


def rest_of(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    return {table: lines for table, lines in rows.items() if table not in LASTING and not table.endswith(HISTORY)}


def history_in(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    return {table: lines for table, lines in rows.items() if table.endswith(HISTORY)}


def spoil(tenant: TenantRef) -> None:
    """Have the kind of accident that a backup is for."""
    with use(tenant):
        Patient.objects.update(first_name="Nobody")
        register_patient(
            patient=PatientDetails(first_name="Newcomer"),
            contact=ContactDetails(first_name="New"),
            by=user("bo@clinic.example"),
            at=AT,
        )


def rooms_of(tenant: TenantRef) -> list[str]:
    with use_owner(tenant.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [tenant.schema_name])
        return [name for (name,) in cursor.fetchall()]
