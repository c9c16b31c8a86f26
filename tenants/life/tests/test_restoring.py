"""One tenant goes back to its backup under its own name. Nobody else notices, and it can be undone."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from audit.models import AuditEntry
from kernel.errors import DomainError
from modules.crm.models import Client, Note
from tenancy import catalog, use, use_owner, use_platform
from tenants import chaining, keys, migrating
from tenants.life import deleting, erasing, restoring, returning, sealing, swapping
from tenants.life.tests.backups import AT, backup, history_in, rest_of, restore, rooms_of, row_of, spoil, undo
from tenants.life.tests.places import NOTE, Lived, open_another, tables_of, user
from tenants.models import ErasureCertificate, Restoration, TenantState
from tests.cast import tenant_called
from tests.doors import Pages
from tests.releases import release
from tests.structure import structure_of


def platform_rows() -> dict[str, list[str]]:
    moving = (
        "django_session",
        "console_platformentry",
        "tenants_restoration",
        "jobs_",
        "tenants_tenant",
        "chainanchor",
    )
    return {table: rows for table, rows in tables_of("public").items() if not any(word in table for word in moving)}


def test_it_is_as_it_was_and_nobody_else_notices(lived: Lived) -> None:
    tenant, other = lived.tenant, tenant_called("other")
    before, structure = tables_of(tenant.schema_name), structure_of(tenant.schema_name)
    content = backup(tenant)
    spoil(tenant)
    history = history_in(tables_of(tenant.schema_name))
    with use(other):
        Client.objects.create(first_name="Since then")
    theirs, platform = tables_of(other.schema_name), platform_rows()

    done = restore(tenant, content)

    assert rest_of(tables_of(tenant.schema_name)) == rest_of(before)
    assert history_in(tables_of(tenant.schema_name)) == history
    assert history["crm_patient_history"] != []
    assert structure_of(tenant.schema_name) == structure
    assert tables_of(other.schema_name) == theirs
    assert platform_rows() == platform
    assert (row_of(tenant).state, row_of(tenant).subdomain) == (TenantState.ACTIVE, "clinic")
    assert (done.as_of, done.report["files_missing"]) == (AT, [])
    catalog.forget()
    with use(tenant_called("clinic")):
        assert Note.objects.get().plan == NOTE
    page = Pages(tenant_called("clinic"), user("ana@clinic.example")).get("/today/")
    assert page.status_code == 200


def test_it_can_be_undone_until_it_is_confirmed(lived: Lived) -> None:
    tenant = lived.tenant
    content = backup(tenant)
    spoil(tenant)
    spoiled = tables_of(tenant.schema_name)
    restore(tenant, content)
    with pytest.raises(restoring.NotRestorable):
        restore(tenant, content)

    undo(tenant)

    assert rest_of(tables_of(tenant.schema_name)) == rest_of(spoiled)
    chaining.chain_tenant(tenant, at=AT)
    assert chaining.verify_tenant(tenant, at=AT).findings == []
    with use(tenant):
        actions = AuditEntry.objects.filter(action__startswith="tenants.workspace.rest").values_list(
            "action", flat=True
        )
        assert sorted(actions) == ["tenants.workspace.restoration_undone", "tenants.workspace.restored"]
    restore(tenant, content)
    assert restoring.forget_old_rooms(at=AT + timedelta(days=14)) == 0
    assert restoring.forget_old_rooms(at=AT + timedelta(days=14, hours=1)) == 1
    assert rooms_of(tenant) == [tenant.schema_name]
    with pytest.raises(restoring.NothingToUndo):
        undo(tenant)


@pytest.mark.parametrize("step", ["put_in_place", "bring_people", "bring_files"])
def test_one_that_fails_leaves_everything_as_it_was(lived: Lived, step: str, monkeypatch: Any) -> None:
    tenant = lived.tenant
    content = backup(tenant)
    spoil(tenant)
    spoiled = tables_of(tenant.schema_name)
    where = swapping if step == "put_in_place" else returning
    with monkeypatch.context() as failing:
        failing.setattr(where, step, lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restore(tenant, content)

    assert tables_of(tenant.schema_name) == spoiled
    assert (row_of(tenant).state, rooms_of(tenant)) == (TenantState.ACTIVE, [tenant.schema_name])


def test_one_that_died_is_taken_back_by_the_next(lived: Lived, monkeypatch: Any) -> None:
    tenant = lived.tenant
    before = tables_of(tenant.schema_name)
    content = backup(tenant)
    with monkeypatch.context() as dying:
        dying.setattr(restoring, "_undo", lambda *_, **__: None)  # as the power going
        dying.setattr(returning, "bring_files", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restore(tenant, content)
    assert (row_of(tenant).state, len(rooms_of(tenant))) == (TenantState.RESTORING, 2)
    catalog.forget()
    closed = Pages(tenant_called("clinic"), None).get("/")
    assert (closed.status_code, closed["Retry-After"]) == (503, "300")

    restore(tenant, content)

    assert rest_of(tables_of(tenant.schema_name)) == rest_of(before)
    assert (row_of(tenant).state, len(rooms_of(tenant))) == (TenantState.ACTIVE, 2)


def test_what_was_under_way_ends_in_the_room_in_which_it_began(lived: Lived) -> None:
    tenant = lived.tenant
    content = backup(tenant)
    began, waits = threading.Event(), threading.Event()

    def take_long() -> None:
        with use(tenant), transaction.atomic():
            Client.objects.create(first_name="First half")
            began.set()
            waits.wait(20)
            Client.objects.create(first_name="Second half")
        connection.close()

    def watch() -> None:
        with use_owner(tenant.schema_name), connection.cursor() as cursor:
            for _ in range(200):
                cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'")
                if cursor.fetchone():
                    break
                time.sleep(0.05)
        waits.set()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(take_long)
        began.wait(20)
        watching = pool.submit(watch)
        done = restore(tenant, content)
        slow.result(), watching.result()

    halves = Client.objects.filter(first_name__endswith=" half")
    with use(tenant):
        assert halves.count() == 0
    kept = "\n".join(tables_of(done.kept_schema)["crm_client"])
    assert ("First half" in kept, "Second half" in kept) == (True, True)


def test_an_erasure_takes_the_room_that_was_set_aside_with_it(own_database: None) -> None:
    tenant = open_another("harbour", at=AT)
    restore(tenant, backup(tenant))
    assert len(rooms_of(tenant)) == 2
    deleting.schedule_deletion(tenant=row_of(tenant), by=user("oda@atrium.example"), reason="They moved away", at=AT)
    erasing.begin_due(at=AT + timedelta(days=30))
    with use_platform():
        certificate = ErasureCertificate.objects.get()

    erasing.erase(certificate_id=certificate.pk, at=AT + timedelta(days=30))

    assert rooms_of(tenant) == []
    with use_platform():
        assert not Restoration.objects.exists()


def changed(content: bytes, **facts: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            entry = before.read(name)
            after.writestr(name, json.dumps(json.loads(entry) | facts) if name == "manifest.json" else entry)
    return out.getvalue()


WRONG = {
    "archive-broken": lambda content: content[: len(content) // 2],
    "archive-not-readable": lambda content: changed(content, format="atrium-workspace"),
    "archive-newer": lambda content: changed(content, migrations=[["crm", "0999_of_tomorrow"]]),
    "archive-does-not-fit": lambda content: changed(content, keys=["of another"]),
}


def test_what_is_wrong_is_refused_before_anything_is_touched(lived: Lived) -> None:
    tenant, other = lived.tenant, tenant_called("other")
    content = backup(tenant)
    for code, spoilt in WRONG.items():
        with pytest.raises(DomainError) as refused:
            restore(tenant, spoilt(content))
        assert refused.value.code == code
    with pytest.raises(DomainError) as refused:
        restore(other, content)

    assert refused.value.code == "archive-does-not-fit"
    assert (row_of(tenant).state, row_of(other).state) == (TenantState.ACTIVE, TenantState.ACTIVE)


def test_a_backup_from_before_a_new_key_comes_back_until_the_older_one_is_dropped(lived: Lived) -> None:
    tenant = lived.tenant
    content = backup(tenant)
    (name,) = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("manifest.json"))["keys"]
    keys.renew_key(tenant_id=tenant.id, at=AT)
    assert [sealing.seal_rooms(at=AT + timedelta(minutes=minutes)) for minutes in (11, 22)] == [0, 1]

    restore(tenant, changed(content, keys=None, key=name))  # as it was written before there were several keys
    assert list(sealing.retire_keys().values()) == [False]
    assert sealing.seal_rooms(at=AT + timedelta(hours=2)) == 1
    with use(tenant_called("clinic")):
        assert Note.objects.get().plan == NOTE
    restoring.forget_old_rooms(at=AT + timedelta(days=15))
    assert list(sealing.retire_keys().values()) == [True]

    with pytest.raises(DomainError) as refused:
        restore(tenant, content)
    assert refused.value.code == "archive-does-not-fit"
    restore(tenant, backup(tenant))


def test_a_backup_of_an_older_release_is_migrated(lived: Lived, settings: Any, tmp_path: Any) -> None:
    tenant = lived.tenant
    body = 'operations = [AddField("storedfile", "colour", models.TextField(default="", db_default=""))]'
    older = backup(tenant)
    with release(settings, tmp_path, a0100_colour=body):
        migrating.migrate_tenants(workers=1)
        structure = structure_of(tenant.schema_name)

        restore(tenant, older)

        assert structure_of(tenant.schema_name) == structure
        assert row_of(tenant).standing == TenantState.ACTIVE
        newer = backup(tenant)
        undo(tenant)
    with pytest.raises(DomainError) as refused:
        restore(tenant, newer)
    assert refused.value.code == "archive-newer"


def test_the_commands_say_what_they_did_and_what_they_cannot(lived: Lived, tmp_path: Any, capsys: Any) -> None:
    file = tmp_path / "clinic.backup"
    call_command("back_up_tenant", "clinic", to=file)
    by = {"by": "oda@atrium.example"}

    call_command("restore_tenant", "clinic", file=file, reason="A bad import", **by)
    assert "undo until" in capsys.readouterr().out
    call_command("restore_tenant", "clinic", undo=True, reason="Wrong day", **by)
    call_command("restore_tenant", "clinic", file=file, reason="Again", **by)
    call_command("restore_tenant", "clinic", confirm=True, **by)

    assert "confirmed" in capsys.readouterr().out
    for wrong in (
        ("restore_tenant", "clinic", {"undo": True, "reason": "x", **by}),
        ("restore_tenant", "clinic", {"file": file, **by}),
        ("restore_tenant", "clinic", {"file": file, "reason": "x", "by": "ana@clinic.example"}),
        ("restore_tenant", "nobody", {"file": file, "reason": "x", **by}),
        ("back_up_tenant", "clinic", {"to": file}),
        ("back_up_tenant", "clinic", {"to": tmp_path / "other", "as_of": "yesterday"}),
    ):
        with pytest.raises(CommandError):
            call_command(wrong[0], wrong[1], **wrong[2])
