"""Nothing of one tenant ever reaches another: not a row, not a session, not a token, not a file, not a job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as deployment
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection, transaction

from filestore.storage import read_file, store_file
from identity.models import User
from jobs.models import OutboxMessage
from jobs.outbox import later
from modules.crm.models import (
    Patient,
)
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from notify.tasks import deliver
from tenancy import TenantRef, everywhere, use, use_platform
from tenancy.databases import is_split
from tenancy.places import NoTenant, TenantChangedInTransaction
from tests.addresses import api_operations, page_patterns
from tests.lived_in import lived_in

REFUSED = "permission denied|does not exist" if is_split() else "permission denied"


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
    models = [model for model in apps.get_models() if model._meta.app_config.name in settings.SHARED_APPS]
    shared = [model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy]
    with use(clinic), connection.cursor() as cursor:
        for table in sorted(set(shared) - allowed):
            with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
                cursor.execute(f'SELECT 1 FROM public."{table}"')  # noqa: S608


def test_the_platforms_role_reads_nothing_of_a_tenant(clinic: TenantRef) -> None:
    for into in everywhere():
        refused = pytest.raises(ProgrammingError, match=REFUSED)
        with into(), connection.cursor() as cursor, refused, transaction.atomic():
            cursor.execute(f'SELECT 1 FROM "{clinic.schema_name}".crm_patient')  # noqa: S608


def test_a_row_of_one_tenant_does_not_exist_in_another(someone: Patient, other: TenantRef) -> None:
    with use(other):
        assert not Patient.objects.filter(pk=someone.pk).exists()


NAMED = re.compile(r"<(?:uuid|slug):(\w+)>|\{(\w+)\}")


def pages_about_one_thing(tenant: TenantRef) -> list[tuple[str, str]]:
    """Return (pattern, address) of every such page, with the id of a thing of this tenant; a report has only a name."""
    named = [pattern for pattern, _ in page_patterns() if NAMED.search(pattern)]
    patterns = [pattern for pattern in named if "<str:" not in pattern and "<slug:name>" not in pattern]
    return [(pattern, _addressed(tenant, pattern)) for pattern in patterns]


def _addressed(tenant: TenantRef, pattern: str) -> str:
    return NAMED.sub(lambda found: _some_id(tenant, found[1] or found[2]), pattern)


OTHERWISE_NAMED = {
    "thing": "service",
    "rule": "depositrule",
    "episode": "episodeofcare",
    "kind": "consentkind",
    "purchase": "packagepurchase",
    "group": "groupsession",
    "domain": "customdomain",
    "plan": "treatmentplan",
    "feed": "calendarfeed",
    "calendar": "externalcalendar",
    "template": "notetemplate",
    "version": "documentversion",
    "flag_kind": "flagkind",
    "measure_kind": "measurekind",
    "code_list": "codelist",
    "code_system": "codesystem",
    "search": "savedsearch",
    "import": "peopleimport",
    "row": "importedrow",
    "identity_document": "identitydocument",
    "contact_point": "contactpoint",
    "sheet": "exercisesheet",
    "exercise_version": "exerciseversion",
    "form_version": "questionnaireversion",
    "asked": "askedform",
    "pair": "duplicatepair",
    "material": "usedmaterial",
    "treatment_code": "treatmentcode",
    "e_invoice": "einvoice",
    "copy": "owncopy",
    "bank_statement": "bankstatement",
    "bank_table": "banktable",
    "bank_line": "bankline",
    "reason": "discountreason",
    "tax_rate": "taxrate",
    "till_session": "tillsession",
}
NO_IDS = {
    "day": "2031-03-04",
    "kind": "service",
    "role": "practitioner",
    "permission": "crm.view_patient",
    "secret": "guessed",
}


def _some_id(tenant: TenantRef, name: str) -> str:
    if name in NO_IDS:
        return NO_IDS[name]
    bare = name.removesuffix("_id")
    model = OTHERWISE_NAMED.get(bare, bare)
    owner = next(each for each in apps.get_models() if each._meta.model_name == model)
    is_platforms = owner._meta.app_config.name in deployment.SHARED_APPS
    with use_platform() if is_platforms else use(tenant):
        return str(owner._default_manager.values_list("pk", flat=True).first())


def test_ids_of_another_tenant_are_unknown_to_every_endpoint(
    someone: Patient, api: Any, ana: User, cai: User, clinic: TenantRef, other: TenantRef, now: datetime
) -> None:
    lived_in(clinic, someone, by=ana, at=now)
    stranger = api(cai, other)

    about_one_thing = [(method, path) for method, path, _ in api_operations() if "{" in path]
    assert len(about_one_thing) > 15
    known = {
        f"{method} {path}": status
        for method, path in about_one_thing
        if (status := _ask(stranger, method, _addressed(clinic, path))) not in (403, 404, 422)
    }
    assert known == {}


def _ask(door: Any, method: str, path: str) -> int:
    return int(door.client.generic(method, path, b"{}", content_type="application/json").status_code)


def test_ids_of_another_tenant_are_unknown_to_every_page(
    someone: Patient, pages: Any, ana: User, cai: User, clinic: TenantRef, other: TenantRef, now: datetime
) -> None:
    lived_in(clinic, someone, by=ana, at=now)
    stranger = pages(cai, other)

    pairs = pages_about_one_thing(clinic)
    assert len(pairs) > 30
    known = {
        f"{method} {pattern}": status
        for pattern, address in pairs
        for method, knock in (("GET", stranger.get), ("POST", stranger.post))
        if (status := knock(address).status_code) not in (403, 404, 405)
    }
    assert known == {}


def test_its_owner_finds_what_a_stranger_does_not(
    someone: Patient, pages: Any, ana: User, clinic: TenantRef, now: datetime
) -> None:
    """Otherwise the test above could pass with addresses that lead nowhere."""
    lived_in(clinic, someone, by=ana, at=now)
    owner = pages(ana)

    answers = {pattern: owner.get(address).status_code for pattern, address in pages_about_one_thing(clinic)}

    found = [pattern for pattern, status in answers.items() if status in (200, 302, 405)]
    assert len(found) > 20


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
