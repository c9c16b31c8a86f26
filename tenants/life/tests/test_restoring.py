"""One tenant goes back to its backup under its own name. Nobody else notices, and what must not come back does not."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from access.departures import end_membership
from access.models import Member
from audit import chain
from audit.models import AuditEntry
from filestore.models import StoredFile
from jobs.inline import run_due_jobs
from jobs.models import OutboxMessage
from kernel.errors import DomainError
from modules.billing.models import NumberSeries
from modules.crm.models import Client, Note, Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from notify.models import Message, MessageState
from notify.sending import send
from tenancy import TenantRef, catalog, use, use_cell, use_owner, use_platform
from tenants import chaining, migrating
from tenants.life import deleting, erasing, restoring, returning, swapping
from tenants.life.backing_up import write_backup
from tenants.life.tests.places import NOTE, Lived, open_another, tables_of, user
from tenants.models import ChainAnchor, ErasureCertificate, Restoration, Tenant, TenantState
from tests.cast import tenant_called
from tests.doors import Pages
from tests.releases import release
from tests.structure import structure_of
from webhooks.models import ConnectedAccount, StripeEvent

AT = datetime.fromisoformat("2031-03-04T09:00:00+00:00")
# What goes on over a restoration, and is therefore not as it was at the backup.
LASTING = {
    "audit_auditentry", "audit_auditlink", "audit_auditwaiting", "access_member", "access_rolechange",
    "notify_message", "life_export", "billing_numberseries", "crm_patientgrant",
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
    return {table: lines for table, lines in rows.items() if table not in LASTING}


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


def test_it_is_as_it_was_and_nobody_else_notices(lived: Lived) -> None:
    tenant, other = lived.tenant, tenant_called("other")
    before, structure = tables_of(tenant.schema_name), structure_of(tenant.schema_name)
    content = backup(tenant)
    spoil(tenant)
    with use(other):
        Client.objects.create(first_name="Since then")
    theirs, platform = tables_of(other.schema_name), platform_rows()

    done = restore(tenant, content)

    assert rest_of(tables_of(tenant.schema_name)) == rest_of(before)
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


def test_the_log_goes_on_and_its_chain_holds(lived: Lived) -> None:
    tenant = lived.tenant
    content = backup(tenant)
    spoil(tenant)
    chaining.chain_tenant(tenant, at=AT)
    with use(tenant):
        seen = AuditEntry.objects.count()

    done = restore(tenant, content)

    chaining.chain_tenant(tenant, at=AT)
    with use(tenant):
        last = AuditEntry.objects.get(action="tenants.workspace.restored")
        assert (last.user_label, last.changes["reason"], AuditEntry.objects.count()) == (
            "Oda", [None, "A bad import"], seen + 1,
        )  # fmt: skip
    assert chaining.verify_tenant(tenant, at=AT).findings == []
    with use_platform():
        anchor = ChainAnchor.objects.get(tenant_id=tenant.id)
    assert (anchor.broken_since, anchor.seq > 5, done.report["log_goes_on"]) == (None, True, True)


def test_a_log_that_was_tampered_with_is_replaced_by_that_of_the_backup(lived: Lived) -> None:
    tenant = lived.tenant
    with use(tenant):
        chain.chain_up()
        logged = AuditEntry.objects.count()
    content = backup(tenant)
    spoil(tenant)
    chaining.chain_tenant(tenant, at=AT)
    with use_owner(tenant.schema_name), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_auditentry WHERE action = 'crm.patient.registered'")
        cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")

    done = restore(tenant, content)

    chaining.chain_tenant(tenant, at=AT)
    assert chaining.verify_tenant(tenant, at=AT).findings == []
    with use(tenant):
        assert (AuditEntry.objects.count(), done.report["log_goes_on"]) == (logged + 1, False)


def test_who_has_left_since_stays_away_and_who_came_stays(lived: Lived) -> None:
    tenant, ana, bo = lived.tenant, user("ana@clinic.example"), user("bo@clinic.example")
    content = backup(tenant)
    with use(tenant):
        member = Member.objects.get(user_id=bo.pk)
        Member.objects.filter(email="rita@clinic.example").update(role="admin")
        ivy = Member.objects.get(email="ivy@new.example")
        Member.objects.filter(pk=ivy.pk).update(user_id=user("sol@shop.example").pk, joined_at=AT)
    end_membership(tenant=tenant, member=member, by=ana, at=AT)
    run_due_jobs(at=AT)

    done = restore(tenant, content)

    with use(tenant):
        rita = Member.objects.get(email="rita@clinic.example")
        assert Member.objects.of_user(bo.pk).exists() is False
        assert (done.report["left_since"], done.report["joined_since"]) == ([str(member.pk)], [str(ivy.pk)])
        assert (rita.role, done.report["other_role_since"]) == ("admin", [str(rita.pk)])
    run_due_jobs(at=AT)
    with use(tenant):  # the modules were told again
        assert not Patient.grants.rel.related_model.objects.filter(user_id=bo.pk).exists()


def test_what_was_sent_is_not_sent_again_and_what_waited_waits(lived: Lived) -> None:
    tenant, ana = lived.tenant, user("ana@clinic.example")
    with use(tenant):
        for cause in ("sent-since", "waits-still"):
            at = AT + timedelta(days=3000 * (cause == "waits-still"))
            about = {"member_id": str(Member.objects.get(email="ivy@new.example").pk)}
            send(cause=cause, composer="access.messages.compose_invitation", about=about, at=at)
    with use_cell():
        OutboxMessage.objects.filter(actor="notify.tasks.deliver").update(
            available_at=datetime(2020, 1, 1, tzinfo=AT.tzinfo)
        )
    content = backup(tenant)
    run_due_jobs(at=AT)
    sent = len(mail.outbox)
    with use(tenant):
        assert Message.objects.get(cause="sent-since").state == MessageState.SENT
        send(cause="made-since", composer="access.messages.compose_invitation", about={}, at=AT + timedelta(days=9))

    done = restore(tenant, content)
    run_due_jobs(at=AT)

    told = [each for each in mail.outbox[sent:] if "backup" not in each.subject]
    assert told == []
    assert ana.email in mail.outbox[-1].to  # the owner was told
    assert (done.report["jobs_removed"], done.report["jobs_waiting_again"] >= 2) == (1, True)
    with use(tenant):
        assert not Message.objects.filter(cause="made-since").exists()
        assert Message.objects.get(cause="sent-since").state == MessageState.SENT


def test_what_stripe_told_since_is_told_again(lived: Lived) -> None:
    tenant = lived.tenant
    with use_platform():
        ConnectedAccount.objects.create(account_id="acct_1", tenant_id=tenant.id)
        for name in ("before", "since"):
            StripeEvent.objects.create(
                id=f"evt_{name}", account_id="acct_1", tenant_id=tenant.id, type="account.updated",
                payload={"data": {"object": {"id": "acct_1"}}},
            )  # fmt: skip
            if name == "before":
                content = backup(tenant)

    done = restore(tenant, content)

    assert done.report["stripe_events_told_again"] == 1
    with use_platform():
        told = OutboxMessage.objects.filter(actor="jobs.handling.handle", done_at=None)
        assert [row.arguments["payload"]["event_id"] for row in told if "event_id" in row.arguments["payload"]] == [
            "evt_since"
        ]


def test_numbers_of_invoices_are_not_given_out_twice_and_lost_files_come_back(lived: Lived) -> None:
    tenant = lived.tenant
    content = backup(tenant)
    with use(tenant):
        NumberSeries.objects.update(next=42)
        stored = StoredFile.objects.get()
        default_storage.delete(stored.key)

    done = restore(tenant, content)

    with use(tenant):
        assert NumberSeries.objects.get().next == 42
        assert default_storage.size(stored.key) == stored.size
    assert (done.report["files_put_back"], done.report["files_missing"]) == (1, [])


def test_a_room_that_is_gone_comes_back_with_those_who_still_work_there(lived: Lived) -> None:
    tenant, bo = lived.tenant, user("bo@clinic.example")
    content = backup(tenant)
    with use(tenant):
        member = Member.objects.get(user_id=bo.pk)
    end_membership(tenant=tenant, member=member, by=user("ana@clinic.example"), at=AT)
    swapping.drop(tenant.schema_name, tenant.schema_name)

    done = restore(tenant, content)

    with use(tenant):
        assert (Note.objects.get().plan, Member.objects.of_user(bo.pk).exists()) == (NOTE, False)
    chaining.chain_tenant(tenant, at=AT)
    assert (chaining.verify_tenant(tenant, at=AT).findings, done.report["log_goes_on"]) == ([], False)
    with pytest.raises(restoring.NothingToUndo):
        undo(tenant)


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


def rooms_of(tenant: TenantRef) -> list[str]:
    with use_owner(tenant.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [tenant.schema_name])
        return [name for (name,) in cursor.fetchall()]


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
    "archive-does-not-fit": lambda content: changed(content, key="of another"),
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
