"""Nothing of one tenant ever reaches another: not a row, not a session, not a token, not a file, not a job."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection, transaction

from filestore.storage import read_file, store_file
from identity.models import User
from jobs.models import OutboxMessage
from jobs.outbox import later
from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from notify.tasks import deliver
from tenancy import TenantRef, use, use_platform
from tenancy.places import NoTenant, TenantChangedInTransaction
from tests.addresses import api_operations


def tenant_models(settings: Any) -> Iterator[Any]:
    for app in apps.get_app_configs():
        if app.name in settings.TENANT_APPS:
            yield from app.get_models(include_auto_created=True)


@pytest.fixture
def someone(clinic: TenantRef, rita: User, now: datetime) -> Patient:
    with use(clinic):
        return register_patient(
            patient=PatientDetails(first_name="Paul"), contact=ContactDetails(first_name="Paul"), by=rita, at=now
        )


def test_every_table_of_a_tenant_refuses_another_tenants_role(
    clinic: TenantRef, other: TenantRef, settings: Any
) -> None:
    """A wrong path, a qualified name or an injection: Postgres itself says no."""
    tables = [model._meta.db_table for model in tenant_models(settings)]
    assert len(tables) > 15
    with use(other), connection.cursor() as cursor:
        for table in tables:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(f'SELECT 1 FROM "{clinic.schema_name}"."{table}"')  # noqa: S608


def test_a_tenants_role_reads_nothing_of_the_platform(clinic: TenantRef, settings: Any) -> None:
    allowed = {"django_content_type", "auth_permission", "jobs_outboxmessage"}
    shared = [
        model._meta.db_table for model in apps.get_models() if model._meta.app_config.name in settings.SHARED_APPS
    ]
    with use(clinic), connection.cursor() as cursor:
        for table in sorted(set(shared) - allowed):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(f'SELECT 1 FROM public."{table}"')  # noqa: S608


def test_the_platforms_role_reads_nothing_of_a_tenant(clinic: TenantRef) -> None:
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with use_platform(), connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(f'SELECT 1 FROM "{clinic.schema_name}".crm_patient')  # noqa: S608


def test_a_row_of_one_tenant_does_not_exist_in_another(someone: Patient, other: TenantRef) -> None:
    with use(other):
        assert not Patient.objects.filter(pk=someone.pk).exists()


def test_ids_of_another_tenant_are_unknown_to_every_endpoint(
    someone: Patient, api: Any, cai: User, other: TenantRef
) -> None:
    stranger = api(cai, other)
    for method, path, _ in api_operations():
        if "{" in path and method == "GET":
            address = "/".join(str(someone.pk) if part.startswith("{") else part for part in path.split("/"))
            assert stranger.get(address).status_code in (403, 404), path


def test_a_tenant_meets_only_its_own_jobs(clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        mine = later(deliver, message_id="x")
    with use(other):
        assert not OutboxMessage.objects.filter(pk=mine).exists()
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            OutboxMessage.objects.create(
                room=clinic.schema_name, actor="x", queue="x", arguments={}, available_at="2031-01-01 00:00Z"
            )


def test_a_file_of_another_tenant_cannot_be_read(clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        stored = store_file(name="x.pdf", content=b"secret", media_type="application/pdf", kind="invoices")
        assert read_file(stored) == b"secret"
    with use(other), pytest.raises(SuspiciousFileOperation):
        default_storage.open(stored.key)
    with use(clinic), pytest.raises(SuspiciousFileOperation):
        default_storage.open(f"t/{clinic.id}/../{other.id}/x")


def test_without_a_tenant_there_are_no_files(db: None) -> None:
    with pytest.raises(NoTenant):
        store_file(name="x", content=b"", media_type="text/plain", kind="x")


@pytest.mark.usefixtures("own_database")
def test_no_transaction_spans_two_rooms() -> None:
    from tests.cast import tenant_called

    clinic, other = tenant_called("clinic"), tenant_called("other")
    with use(clinic), transaction.atomic(), pytest.raises(TenantChangedInTransaction), use(other):
        pass


def test_an_unknown_host_gets_a_plain_404_that_tells_nothing(platform_client: Any) -> None:
    answers = [platform_client.get("/", headers={"host": host}) for host in ("nobody.localhost", "evil.example")]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"Not found\n")}
