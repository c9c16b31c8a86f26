"""What a restoration does not undo: the log, the team, what was sent, which numbers were given out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection

from access.departures import end_membership
from access.models import Member
from audit import chain
from audit.models import AuditEntry
from filestore.models import StoredFile
from jobs.inline import run_due_jobs
from jobs.models import OutboxMessage
from modules.billing.models import NumberSeries
from modules.crm.models import Note, Patient
from notify.models import Message, MessageState
from notify.sending import send
from tenancy import use, use_cell, use_owner, use_platform
from tenants import chaining
from tenants.life import restoring, swapping
from tenants.life.tests.backups import AT, backup, restore, spoil, undo
from tenants.life.tests.places import NOTE, Lived, user
from tenants.models import ChainAnchor
from webhooks.models import ConnectedAccount, StripeEvent


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
        given_out = NumberSeries.objects.get().next
        NumberSeries.objects.update(next=given_out + 1)
        stored = StoredFile.objects.get()
        default_storage.delete(stored.key)

    done = restore(tenant, content)

    with use(tenant):
        assert NumberSeries.objects.get().next == given_out + 1
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
