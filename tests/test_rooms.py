"""What keeps rooms apart, read from the databases' own catalogues, and tried by somebody who got a statement in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from identity.models import User
from modules.scheduling.models import WorkingHours
from tenancy import TenantRef, use, use_owner
from tenancy.databases import is_split
from tenancy.grants import TENANTS_MAY
from tenants.models import Tenant
from tests.mixing import is_mixed

OF_OURS = "nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
ROLES = "SELECT rolname FROM pg_roles WHERE rolname IN (SELECT nspname FROM pg_namespace) AND rolname LIKE 't\\_%'"
REFUSED = "permission denied|must be|multiple commands|row-level security"
NOT_THERE = "does not exist"


def read(statement: str) -> list[tuple[Any, ...]]:
    """Ask the catalogue of each database, as the owner."""
    found: list[tuple[Any, ...]] = []
    for in_cell in (False, True) if is_split() else (False,):
        with use_owner(in_cell=in_cell), connection.cursor() as cursor:
            cursor.execute(statement)
            found += cursor.fetchall()
    return found


# -- what the catalogue says


def test_every_function_of_ours_is_pinned_to_where_it_looks_things_up(db: None) -> None:
    """One that is not finds another room's tables, or somebody's own `now()`, by the path of whoever calls it."""
    loose = read(
        f"SELECT n.nspname, p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OF_OURS}"  # noqa: S608
        " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
        " AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%')"
    )

    assert loose == []


def test_no_function_of_a_room_looks_into_another(db: None) -> None:
    pinned = read(
        "SELECT n.nspname, c FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, unnest(p.proconfig) c"
        " WHERE n.nspname LIKE 't\\_%' AND c LIKE 'search_path=%'"
    )

    assert pinned
    assert [row for row in pinned if set(re.findall(r"t_[a-z2-7]{26}", row[1])) - {row[0]}] == []


def test_what_django_numbers_by_itself_is_in_public_only(db: None) -> None:
    """Processes remember the numbers. Where each room had its own, one look-up in six found another room's."""
    wanted = "('django_content_type', 'auth_permission', 'auth_group')"
    assert read(f"SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"  # noqa: S608
                f" WHERE relname IN {wanted} AND nspname <> 'public'") == []  # fmt: skip


def test_there_is_nobody_who_may_do_everything_everywhere() -> None:
    """Django's groups, rights and superusers would hold in every room at once."""
    assert {"is_superuser", "groups", "user_permissions"} & {field.name for field in User._meta.get_fields()} == set()
    assert User().is_superuser is False
    assert settings.ANONYMOUS_USER_NAME is None


def test_a_rooms_name_is_made_of_an_id(db: None) -> None:
    schemas = [name for (name,) in read("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'")]

    assert [name for name in schemas if not re.fullmatch(r"t_[a-z2-7]{26}", name)] == []
    assert (Tenant.auto_create_schema, Tenant.auto_drop_schema) == (False, False)


def test_a_rooms_role_can_neither_sign_in_nor_rise_nor_become_another(db: None) -> None:
    able = "rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
    assert read(f"SELECT rolname FROM pg_roles WHERE ({able}) AND rolname IN ({ROLES})") == []  # noqa: S608

    members = read(
        "SELECT m.roleid::regrole::text FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"  # noqa: S608
        f" WHERE r.rolname IN ({ROLES})"
    )
    assert {name for (name,) in members} == {settings.DATABASE_TENANTS_ROLE}


def test_a_rooms_role_enters_its_own_schema_and_public(db: None) -> None:
    strangers = read(
        f"SELECT r.rolname, n.nspname FROM ({ROLES}) r, pg_namespace n WHERE {OF_OURS}"  # noqa: S608
        " AND n.nspname NOT IN ('public', r.rolname) AND has_schema_privilege(r.rolname, n.oid, 'USAGE')"
    )
    makers = read(
        f"SELECT r.rolname, n.nspname FROM ({ROLES}) r, pg_namespace n WHERE {OF_OURS}"  # noqa: S608
        " AND has_schema_privilege(r.rolname, n.oid, 'CREATE')"
    )

    assert strangers == []
    assert makers == []


def test_a_rooms_role_has_of_public_what_is_listed_and_nothing_else(clinic: TenantRef) -> None:
    rights = "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"
    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, privilege FROM pg_class, unnest(%s::text[]) privilege"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
            " AND has_table_privilege(%s, oid, privilege)",
            [list(rights), clinic.schema_name],
        )
        held = set(cursor.fetchall())

    assert held == {(table, right) for table, listed in TENANTS_MAY.items() for right in listed.split(", ")}


# -- what somebody tries who got a statement in


ATTEMPTS = {
    "a qualified name": 'SELECT * FROM "{other}".crm_patient',
    "a join": 'SELECT * FROM crm_patient JOIN "{other}".crm_patient theirs ON true',
    "people": "SELECT email FROM public.identity_user",
    "sessions": "SELECT * FROM public.identity_session",
    "other tenants": "SELECT name FROM public.tenants_tenant",
    "another's jobs": "INSERT INTO public.jobs_outboxmessage (id, room, actor, queue, arguments, available_at)"
    " VALUES (gen_random_uuid(), '{other}', 'x', 'x', '{{}}', now())",
    "a change of another's rows": 'UPDATE "{other}".crm_patient SET first_name = first_name',
    "a table in public": "CREATE TABLE public.found (x int)",
    "a table of its own": "CREATE TABLE found (x int)",
    "a function of its own": "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "an end of the trigger": "ALTER TABLE audit_auditentry DISABLE TRIGGER ALL",
    "an end of the room": 'DROP SCHEMA "{other}" CASCADE',
    "a right": 'GRANT USAGE ON SCHEMA "{other}" TO "{own}"',
    "a role": "CREATE ROLE mallory SUPERUSER",
    "a file": "SELECT pg_read_file('/etc/passwd')",
    "a program": "COPY crm_patient TO PROGRAM 'cat'",
    "another server": "SELECT dblink('dbname=postgres', 'SELECT 1')",
    "the owner, in passing": "SELECT 1; RESET ROLE; SELECT * FROM public.identity_user",
    "another's role, in passing": "SELECT 1; SET ROLE \"{other}\"; SELECT * FROM \"{other}\".crm_patient",
}  # fmt: skip


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_under_a_rooms_role_postgres_refuses(clinic: TenantRef, other: TenantRef, attempt: str) -> None:
    statement = ATTEMPTS[attempt].format(own=clinic.schema_name, other=other.schema_name)
    is_elsewhere = is_split() or attempt == "another server"
    refused = pytest.raises(DatabaseError, match=f"{REFUSED}|{NOT_THERE}" if is_elsewhere else REFUSED)
    with use(clinic), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_right_role_with_a_wrong_path_finds_nothing(clinic: TenantRef, other: TenantRef) -> None:
    path = sql.SQL("SET search_path = {}, public").format(sql.Identifier(other.schema_name))
    refused = pytest.raises(DatabaseError, match=NOT_THERE)
    with use(clinic), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(path)
        cursor.execute("SELECT 1 FROM crm_patient")


def test_the_owner_alone_sends_several_statements_at_once(clinic: TenantRef) -> None:
    """A blueprint is one long script; nothing that a request sends is."""
    with use_owner(clinic.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT 1; SELECT 2")


# -- statements that could not run on two clusters


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('SELECT 1 FROM "crm_patient" JOIN "identity_user" ON TRUE', True),
        ("select 1 from CRM_PATIENT where id in (select id from public.identity_user)", True),
        ('INSERT INTO "tenants_domain" SELECT * FROM "t_x"."billing_invoice"', True),
        ('SELECT "crm_patient"."id" FROM "crm_patient"', False),
        ('SELECT 1 FROM "tenants_tenant" JOIN "identity_user" ON TRUE', False),
        ('SELECT 1 FROM "crm_patientgrant" JOIN "auth_permission" ON TRUE', False),
        ("SELECT 'identity_user' FROM crm_patient -- identity_user", False),
    ],
)
def test_a_statement_is_mixed_if_it_names_tables_of_both(statement: str, expected: bool) -> None:
    assert is_mixed(statement) is expected


def test_a_mixed_statement_is_found_wherever_it_is_run(clinic: TenantRef) -> None:
    from tests import mixing

    with use(clinic), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM crm_patient, public.identity_user")

    assert mixing.mixed.pop() == "SELECT 1 FROM crm_patient, public.identity_user"


def test_the_cast_counts_differently_in_each_room(clinic: TenantRef, other: TenantRef) -> None:
    """Rooms whose counters agree would hide that one was taken for the other."""
    last = []
    for room in (clinic, other):
        with use(room):
            last.append(WorkingHours.objects.latest("pk").pk)

    assert last[0] != last[1]
