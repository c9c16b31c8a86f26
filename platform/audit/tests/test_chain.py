"""The chain over the log: nothing can be changed, taken out, put in or moved without being found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import chain
from audit.models import AuditEntry, AuditLink, AuditWaiting
from kernel.ids import new_id
from tenancy import TenantRef, use, use_owner
from tests.cast import tenant_called

PUT_IN = """
INSERT INTO audit_auditentry (id, action, object_type, object_id, user_label, changes)
VALUES (%s, 'x', 'x', '', '', '{}')
"""


def write(**columns: Any) -> AuditEntry:
    return AuditEntry.objects.create(action="crm.patient.viewed", object_type="crm.patient", object_id="1", **columns)


@pytest.fixture
def chained(in_clinic: TenantRef) -> list[AuditLink]:
    """A chain of a few links; the third and the last but one are about to be tampered with."""
    for number in range(6):
        write(user_label=f"Somebody {number}", changes={"phone": ["1", "2"]})
    chain.chain_up()
    return list(AuditLink.objects.order_by("seq"))


@pytest.fixture
def tamper(clinic: TenantRef) -> Callable[..., None]:
    """Do what only somebody with all the rights in the database can: switch the triggers off, and write."""

    def tamper(statement: str, *values: Any) -> None:
        tables = ("audit_auditentry", "audit_auditlink")
        with use_owner(clinic.schema_name), connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement, values)
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return tamper


def found(anchor: chain.Head | None = None) -> list[str]:
    return [finding.what for finding in chain.verify(anchor=anchor).findings]


def test_every_entry_has_one_link_and_they_follow_each_other(chained: list[AuditLink]) -> None:
    assert [link.seq for link in chained] == list(range(1, len(chained) + 1))
    assert {link.entry_id for link in chained} == set(AuditEntry.objects.values_list("pk", flat=True))
    assert [bytes(link.prev) for link in chained] == [chain.START, *(bytes(link.hash) for link in chained[:-1])]
    assert chain.verify() == chain.Verdict(links=len(chained), head=chain.Head(chained[-1].seq, chained[-1].hash))


def test_what_is_not_chained_yet_is_told_and_is_no_finding(chained: list[AuditLink]) -> None:
    late = write()

    verdict = chain.verify()
    late.refresh_from_db()
    assert (verdict.holds, verdict.waiting, verdict.waiting_since) == (True, 1, late.at)
    assert chain.chain_up() == 1
    assert chain.verify().waiting == 0


@pytest.mark.parametrize(
    "change",
    [
        "user_label = 'Nobody'", "role = 'x'", "action = 'x.y.z'", "object_id = '2'", "subject_id = gen_random_uuid()",
        "changes = '{}'", "at = at - interval '1 microsecond'", "origin = '{}'", "listed = '{}'", "user_id = id",
    ],
)  # fmt: skip
def test_a_changed_column_is_found(chained: list[AuditLink], tamper: Any, change: str) -> None:
    tamper(f"UPDATE audit_auditentry SET {change} WHERE id = %s", chained[2].entry_id)  # noqa: S608

    assert [(each.what, each.seq) for each in chain.verify().findings] == [("an entry was changed", 3)]


def test_a_removed_entry_is_found_with_its_link_or_without(chained: list[AuditLink], tamper: Any) -> None:
    tamper("DELETE FROM audit_auditentry WHERE id = %s", chained[2].entry_id)
    assert found() == ["an entry was removed"]

    tamper("DELETE FROM audit_auditlink WHERE seq = 3")
    assert found() == ["links are missing before"]


def test_a_gap_that_was_closed_again_is_found(chained: list[AuditLink], tamper: Any) -> None:
    tamper("DELETE FROM audit_auditentry WHERE id = %s", chained[2].entry_id)
    tamper("DELETE FROM audit_auditlink WHERE seq = 3")
    for link in chained[3:]:
        tamper("UPDATE audit_auditlink SET seq = seq - 1 WHERE seq = %s", link.seq)

    assert "the link does not follow the one before it" in found()


def test_a_changed_order_is_found(chained: list[AuditLink], tamper: Any) -> None:
    spare = 2**40
    for then, before in ((spare, 2), (2, 3), (3, spare)):
        tamper("UPDATE audit_auditlink SET seq = %s WHERE seq = %s", then, before)
    assert "the link does not follow the one before it" in found()


def test_entries_that_changed_places_are_found(chained: list[AuditLink], tamper: Any) -> None:
    second, third = chained[1].entry_id, chained[2].entry_id
    for seq, entry_id in ((2, new_id()), (3, second), (2, third)):
        tamper("UPDATE audit_auditlink SET entry_id = %s WHERE seq = %s", entry_id, seq)

    assert found() == ["an entry was changed"] * 2


def test_an_entry_put_in_behind_the_chains_back_is_found(chained: list[AuditLink], tamper: Any) -> None:
    made_up = new_id()
    tamper(PUT_IN, made_up)
    assert [(each.what, each.entry_id) for each in chain.verify().findings] == [
        ("an entry was put in behind the chain's back", made_up)
    ]

    tamper("INSERT INTO audit_auditlink (seq, entry_id, prev, hash) VALUES (0, %s, '', '')", made_up)
    assert "an entry was changed" in found()


def test_an_entry_removed_before_its_turn_is_found_and_does_not_hold_the_others_up(
    chained: list[AuditLink], tamper: Any
) -> None:
    tamper("DELETE FROM audit_auditentry WHERE id = %s", write().pk)
    write()

    assert chain.chain_up() == 1
    assert found() == ["an entry was removed before it was in the chain"]


def head_of(chained: list[AuditLink]) -> chain.Head:
    return chain.Head(chained[-1].seq, bytes(chained[-1].hash))


def test_a_cut_off_end_is_found_by_the_anchor_alone(chained: list[AuditLink], tamper: Any) -> None:
    tamper("DELETE FROM audit_auditentry WHERE id = %s", chained[-1].entry_id)
    tamper("DELETE FROM audit_auditlink WHERE seq = %s", chained[-1].seq)

    assert found() == []
    assert found(head_of(chained)) == ["the end of the chain is gone"]


def test_a_chain_written_anew_is_found_by_the_anchor_alone(chained: list[AuditLink], tamper: Any) -> None:
    """Somebody changes an entry, calculates every hash anew, and goes on writing."""
    tamper("UPDATE audit_auditentry SET user_label = 'Nobody' WHERE id = %s", chained[2].entry_id)
    tamper("DELETE FROM audit_auditlink")
    tamper("INSERT INTO audit_auditwaiting SELECT id FROM audit_auditentry")
    write()
    chain.chain_up()

    assert found() == []
    assert found(head_of(chained)) == ["the chain was rewritten"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_auditlink (seq, entry_id, prev, hash) VALUES (99, gen_random_uuid(), '', '')",
        "UPDATE audit_auditlink SET hash = ''",
        "DELETE FROM audit_auditlink",
        "INSERT INTO audit_auditwaiting VALUES (gen_random_uuid())",
        "DELETE FROM audit_auditwaiting",
        "TRUNCATE audit_auditwaiting",
    ],
)
def test_the_applications_role_does_not_write_the_chain(in_clinic: TenantRef, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_temporary_table_is_not_taken_for_ours(in_clinic: TenantRef) -> None:
    """The functions run as the owner: what they find under a name must not be what the caller puts there."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE audit_auditwaiting (entry_id uuid) ON COMMIT DROP")
        written = write()
        cursor.execute("SELECT count(*) FROM pg_temp.audit_auditwaiting")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE pg_temp.audit_auditwaiting")
    assert AuditWaiting.objects.filter(pk=written.pk).exists()


def test_a_clock_that_goes_back_breaks_nothing(chained: list[AuditLink]) -> None:
    write(id=UUID("01900000-0000-7000-8000-000000000001"), at=datetime(2024, 1, 1, tzinfo=UTC))
    write(id=UUID("01900000-0000-7000-8000-000000000000"), at=datetime(2023, 1, 1, tzinfo=UTC))

    assert chain.chain_up() == 2
    assert chain.verify(anchor=head_of(chained)).holds


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("añ\"\\/ü€", max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(values, values), max_size=4))
def test_whatever_was_changed_both_sides_calculate_the_same(in_clinic: TenantRef, pairs: list[Any]) -> None:
    for number, (old, new) in enumerate(pairs):
        write(changes={f"field {number}": [old, new]}, listed=[new_id()], user_label="Zoë “Zoë” O'Hara\n")
    chain.chain_up()

    assert chain.verify().holds


@pytest.fixture
def somewhere(own_database: None) -> TenantRef:
    return tenant_called("clinic")


def test_writers_and_several_who_chain_at_once_make_one_chain(somewhere: TenantRef) -> None:
    writers, entries = 4, 40

    def work(what: Callable[[], object]) -> Thread:
        def run() -> None:
            with use(somewhere):
                for _ in range(entries):
                    what()
            connection.close()

        return Thread(target=run)

    threads = [work(write) for _ in range(writers)] + [work(chain.chain_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with use(somewhere):
        chain.chain_up()
        written = AuditEntry.objects.count()
        verdict = chain.verify()
    assert written > writers * entries
    assert (verdict.links, verdict.waiting, verdict.findings) == (written, 0, [])


def test_who_finds_another_at_it_leaves_the_chain_to_them(somewhere: TenantRef) -> None:
    chained: list[int] = []

    def chain_up() -> None:
        with use(somewhere):
            chained.append(chain.chain_up())
        connection.close()

    with use(somewhere), transaction.atomic():
        write()
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_chain_up(1)")
        other = Thread(target=chain_up)
        other.start()
        other.join()

    assert chained == [0]
