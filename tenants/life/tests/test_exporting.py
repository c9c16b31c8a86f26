"""An export holds everything that is the tenant's, as of one moment, and nothing that opens a door."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from audit.models import AuditEntry
from filestore.models import StoredFile
from filestore.storage import prefix_of, read_file
from jobs.inline import run_due_jobs
from modules.crm.models import Patient
from notify.models import Message, MessageState
from privacy.sealing import PREFIX
from tenancy import TenantRef, catalog, use
from tenants.life import exporting
from tenants.life.archive import ArchiveReader
from tenants.life.exporting import BusyElsewhere, ExportUnderWay, make_export, request_export
from tenants.life.models import Export, ExportState
from tenants.life.snapshot import snapshot_of
from tenants.life.tables import exported_tables, tenant_models
from tenants.life.tests.places import ALERT, FORMULA, NOTE, Lived, files_below, live_in, tables_of, user
from tests.cast import tenant_called
from tests.database import copied_database


@pytest.fixture(scope="module")
def lived_in(worker_id: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[Lived]:
    """One practice for all of these tests, in a database of their own: to make one takes longer than any of them."""
    with django_db_blocker.unblock(), copied_database(f"exports_{worker_id}"):
        catalog.forget()
        yield live_in(tenant_called("clinic"), at=AT - timedelta(days=1))


@pytest.fixture
def lived(lived_in: Lived) -> Lived:
    with use(lived_in.tenant):
        default_storage.shelf.clear(f"{prefix_of(lived_in.tenant.id)}exports/")  # type: ignore[attr-defined]
        Export.objects.all().delete()
        Patient.objects.update(first_name="Paula")
    return lived_in


AT = datetime.fromisoformat("2031-03-04T09:00:00+00:00")


def asked_for(tenant: TenantRef) -> Export:
    return request_export(tenant=tenant, by=user("ana@clinic.example"), at=AT)


def made(tenant: TenantRef) -> Export:
    export = asked_for(tenant)
    with use(tenant):
        make_export(export_id=export.pk, tenant=tenant, at=AT)
        return Export.objects.get(pk=export.pk)


def opened(tenant: TenantRef, export: Export) -> zipfile.ZipFile:
    with use(tenant), default_storage.open(export.key) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def rows(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").decode().splitlines()]


def test_everything_of_the_tenant_is_in_it(lived: Lived) -> None:
    export = made(lived.tenant)
    archive = opened(lived.tenant, export)
    manifest = json.loads(archive.read("manifest.json"))

    assert (export.state, export.percent, export.expires_at) == (ExportState.READY, 100, AT + timedelta(days=3))
    in_database = tables_of(lived.tenant.schema_name)
    left_out = {
        "crm_importedrow",
        "crm_peopleimport",
        "django_migrations",
        "httpapi_keptanswer",
        "life_export",
        "scheduling_externalbusy",
        "scheduling_pushedvisit",
        "scheduling_syncedentry",
        "scheduling_visitlink",
    }
    counted = {table["name"]: table["rows"] for table in manifest["tables"]}
    expected = {name: len(kept) for name, kept in in_database.items() if name not in left_out}
    expected["notify_message"] -= 1  # the mail that it is ready
    assert counted == expected
    assert [flag["text"] for flag in rows(archive, "crm_flag")] == [ALERT]
    assert [note["plan"] for note in rows(archive, "crm_note")] == [NOTE]
    (file,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(file).startswith(b"%PDF")
    assert manifest["missing_files"] == []
    assert {person["email"] for person in manifest["staff"]} == {"ana@clinic.example"}
    assert manifest["tenant"]["names"] == ["clinic"]
    assert archive.read("README.md").decode().startswith("# An export of a workspace")


def test_its_manifest_vouches_for_every_other_entry(lived: Lived) -> None:
    export = made(lived.tenant)
    archive = opened(lived.tenant, export)
    listed = json.loads(archive.read("manifest.json"))["entries"]

    assert set(listed) == set(archive.namelist()) - {"manifest.json"}
    for name, entry in listed.items():
        content = archive.read(name)
        assert entry == {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    with use(lived.tenant), default_storage.open(export.key) as file:
        content = file.read()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (export.size, export.digest)
        ArchiveReader(io.BytesIO(content)).check()


def test_no_secret_is_in_it(lived: Lived) -> None:
    with use(lived.tenant), connection.cursor() as cursor:
        cursor.execute("SELECT invitation_digest FROM access_member WHERE invitation_digest <> ''")
        ((digest,),) = cursor.fetchall()

    archive = opened(lived.tenant, made(lived.tenant))

    everything = b"".join(archive.read(name) for name in archive.namelist() if not name.startswith("files/"))
    for secret in (digest, PREFIX, lived.tenant.sealed_key):
        assert secret.encode() not in everything
    assert {member["invitation_digest"] for member in rows(archive, "access_member")} == {""}


def test_a_spreadsheet_gets_the_same_and_no_formula(lived: Lived) -> None:
    archive = opened(lived.tenant, made(lived.tenant))

    for table in exported_tables():
        (heading, *cells) = csv.reader(io.StringIO(archive.read(f"tables/{table.name}.csv").decode()))
        assert tuple(heading) == table.columns
        assert len(cells) == len(rows(archive, table.name))
        assert [cell for row in cells for cell in row if re.match(r"[=+@\t]", cell)] == []
    (patient,) = csv.DictReader(io.StringIO(archive.read("tables/crm_patient.csv").decode()))
    (flag,) = csv.DictReader(io.StringIO(archive.read("tables/crm_flag.csv").decode()))
    assert (patient["last_name"], flag["text"]) == (f"'{FORMULA}", ALERT)
    assert [row["last_name"] for row in rows(archive, "crm_patient")] == [FORMULA]


def test_it_shows_one_moment_whatever_happens_meanwhile(lived: Lived) -> None:
    with use(lived.tenant), snapshot_of(lived.tenant) as snapshot:
        patients, notes = (next(t for t in exported_tables() if t.name == name) for name in ("crm_patient", "crm_note"))
        assert snapshot.count(patients) == 1
        with connection.cursor() as cursor:
            cursor.execute("UPDATE crm_patient SET first_name = 'Later'")

        assert [json.loads(line)["first_name"] for line in snapshot.as_json(patients)] == ["Paula"]
        assert [json.loads(line)["plan"] for line in snapshot.as_json(notes)] == [NOTE]
    with use(lived.tenant):
        assert Patient.objects.get().first_name == "Later"


def test_one_that_died_half_way_is_made_again_and_what_it_wrote_is_gone(lived: Lived, monkeypatch: Any) -> None:
    export = asked_for(lived.tenant)
    written = exporting._write_table

    def dies(archive: Any, snapshot: Any, table: Any, step: Any) -> Any:
        if table.name == "crm_note":
            raise KeyboardInterrupt  # no failure that could be noted: as the power going
        return written(archive, snapshot, table, step)

    with use(lived.tenant):
        monkeypatch.setattr(exporting, "_write_table", dies)
        with pytest.raises(KeyboardInterrupt):
            make_export(export_id=export.pk, tenant=lived.tenant, at=AT)
        monkeypatch.setattr(exporting, "_write_table", written)
        half = Export.objects.get(pk=export.pk)
        assert (half.state, default_storage.exists(half.key)) == (ExportState.RUNNING, False)

        make_export(export_id=export.pk, tenant=lived.tenant, at=AT)

        whole = Export.objects.get(pk=export.pk)
        assert (whole.state, whole.attempts, whole.key != half.key) == (ExportState.READY, 2, True)
    assert files_below(lived.tenant, "exports") == [whole.key.rpartition("/")[2]]


def test_what_cannot_be_made_is_given_up_and_says_why(lived: Lived, monkeypatch: Any) -> None:
    export = asked_for(lived.tenant)
    monkeypatch.setattr(exporting, "_write_table", lambda *_: 1 / 0)

    with use(lived.tenant):
        for _ in range(exporting.ATTEMPTS - 1):
            with pytest.raises(ZeroDivisionError):
                make_export(export_id=export.pk, tenant=lived.tenant, at=AT)
        make_export(export_id=export.pk, tenant=lived.tenant, at=AT)

        given_up = Export.objects.get(pk=export.pk)
    assert (given_up.state, given_up.problem) == (ExportState.FAILED, "ZeroDivisionError")
    asked_for(lived.tenant)  # the next one is not in its way


def test_two_workers_do_not_make_one_export(lived: Lived) -> None:
    export = asked_for(lived.tenant)
    with use(lived.tenant), snapshot_of(lived.tenant) as theirs:
        assert theirs.is_alone(export.pk)

        with pytest.raises(BusyElsewhere):
            make_export(export_id=export.pk, tenant=lived.tenant, at=AT)


def test_there_is_one_under_way_at_a_time_however_many_ask_at_once(lived: Lived) -> None:
    refused: list[Exception] = []

    def ask() -> None:
        try:
            asked_for(lived.tenant)
        except ExportUnderWay as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with use(lived.tenant):
        assert (Export.objects.count(), len(refused)) == (1, 3)


def test_a_withdrawn_export_stops_and_leaves_nothing(lived: Lived, monkeypatch: Any) -> None:
    export = asked_for(lived.tenant)
    monkeypatch.setattr(exporting, "TELL_EVERY", 0)
    written = exporting._write_table

    def withdraw(archive: Any, snapshot: Any, table: Any, step: Any) -> Any:
        if table.name == "crm_note":
            exporting.discard_export(export=Export.objects.get(pk=export.pk), by=user("ana@clinic.example"))
        return written(archive, snapshot, table, step)

    monkeypatch.setattr(exporting, "_write_table", withdraw)
    with use(lived.tenant):
        make_export(export_id=export.pk, tenant=lived.tenant, at=AT)

        assert Export.objects.get(pk=export.pk).state == ExportState.EXPIRED
    assert files_below(lived.tenant, "exports") == []


def test_a_file_that_is_lost_is_named_and_the_rest_is_there(lived: Lived) -> None:
    with use(lived.tenant):
        stored = StoredFile.objects.get()
        content, key = read_file(stored), stored.key
        default_storage.delete(key)

    archive = opened(lived.tenant, made(lived.tenant))

    with use(lived.tenant):
        default_storage.save(key, ContentFile(content))
    name = key.replace(f"t/{lived.tenant.id}/", "files/") + "/2031-0001.pdf"
    assert json.loads(archive.read("manifest.json"))["missing_files"] == [name]
    assert [row["plan"] for row in rows(archive, "crm_note")] == [NOTE]


def test_the_job_makes_it_and_tells_who_asked(lived: Lived, mailoutbox: list[Any]) -> None:
    export = asked_for(lived.tenant)

    run_due_jobs(at=AT + timedelta(days=9999))

    with use(lived.tenant):
        assert Export.objects.get(pk=export.pk).state == ExportState.READY
        assert Message.objects.get(cause=f"life.export-ready:{export.pk}").state == MessageState.SENT
        assert AuditEntry.objects.filter(action="life.export.requested", object_id=export.pk).count() == 1
    assert [mail.to for mail in mailoutbox] == [["ana@clinic.example"]]


def test_after_three_days_the_file_is_deleted(lived: Lived) -> None:
    export = made(lived.tenant)

    with use(lived.tenant):
        assert exporting.forget_old_exports(at=AT + timedelta(days=2)) == 0
        assert exporting.forget_old_exports(at=AT + timedelta(days=3)) == 1

        assert not default_storage.exists(export.key)
        assert Export.objects.get(pk=export.pk).state == ExportState.EXPIRED


def test_every_table_is_exported_or_says_that_it_is_not(lived: Lived) -> None:
    """A table that no model describes would be lost on the way, and nobody would notice."""
    described = {model._meta.db_table for model in tenant_models()}

    assert set(tables_of(lived.tenant.schema_name)) - described == {"django_migrations"}


def test_what_looks_like_a_secret_was_thought_about() -> None:
    exported = {f"{table.name}.{column}" for table in exported_tables() for column in set(table.columns) - table.secret}
    suspicious = {name for name in exported if re.search(r"secret|token|digest|password|key$|hash", name)}

    assert suspicious == {
        "audit_auditlink.hash",  # of the log beside it
        "billing_invoice.chain_hash",  # of a document, which only all of it would tell
        "billing_invoice_history.chain_hash",
        "audit_auditredaction.digest",  # of an entry before it was emptied, which only all of it would tell
        "billing_bankcolumns.headers_key",  # of the names of columns
        "billing_bankline.key",  # of what the line beside it says
        "billing_bankstatement.digest",  # of a file that is not kept
        "billing_banktable.digest",  # of the table beside it
        "billing_checkoutsession.idempotency_key",  # of a call that was made long ago
        "billing_gatewayaccount.idempotency_key",
        "billing_refund.idempotency_key",
        "crm_askedform.digest",  # of a link's secret, which opens nothing by it
        "billing_einvoice.digest",  # of the file beside it
        "billing_einvoice_history.digest",
        "crm_code.key",  # a code of a list, as it is looked for
        "crm_columnmapping.headers_digest",  # of the names of columns
        "crm_consent.text_digest",  # of the text that was signed, which is beside it
        "crm_filledform.text_digest",  # of the answers beside it, sealed like them
        "filestore_storedfile.digest",  # of the file beside it
        "filestore_storedfile.key",  # where it lies
    }
