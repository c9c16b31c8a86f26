"""Bringing many schemas to a release: what fails, waits or dies stops nobody else and is finished later."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from psycopg import sql

from tenancy import use_owner, use_platform
from tenancy.databases import databases, settings_of
from tenants import migrating, scripts, survey
from tenants.migrating import AlreadyMigrating, migrate_tenants
from tenants.models import Level, Tenant, TenantState
from tenants.turns import one_at_a_time
from tests.releases import TABLE, release, tiny_tenants
from tests.structure import structure_of

pytestmark = pytest.mark.usefixtures("own_database")

# The table of tests.releases.TABLE; said in full, for these are statements.
A_FILE = (
    "INSERT INTO filestore_storedfile (id, key, name, media_type, size, digest)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), 'Ann Smith', 'text/plain', 1, '')"
)
ITS_COLOUR = "SELECT 1 FROM pg_attribute WHERE attrelid = 'filestore_storedfile'::regclass AND attname = 'colour'"
ITS_NAME = "SELECT 1 FROM django_migrations WHERE name = '0002_colour'"
COLOURED_BY_HAND = "ALTER TABLE filestore_storedfile ADD COLUMN colour text"
A_COLUMN = 'operations = [AddField("storedfile", "colour", models.CharField(max_length=9, null=True))]'
NEW = "0002_colour"


@pytest.fixture
def next_release(settings: Any, tmp_path: Path) -> Callable[..., Any]:
    return lambda **bodies: release(settings, tmp_path, **bodies)


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "PAUSE", 0.01)
    monkeypatch.setattr(scripts, "LOCK_TIMEOUT", "100ms")


@pytest.fixture
def coloured(next_release: Any) -> Iterator[None]:
    with next_release(**{NEW: A_COLUMN}):
        yield


def run(schema_name: str, statement: str) -> list[Any]:
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def has_colour(schema_name: str) -> bool:
    return bool(run(schema_name, ITS_COLOUR))


def knows_colour(schema_name: str) -> bool:
    return bool(run(schema_name, ITS_NAME))


def noted(tenant: Tenant) -> Tenant:
    with use_platform():
        return Tenant.objects.select_related("level").get(pk=tenant.pk)


def everybody() -> list[str]:
    with use_platform():
        return list(Tenant.objects.values_list("schema_name", flat=True))


def test_everybody_gets_the_column_and_it_is_noted(coloured: None) -> None:
    tenants = tiny_tenants(6)

    report = migrate_tenants()

    assert sorted(report.migrated) == sorted(everybody())
    assert (report.current, report.failed) == ([], {})
    assert all(has_colour(name) and knows_colour(name) for name in everybody())
    assert all(f"filestore.{NEW}" in level.migrations for level in (noted(tenant).level for tenant in tenants) if level)
    assert all(noted(tenant).migrated_at for tenant in tenants)


def test_a_second_run_has_nothing_to_do(coloured: None) -> None:
    migrate_tenants()

    again = migrate_tenants()

    assert (sorted(again.current), again.migrated, again.failed) == (sorted(everybody()), [], {})


def test_a_schema_that_was_repeated_is_like_one_that_django_migrated(next_release: Any) -> None:
    """Also where a migration looks at what the one before it made, and where rows wait for the commit."""
    bodies = {
        "0002_shelves": (
            "operations = [\n"
            '    CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]),\n'
            '    AddField("storedfile", "shelf", models.ForeignKey("shelf", models.CASCADE, null=True)),\n'
            "]"
        ),
        "0003_filled": (
            "operations = [RunSQL(\"INSERT INTO filestore_shelf (name) VALUES ('first'); UPDATE filestore_storedfile"
            ' SET shelf_id = (SELECT id FROM filestore_shelf)")]'
        ),
        "0004_unique": (
            "operations = [\n"
            '    AddField("storedfile", "mark", models.TextField(null=True)),\n'
            '    AlterField("storedfile", "shelf", models.OneToOneField("shelf", models.PROTECT, null=True)),\n'
            '    AddIndex("shelf", models.Index(models.F("name"), name="shelf_by_name")),\n'
            '    AddConstraint("shelf", models.CheckConstraint(condition=~models.Q(name=""), name="shelf_named")),\n'
            "]"
        ),
        "0005_counted": (
            "operations = [RunSQL('''CREATE FUNCTION count_shelves() RETURNS bigint LANGUAGE sql"
            " SET search_path FROM CURRENT AS $$ SELECT count(*) FROM filestore_shelf WHERE name LIKE '%' $$''')]"
        ),
        "0006_kept": (
            "from history.triggers import PinnedTriggerSql; from pgtrigger import compiler, migrations as triggers\n"
            "keep = PinnedTriggerSql(pgid='pgtrigger_kept', table='filestore_storedfile', when='AFTER',"
            " operation='UPDATE', func='INSERT INTO filestore_shelf (name) VALUES (OLD.name); RETURN NULL;')\n"
            "operations = [triggers.AddTrigger('storedfile', compiler.Trigger(name='kept', sql=keep))]"
        ),
    }
    tenants = tiny_tenants(4)
    for tenant in tenants:
        run(tenant.schema_name, A_FILE)

    with next_release(**bodies):
        report = migrate_tenants()

        assert report.failed == {}
    by_django, repeated = tenants[-1].schema_name, tenants[0].schema_name  # the youngest go first
    assert structure_of(repeated) ^ structure_of(by_django) == set()
    assert run(repeated, "SELECT count_shelves()") == [(1,)]
    run(by_django, f"UPDATE {repeated}.filestore_storedfile SET name = 'Bea'")  # noqa: S608
    assert (run(repeated, "SELECT count_shelves()"), run(by_django, "SELECT count_shelves()")) == ([(2,)], [(1,)])
    assert {fact[1] for fact in structure_of(repeated) if fact[0] == "grant"} >= {"filestore_shelf"}


def test_one_that_fails_is_reported_and_the_others_are_done(coloured: None) -> None:
    tenants = tiny_tenants(7)
    odd = tenants[2]
    run(odd.schema_name, COLOURED_BY_HAND)

    report = migrate_tenants()

    reason = f'DuplicateColumn: column "colour" of relation "{TABLE}" already exists'
    assert report.failed == {odd.schema_name: reason}
    assert len(report.migrated) == len(everybody()) - 1
    assert (noted(odd).migration_error, knows_colour(odd.schema_name)) == (reason, False)
    assert noted(odd).migration_failed_at is not None

    run(odd.schema_name, "ALTER TABLE filestore_storedfile DROP COLUMN colour")
    again = migrate_tenants()

    assert (again.migrated, again.failed, noted(odd).migration_error) == ([odd.schema_name], {}, "")


def test_if_all_that_go_ahead_fail_the_others_are_left_alone(coloured: None) -> None:
    tenants = tiny_tenants(6)
    for tenant in tenants[3:]:
        run(tenant.schema_name, COLOURED_BY_HAND)

    report = migrate_tenants()

    assert report.migrated == []
    assert {name for name, reason in report.failed.items() if reason != migrating.HELD_BACK} == {
        tenant.schema_name for tenant in tenants[3:]
    }
    assert not any(has_colour(tenant.schema_name) for tenant in tenants[:3])


def test_a_lock_that_is_held_too_long_fails_this_one_only(coloured: None) -> None:
    tenants = tiny_tenants(5)
    busy = tenants[0]

    with someone_reading(busy.schema_name):
        report = migrate_tenants()

    assert list(report.failed) == [busy.schema_name]
    assert report.failed[busy.schema_name].startswith("LockNotAvailable: ")
    assert migrate_tenants().migrated == [busy.schema_name]


def test_a_lock_that_is_given_back_soon_is_waited_for(coloured: None, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = tiny_tenants(5)[0]
    monkeypatch.setattr(migrating, "PAUSE", 0.2)
    released = Event()

    with ThreadPoolExecutor(1) as pool, someone_reading(busy.schema_name) as reader:
        pool.submit(lambda: (time.sleep(0.3), reader.rollback(), released.set()))
        report = migrate_tenants()

    assert released.is_set()
    assert report.failed == {}


class someone_reading:  # noqa: N801 - reads like a function
    """A long transaction that has touched the table."""

    def __init__(self, schema_name: str) -> None:
        database = settings_of(databases()[-1])
        self.reader = psycopg.connect(dbname=database["NAME"], user=database["USER"], host=database["HOST"])
        self.reader.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(schema_name, TABLE)))

    def __enter__(self) -> psycopg.Connection:
        return self.reader

    def __exit__(self, *_: object) -> None:
        self.reader.close()


def killed_in_its_fifth() -> None:
    """Migrate, in a process of its own, and be killed in the middle of the fifth schema's transaction."""
    connections.close_all()
    grants = iter(range(1000))
    usual = scripts.grant_tenant

    def grant_or_die(schema_name: str) -> None:
        if next(grants) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        usual(schema_name)

    scripts.grant_tenant = grant_or_die
    migrate_tenants(workers=1)


def test_a_run_that_is_killed_leaves_no_half_schema_and_the_next_one_goes_on(coloured: None) -> None:
    tiny_tenants(8)
    connections.close_all()
    child = multiprocessing.get_context("fork").Process(target=killed_in_its_fifth)

    child.start()
    child.join(60)

    assert child.exitcode == -signal.SIGKILL
    done = [name for name in everybody() if has_colour(name)]
    assert (len(done), done) == (4, [name for name in everybody() if knows_colour(name)])
    report = turn_comes(migrate_tenants)
    assert (sorted(report.current), len(report.migrated), report.failed) == (sorted(done), len(everybody()) - 4, {})


def turn_comes(work: Callable[[], Any]) -> Any:
    """Postgres notices in a moment that the other process is gone."""
    for _ in range(100):
        try:
            return work()
        except AlreadyMigrating:
            time.sleep(0.05)
    raise AssertionError("the turn of the dead is kept")


def test_only_one_process_migrates_at_a_time() -> None:
    def other() -> None:
        try:
            with pytest.raises(AlreadyMigrating):
                migrate_tenants()
            with pytest.raises(CommandError, match="Another"):
                call_command("migrate", verbosity=0)
        finally:
            connection.close()

    with one_at_a_time("tenants.migrating"), one_at_a_time("migrate"), ThreadPoolExecutor(1) as pool:
        pool.submit(other).result()


FILL = """
def name_all(apps, schema_editor):
    apps.get_model("filestore", "StoredFile").objects.update(colour="red")
    {more}

operations = [RunPython(name_all)]
"""


def test_what_is_more_than_sql_is_left_to_django(next_release: Any) -> None:
    tenants = tiny_tenants(4)
    run(tenants[0].schema_name, A_FILE)

    with next_release(**{NEW: A_COLUMN, "0003_filled": FILL.format(more="")}):
        report = migrate_tenants()

    assert (report.failed, len(report.migrated)) == ({}, len(everybody()))
    assert run(tenants[0].schema_name, "SELECT colour FROM filestore_storedfile") == [("red",)]


def test_how_far_one_came_before_it_failed_is_noted(next_release: Any) -> None:
    odd = tiny_tenants(4)[0]
    broken = FILL.format(
        more=f'if schema_editor.connection.schema_name == "{odd.schema_name}": raise ValueError("Ann")'
    )

    with next_release(**{NEW: A_COLUMN, "0003_filled": broken}):
        report = migrate_tenants()

    assert list(report.failed) == [odd.schema_name]
    assert report.failed[odd.schema_name].startswith("ValueError at ")
    assert "Ann" not in noted(odd).migration_error
    level = noted(odd).level
    assert level is not None
    assert (f"filestore.{NEW}" in level.migrations, "filestore.0003_filled" in level.migrations) == (True, False)


def test_a_reason_names_tables_and_never_what_is_in_them(next_release: Any) -> None:
    odd = tiny_tenants(4)[0]
    for _ in range(2):
        run(odd.schema_name, A_FILE)

    unique = 'operations = [AlterField("storedfile", "name", models.CharField(max_length=150, unique=True))]'
    with next_release(**{NEW: unique}):
        report = migrate_tenants()

    assert report.failed[odd.schema_name].startswith(f"UniqueViolation: {TABLE}, {TABLE}_name_")
    assert "Ann" not in report.failed[odd.schema_name]


def test_who_is_suspended_is_migrated_and_who_has_no_schema_is_reported(coloured: None) -> None:
    tenants = tiny_tenants(2, state=TenantState.SUSPENDED)
    with use_platform():
        lost = Tenant.objects.get(pk=tenants[0].pk)
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{lost.schema_name}" CASCADE')

    report = migrate_tenants()

    assert has_colour(tenants[1].schema_name)
    assert report.failed == {lost.schema_name: migrating.NO_SCHEMA}
    assert noted(lost).level is None


def test_the_release_fails_if_a_tenant_does_and_tells_where_to_look(coloured: None) -> None:
    odd = tiny_tenants(4)[0]
    run(odd.schema_name, COLOURED_BY_HAND)
    said, told = StringIO(), StringIO()

    with pytest.raises(CommandError, match="1 of 7 tenants"):
        call_command("migrate", stdout=said)
    with pytest.raises(CommandError, match="1 behind"):
        call_command("tenants_behind", stdout=told)

    assert f"{odd.schema_name}: DuplicateColumn" in said.getvalue()
    (line,) = told.getvalue().splitlines()
    assert line.startswith(f"{odd.schema_name} lacks filestore.{NEW}; closed; failed ")
    assert line.endswith("already exists")


def test_a_schema_that_is_nobodys_is_told_of_and_kept() -> None:
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA t_nobodys")
    told = StringIO()

    call_command("tenants_behind", stdout=told)

    assert told.getvalue() == "t_nobodys belongs to nobody\nNone is behind.\n"
    assert survey.strays() == ["t_nobodys"]


def test_a_level_that_somebody_noted_meanwhile_is_not_noted_over(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = tiny_tenants(1)[0]
    run(tenant.schema_name, "DELETE FROM django_migrations WHERE app = 'filestore'")
    with use_platform():
        other = Level.of(frozenset({"made.up"}))
    usual = survey._meet

    def meet_later(found: dict[str, str]) -> None:
        usual(found)
        with use_platform():
            Tenant.objects.filter(pk=tenant.pk).update(level=other)

    monkeypatch.setattr(survey, "_meet", meet_later)
    survey.survey()

    assert noted(tenant).level_id == other.pk


def test_a_schema_that_changed_since_it_was_read_is_not_touched(coloured: None) -> None:
    tenants = tiny_tenants(2)
    script = scripts.migrate_by_django(tenants[0].schema_name)
    run(tenants[1].schema_name, "DELETE FROM django_migrations WHERE app = 'crm'")

    with pytest.raises(scripts.ChangedMeanwhile):
        scripts.repeat(script, tenants[1].schema_name)

    assert not has_colour(tenants[1].schema_name)
    with transaction.atomic():  # the connection is as good as before
        assert everybody()
