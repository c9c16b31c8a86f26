"""The engine keeps a connection to each database and swaps them with the place, and nobody else has to know."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, transaction

from access.models import Member
from identity.models import User
from tenancy import TenantRef, use, use_cell, use_owner, use_platform
from tenancy.backend.base import OF_ONE_CONNECTION, DatabaseWrapper
from tenancy.databases import CELL, CONTROL, is_split
from tenancy.places import TenantChangedInTransaction, this_connection
from tests.cast import tenant_called

OF_THE_THREAD = {
    "alias",
    "client",
    "creation",
    "database",
    "execute_wrappers",
    "features",
    "force_debug_cursor",
    "introspection",
    "ops",
    "origin",
    "queries_log",
    "schema_name",
    "tenant",
    "validation",
    "_set_aside",
    "_thread_ident",
    "_thread_sharing_count",
    "_thread_sharing_lock",
    "_wanted",
}


@pytest.fixture
def apart(own_database: None, settings: Any) -> Iterator[TenantRef]:
    """Tenants in another database. In the usual run that is the same one, reached by a connection of its own."""
    clinic = tenant_called("clinic")
    if is_split():
        yield clinic
        return
    before = connection.close() or connections[CONTROL]
    connections.settings[CELL] = dict(connections.settings[CONTROL])
    connections[CONTROL] = DatabaseWrapper(connections.settings[CONTROL], CONTROL)
    yield clinic
    connections[CONTROL].close()
    connections[CONTROL] = before
    del connections.settings[CELL]


def backend() -> int:
    """Return the number of the server's process that we talk to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_all_that_django_remembers_of_a_connection_is_swapped_or_meant_for_both() -> None:
    """A release of Django that remembers something more has to be looked at, not guessed."""
    remembered = set(vars(DatabaseWrapper(dict(connections.settings[CONTROL]), CONTROL)))

    assert remembered == set(OF_ONE_CONNECTION) | OF_THE_THREAD


def test_each_place_has_its_connection_and_is_found_again(apart: TenantRef) -> None:
    with use_platform():
        platform = backend()
    with use(apart):
        tenant = backend()
        with use_platform():
            assert backend() == platform
    with use_cell():
        assert backend() == tenant
    with use_owner(apart.schema_name):
        assert backend() == tenant
    with use_owner():
        assert backend() == platform
    assert platform != tenant


def test_each_sees_its_own_tables(apart: TenantRef) -> None:
    with use_platform():
        people = User.objects.count()
    with use(apart):
        members = Member.objects.count()
        with use_platform():
            assert User.objects.count() == people

    assert people > members > 0


def test_no_transaction_spans_the_two(apart: TenantRef) -> None:
    with use_platform(), transaction.atomic(), pytest.raises(TenantChangedInTransaction), use(apart):
        pass
    with use(apart), transaction.atomic(), pytest.raises(TenantChangedInTransaction), use_platform():
        pass


def test_a_rollback_takes_back_what_was_done_in_its_own_place_only(apart: TenantRef) -> None:
    with use_platform():
        User.objects.filter(email="ana@clinic.example").update(name="Anna")
    with use(apart), transaction.atomic():
        Member.objects.update(name="Nobody")
        transaction.set_rollback(True)

    with use_platform():
        assert User.objects.get(email="ana@clinic.example").name == "Anna"
    with use(apart):
        assert not Member.objects.filter(name="Nobody").exists()


def test_what_waits_for_a_commit_waits_for_its_own(apart: TenantRef) -> None:
    done = []
    with use_platform(), transaction.atomic():
        transaction.on_commit(lambda: done.append("platform"))
    with use(apart), transaction.atomic():
        transaction.on_commit(lambda: done.append("tenant"))
        assert done == ["platform"]

    assert done == ["platform", "tenant"]


def test_closing_closes_both(apart: TenantRef) -> None:
    with use_platform():
        platform = backend()
    with use(apart):
        tenant = backend()
        connection.close()
        assert backend() != tenant
    with use_platform():
        assert backend() != platform


def test_where_a_request_came_from_is_told_to_both(apart: TenantRef) -> None:
    def told() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('atrium.origin')")
            return str(cursor.fetchone()[0])

    for origin in ('{"ip": "192.0.2.1"}', ""):
        this_connection().set_origin(origin)
        with use_platform():
            assert told() == origin
        with use(apart):
            assert told() == origin


def test_a_place_is_entered_once_and_not_before_something_is_asked(apart: TenantRef) -> None:
    with use_platform():
        backend()
    asked: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with use(apart), connection.execute_wrapper(note):
        with use_platform():
            pass
        backend()
        backend()
        with use_platform():
            backend()
        backend()

    entered = [sql for sql in asked if "set_config('role'" in sql]
    assert len(entered) == 1


def test_threads_have_places_and_connections_of_their_own(apart: TenantRef) -> None:
    seen: dict[str, Any] = {}

    def elsewhere() -> None:
        seen["place"] = this_connection().schema_name
        with use(apart):
            seen["backend"] = backend()
        connection.close()

    with use(apart):
        mine = backend()
        thread = Thread(target=elsewhere)
        thread.start()
        thread.join()

    assert seen["place"] == "public"
    assert seen["backend"] != mine


def test_nobody_reaches_the_cell_past_the_rooms(apart: TenantRef) -> None:
    cell = DatabaseWrapper(connections.settings[CELL], CELL)

    with pytest.raises(ImproperlyConfigured, match=r"tenancy\.use"):
        cell.cursor()
