"""An export becomes a tenant with the same data, or nothing at all."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection

from audit import chain
from audit.models import AuditEntry
from filestore.models import StoredFile
from filestore.storage import read_file
from history import former_states
from kernel.errors import DomainError
from modules.crm.models import Note
from privacy.sealing import PREFIX
from tenancy import TenantRef, catalog, use, use_platform
from tenants.life import importing
from tenants.life.archive import Counting
from tenants.life.exporting import make_export, request_export
from tenants.life.importing import import_tenant
from tenants.life.models import Export
from tenants.life.snapshot import snapshot_of
from tenants.life.tables import exported_tables
from tenants.life.tests.places import NOTE, Lived, files_below, live_in, tables_of, user
from tenants.models import Membership, Tenant, TenantState
from tests.cast import tenant_called
from tests.database import copied_database

AT = datetime.fromisoformat("2031-03-04T09:00:00+00:00")


@pytest.fixture(scope="module")
def exported(worker_id: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Lived, bytes]]:
    """A practice and its export, in a database of these tests' own."""
    with django_db_blocker.unblock(), copied_database(f"imports_{worker_id}"):
        catalog.forget()
        lived = live_in(tenant_called("clinic"), at=AT - timedelta(days=1))
        with use(lived.tenant):
            chain.chain_up()
            export = request_export(tenant=lived.tenant, by=user("ana@clinic.example"), at=AT)
            make_export(export_id=export.pk, tenant=lived.tenant, at=AT)
            with default_storage.open(Export.objects.get(pk=export.pk).key) as file:
                yield lived, file.read()


def imported(content: bytes, *, name: str) -> TenantRef:
    sam = user("sam@shop.example")
    import_tenant(file=io.BytesIO(content), subdomain=name, owner=sam, at=AT)
    return tenant_called(name)


def rows(tenant: TenantRef) -> dict[str, list[str]]:
    """Return every row that is exported, open, and with the ids of the tenant taken out."""
    with use(tenant), snapshot_of(tenant) as snapshot:
        return {
            table.name: [line.replace(str(tenant.id), "TENANT") for line in snapshot.as_json(table)]
            for table in exported_tables()
        }


def changed(content: bytes, **entries: Any) -> bytes:
    """Return the archive with some entries put otherwise, and a manifest that says so where it is not one of them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            change = entries.get(name.rpartition("/")[2].replace(".", "_"))
            after.writestr(name, change(before.read(name)) if change else before.read(name))
    return out.getvalue()


def with_manifest(content: bytes, **facts: Any) -> bytes:
    return changed(content, manifest_json=lambda before: json.dumps(json.loads(before) | facts).encode())


def test_an_export_becomes_a_tenant_with_the_same_rows_and_files(exported: tuple[Lived, bytes]) -> None:
    lived, content = exported

    copy = imported(content, name="harbour")

    ours = rows(copy)
    added_since = {"access_member": 1, "audit_auditentry": 1, "audit_auditwaiting": 1}  # its new owner; that it came
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for table in exported_tables():
            lines = archive.read(f"tables/{table.name}.jsonl").decode().splitlines()
            theirs = lines if table.verbatim else [line.replace(str(lived.tenant.id), "TENANT") for line in lines]
            assert set(theirs) <= set(ours[table.name]), table.name
            assert len(ours[table.name]) - len(theirs) == added_since.get(table.name, 0), table.name
    assert sum(map(len, ours.values())) > 50
    with use(lived.tenant):
        document = read_file(StoredFile.objects.get())
    with use(copy):
        assert read_file(StoredFile.objects.get()) == document
        assert Note.objects.get().plan == NOTE
        assert [each.plan for each in former_states(Note.objects.get())] == [NOTE]  # before it was signed
    sealed = next(row for row in tables_of(copy.schema_name)["crm_note"])
    assert (PREFIX in sealed, NOTE in sealed) == (True, False)


def test_its_log_goes_on_where_it_ended_and_its_rules_hold(exported: tuple[Lived, bytes]) -> None:
    copy = imported(exported[1], name="quay")

    with use(copy):
        assert AuditEntry.objects.get(action="tenants.workspace.imported").user_label == "Sam"
        chain.chain_up()
        verdict = chain.verify()
        assert (verdict.findings, verdict.links > 5) == ([], True)
        for statement in ("UPDATE audit_auditentry SET action = 'x'", "UPDATE crm_note SET plan = ''"):
            with pytest.raises(ProgrammingError), connection.cursor() as cursor:
                cursor.execute(statement)


def test_who_worked_there_works_here_and_the_new_owner_owns_it(exported: tuple[Lived, bytes]) -> None:
    copy = imported(exported[1], name="pier")

    with use_platform():
        row = Tenant.objects.get(pk=copy.id)
        people = Membership.objects.filter(tenant=row).values_list("user__email", flat=True)
        assert (row.state, row.name, row.owner.email) == (TenantState.ACTIVE, "Northside Physio", "sam@shop.example")
        assert sorted(people) == ["ana@clinic.example", "sam@shop.example"]
        assert row.key.wrapped != exported[0].tenant.sealed_key


def test_people_of_another_platform_are_found_by_their_address(exported: tuple[Lived, bytes]) -> None:
    lived, content = exported
    ana, there = str(user("ana@clinic.example").pk), "01900000-0000-7000-8000-00000000abcd"
    staff = [{"user_id": there, "email": "ANA@clinic.example", "name": "Ana"}]

    def elsewhere(before: bytes) -> bytes:
        return before.replace(ana.encode(), there.encode())

    archive = zipfile.ZipFile(io.BytesIO(content))
    members = elsewhere(archive.read("tables/access_member.jsonl"))
    counting = Counting(io.BytesIO())
    counting.write(members)
    entries = json.loads(archive.read("manifest.json"))["entries"]
    entries["tables/access_member.jsonl"] = counting.entry()._asdict()
    moved = changed(content, access_member_jsonl=elsewhere)

    copy = imported(with_manifest(moved, staff=staff, entries=entries), name="mole")

    assert [row for row in rows(copy)["access_member"] if there in row] == []
    assert len([row for row in rows(copy)["access_member"] if ana in row]) == len(
        [row for row in rows(lived.tenant)["access_member"] if ana in row]
    )


BROKEN = {
    "archive-broken": lambda content: content[: len(content) // 2],
    "archive-broken ": lambda content: changed(content, crm_note_jsonl=lambda before: before.replace(b"gin", b"tea")),
    "archive-broken  ": lambda content: b"not a zip",
    "archive-not-readable": lambda content: with_manifest(content, version=2),
    "archive-not-readable ": lambda content: with_manifest(content, format="something-else"),
    "archive-newer": lambda content: with_manifest(content, migrations=[["crm", "0999_of_tomorrow"]]),
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_is_wrong_is_refused_with_a_sentence_and_leaves_nothing(exported: tuple[Lived, bytes], code: str) -> None:
    with use_platform():
        before = sorted(Tenant.objects.values_list("pk", flat=True))

    with pytest.raises(DomainError) as refused:
        imported(BROKEN[code](exported[1]), name="reef")

    assert (refused.value.code, str(refused.value)[-1]) == (code.strip(), ".")
    with use_platform():
        assert sorted(Tenant.objects.values_list("pk", flat=True)) == before


def test_one_that_died_is_taken_back_by_the_next(exported: tuple[Lived, bytes], monkeypatch: Any) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(importing, "_take_back", lambda row: None)  # as the power going
        dying.setattr(importing, "_bring_files", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            imported(exported[1], name="dune")
    with use_platform():
        half = Tenant.objects.get(state=TenantState.IMPORTING)

    whole = imported(exported[1], name="dune")

    with use_platform():
        assert not Tenant.objects.filter(pk=half.pk).exists()
    assert len(files_below(whole)) == 1


def test_the_commands_say_what_they_did_and_what_they_cannot(
    exported: tuple[Lived, bytes], tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "export.zip"
    with use_platform():
        call_command("export_tenant", "clinic", to=file)
        assert hashlib.sha256(file.read_bytes()).hexdigest() in capsys.readouterr().out
        for wrong in (("clinic", file), ("nobody", tmp_path / "other.zip")):
            with pytest.raises(CommandError):
                call_command("export_tenant", wrong[0], to=wrong[1])

        call_command("import_tenant", str(file), subdomain="cove", owner="sam@shop.example")
        assert "imported to cove.localhost" in capsys.readouterr().out
        for no in ({"subdomain": "cove"}, {"owner": "nobody@shop.example"}):
            with pytest.raises(CommandError):
                call_command("import_tenant", str(file), **{"subdomain": "cliff", "owner": "sam@shop.example"} | no)
