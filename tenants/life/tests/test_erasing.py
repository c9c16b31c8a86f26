"""After an erasure nothing is left but the certificate, wherever one looks, however often it was broken off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import dramatiq
import pytest
import redis
from django.core.cache import cache
from django.db import connection
from dramatiq.brokers.redis import RedisBroker

from access.models import Member, Role
from identity import tokens
from identity.models import User
from jobs.inline import run_due_jobs
from jobs.models import DueSchedule, OutboxMessage
from tenancy import TenantRef, use, use_owner, use_platform
from tenants import blueprint
from tenants.life import deleting, erasing, exporting, traces
from tenants.life.tests.places import ALERT, NOTE, files_below, live_in, open_another, tables_of, user
from tenants.models import Deletion, ErasureCertificate, Membership, Tenant
from tests.cast import tenant_called
from tests.doors import session_key
from webhooks.models import ConnectedAccount, StripeEvent

AT = datetime.fromisoformat("2031-03-04T09:00:00+00:00")
DUE = AT + timedelta(days=30)


@pytest.fixture
def valkey(settings: Any) -> Iterator[Any]:
    settings.REDIS_URL = settings.CACHES["default"]["LOCATION"]
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def harbour(own_database: None, valkey: Any) -> TenantRef:
    """A practice that has left something in every corner, and is to be deleted."""
    tenant = open_another("harbour", at=AT)
    live_in(tenant, at=AT)
    ana = user("ana@harbour.example")
    with use(tenant):
        export = exporting.request_export(tenant=tenant, by=ana, at=AT)
        exporting.make_export(export_id=export.pk, tenant=tenant, at=AT)
    session_key(ana, tenant)
    tokens.issue_tokens(user=ana, tenant_id=tenant.id, at=AT)
    with use_platform():
        ConnectedAccount.objects.create(account_id="acct_1", tenant_id=tenant.id)
        StripeEvent.objects.create(id="evt_1", account_id="acct_1", type="x", payload={"name": "Anamaria harbour"})
        DueSchedule.objects.create(tenant_id=tenant.id, actor="x", every=60, next_run_at=AT)
        row = Tenant.objects.with_rooms().get(pk=tenant.id)
    _leave_in_valkey(tenant, valkey)
    deleting.schedule_deletion(tenant=row, by=ana, reason="We retire", at=AT)
    return tenant


def _leave_in_valkey(tenant: TenantRef, valkey: Any) -> None:
    cache.set(f"figures:{tenant.id}", 1)
    broker = RedisBroker(client=valkey, middleware=[])
    broker.declare_queue("default")
    for kwargs, options in (({}, {"tenant_id": str(tenant.id)}), ({"tenant_id": str(tenant.id)}, {})):
        broker.enqueue(dramatiq.Message("default", "x", (), kwargs, options))
    broker.enqueue(dramatiq.Message("default", "of somebody else", (), {}, {}))


def erased(*, at: datetime = DUE) -> ErasureCertificate:
    assert erasing.begin_due(at=at) == 1
    with use_platform():
        certificate = ErasureCertificate.objects.get()
    return erasing.erase(certificate_id=certificate.pk, at=at)


def everywhere(valkey: Any) -> Iterator[tuple[str, str]]:
    """Read all there is: every table of every schema, the names of schemas and roles, and everything in Valkey."""
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        schemas = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT rolname FROM pg_roles")
        yield from (("role", name) for (name,) in cursor.fetchall())
    for schema in schemas:
        yield "schema", schema
        if schema == "public" or schema.startswith("t_"):
            yield from ((f"{schema}.{table}", row) for table, rows in tables_of(schema).items() for row in rows)
    for key in valkey.scan_iter():
        kind = valkey.type(key)
        content = {b"string": valkey.get, b"hash": valkey.hgetall, b"set": valkey.smembers}.get(kind, lambda _: "")(key)
        yield "valkey", f"{key!r} {content!r}"


def traces_of(tenant: TenantRef, valkey: Any) -> list[tuple[str, str]]:
    words = (str(tenant.id), tenant.schema_name, "harbour", "Anamaria", NOTE, ALERT, "Paula", "We retire")
    return [(place, text) for place, text in everywhere(valkey) if any(word in text for word in words)]


def test_nothing_is_left_but_the_certificate(harbour: TenantRef, valkey: Any) -> None:
    with use_platform():
        StripeEvent.objects.create(id="evt_2", account_id="acct_1", tenant_id=harbour.id, type="x", payload={})
    assert len({place for place, _ in traces_of(harbour, valkey)}) > 30

    certificate = erased()

    left = traces_of(harbour, valkey)
    assert {place for place, _ in left} == {"public.tenants_erasurecertificate", "public.console_platformentry"}
    assert files_below(harbour) == []
    with use_platform():
        assert not User.objects.filter(email__endswith="@harbour.example").exists()
        assert OutboxMessage.objects.get(done_at=None).arguments == {"certificate_id": str(certificate.pk)}
    told = certificate.counts
    assert (told["crm_note"], told["crm_patient"], told["accounts"], told["files"], told["keys"]) == (1, 1, 3, 2, 1)
    assert (told["identity_session"], told["identity_refreshtoken"], told["webhooks_stripeevent"]) == (1, 1, 2)
    assert (certificate.asked_at, certificate.finished_at) == (AT, DUE)
    assert certificate.digest == erasing.digest_of(certificate)
    assert valkey.llen("dramatiq:default") == 1  # somebody else's


def test_the_clock_and_a_worker_do_it_and_its_neighbours_are_untouched(harbour: TenantRef) -> None:
    names = ("clinic", "other", "shop")
    before = {name: tables_of(tenant_called(name).schema_name) for name in names}

    assert erasing.begin_due(at=DUE) == 1
    run_due_jobs(at=DUE)

    with use_platform():
        assert ErasureCertificate.objects.get().finished_at is not None
        assert not Tenant.objects.filter(pk=harbour.id).exists()
    assert {name: tables_of(tenant_called(name).schema_name) for name in names} == before


STEPS = [
    (traces, "remove_jobs"), (traces, "remove_platform_rows"), (traces, "people_of"), (traces, "remove_accounts"),
    (traces, "count_rows"), (erasing, "destroy_key"), (blueprint, "demolish"), (erasing, "erase_files"),
    (traces, "forget_in_valkey"), (erasing, "_finish"),
]  # fmt: skip


def test_broken_off_before_or_after_any_step_it_is_done_again_to_the_end(
    harbour: TenantRef, valkey: Any, monkeypatch: Any
) -> None:
    """One erasure that dies nineteen times."""
    assert erasing.begin_due(at=DUE) == 1
    with use_platform():
        certificate = ErasureCertificate.objects.get()
    for place, name in STEPS:
        step = getattr(place, name)
        for dying in (_dies_before(), _dies_after(step)):
            if (name, dying.__name__) == ("_finish", "after"):
                continue  # after that nothing is left to be done
            monkeypatch.setattr(place, name, dying)
            with pytest.raises(KeyboardInterrupt):
                erasing.erase(certificate_id=certificate.pk, at=DUE)
            monkeypatch.setattr(place, name, step)
            _make_up(harbour)

    done = erasing.erase(certificate_id=certificate.pk, at=DUE)

    assert done.finished_at == DUE
    assert {place for place, _ in traces_of(harbour, valkey)} == {
        "public.tenants_erasurecertificate",
        "public.console_platformentry",
    }
    counted = [done.counts[kind] for kind in ("crm_note", "accounts", "files", "keys", "identity_session")]
    assert counted == [1, 3, 2, 1, 1]


def _dies_before() -> Any:
    def before(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    return before


def _dies_after(step: Any) -> Any:
    def after(*args: Any, **kwargs: Any) -> None:
        step(*args, **kwargs)
        raise KeyboardInterrupt

    return after


def _make_up(tenant: TenantRef) -> None:
    """What happens meanwhile: an hour later the clock looks for what is due."""
    with use_platform():
        OutboxMessage.objects.filter(actor="tenants.life.tasks.erase_workspace").update(dead_at=AT)
    assert erasing.begin_due(at=DUE) == 1


def test_who_has_a_place_elsewhere_keeps_their_account(harbour: TenantRef) -> None:
    """Bo works at another practice too, Pia is a patient there: nobody's list says so, and they are asked for."""
    other = tenant_called("other")
    bo, pia = user("bo@harbour.example"), user("pia@harbour.example")
    with use_platform():
        Membership.objects.create(user=bo, tenant_id=other.id, created_at=AT)
    with use(other):
        Member.objects.create(user_id=pia.pk, role=Role.PATIENT, name="Pia", email=pia.email, joined_at=AT)

    erased()

    with use_platform():
        left = User.objects.filter(email__endswith="@harbour.example").values_list("email", flat=True)
        assert sorted(left) == ["bo@harbour.example", "pia@harbour.example"]


def to_be_deleted(tenant: TenantRef) -> Tenant:
    with use_platform():
        row = Tenant.objects.with_rooms().get(pk=tenant.id)
    deleting.schedule_deletion(tenant=row, by=user("ana@clinic.example"), reason="We retire", at=AT)
    return row


def test_before_its_day_nothing_happens_and_what_is_kept_is_kept(clinic: TenantRef) -> None:
    row = to_be_deleted(clinic)

    assert erasing.begin_due(at=DUE - timedelta(minutes=1)) == 0
    deleting.cancel_deletion(tenant=row, by=user("ana@clinic.example"), at=AT)

    assert erasing.begin_due(at=DUE) == 0
    with use_platform():
        assert (ErasureCertificate.objects.count(), Deletion.objects.count()) == (0, 0)


def test_once_begun_its_host_is_nobodys_and_it_cannot_be_kept(
    clinic: TenantRef, platform_client: Any, django_capture_on_commit_callbacks: Any
) -> None:
    row = to_be_deleted(clinic)
    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.begin_due(at=DUE) == 1

    with pytest.raises(deleting.NotBeingDeleted):
        deleting.cancel_deletion(tenant=row, by=user("ana@clinic.example"), at=DUE)
    assert platform_client.get("/", headers={"host": "clinic.localhost"}).status_code == 404


def test_a_job_that_is_being_done_is_waited_for(harbour: TenantRef, valkey: Any) -> None:
    (message_id, *_others) = valkey.lrange("dramatiq:default", 0, -1)
    valkey.lrem("dramatiq:default", 0, message_id)
    valkey.sadd("dramatiq:__acks__.worker-1.default", message_id)

    with pytest.raises(erasing.NotYet):
        erased()

    valkey.srem("dramatiq:__acks__.worker-1.default", message_id)
    with use_platform():
        certificate = ErasureCertificate.objects.get()
    assert erasing.erase(certificate_id=certificate.pk, at=DUE).finished_at == DUE
