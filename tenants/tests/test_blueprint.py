"""A schema that is opened from the blueprint is the one that Django's migrations make."""

from __future__ import annotations

import pytest
from django.db import connection
from psycopg import sql

from tenancy import use_owner
from tenancy.grants import grant_tenant, make_tenant_role
from tenants import blueprint
from tenants.blueprint import TEMPLATE
from tests.structure import Fact, structure_of

BUILT = "t_built"


@pytest.fixture
def built(db: None) -> str:
    blueprint.build(BUILT, blueprint.latest())
    return BUILT


@pytest.fixture
def migrated(db: None) -> set[Fact]:
    """What Django's migrations made of the template schema, and what is granted after them."""
    with use_owner(TEMPLATE):
        make_tenant_role(TEMPLATE)
        grant_tenant(TEMPLATE)
    return structure_of(TEMPLATE)


def test_an_opened_schema_is_the_one_that_migrations_make(built: str, migrated: set[Fact]) -> None:
    assert structure_of(built) ^ migrated == set()
    assert {fact[0] for fact in migrated} >= {
        "table", "column", "default", "identity", "sequence", "index", "constraint", "trigger", "function", "grant",
        "migration",
    }  # fmt: skip
    assert any(fact[0] == "constraint" and fact[3].startswith("x EXCLUDE") for fact in migrated)


BROKEN = {
    "table": "ALTER TABLE access_member SET (fillfactor = 70)",
    "column": "ALTER TABLE access_member ALTER COLUMN name TYPE varchar(99)",
    "default": "ALTER TABLE access_member ALTER COLUMN name SET DEFAULT 'x'",
    "identity": "ALTER TABLE django_migrations ALTER COLUMN id SET GENERATED ALWAYS",
    "sequence": "ALTER SEQUENCE django_migrations_id_seq INCREMENT 2",
    "index": "CREATE INDEX broken ON access_member (name)",
    "constraint": "ALTER TABLE scheduling_claim DROP CONSTRAINT {}",
    "trigger": "ALTER TABLE audit_auditentry DISABLE TRIGGER append_only",
    "function": "ALTER FUNCTION inventory_count_move() SET search_path = public",
    "type": "CREATE TYPE mood AS ENUM ('ok')",
    "policy": "CREATE POLICY broken ON access_member USING (true)",
    "grant": "GRANT DELETE ON audit_auditentry TO {}",
    "comment": "COMMENT ON COLUMN access_member.name IS 'x'",
    "migration": "DELETE FROM django_migrations WHERE app = 'crm'",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_the_comparison_sees_each_kind_of_difference(built: str, kind: str) -> None:
    before = structure_of(built)
    named = {"constraint": _an_exclusion(before), "grant": built}.get(kind, "")

    with use_owner(built), connection.cursor() as cursor:
        cursor.execute(sql.SQL(BROKEN[kind]).format(sql.Identifier(named)) if named else BROKEN[kind])

    assert kind in {fact[0] for fact in before ^ structure_of(built)}


def _an_exclusion(facts: set[Fact]) -> str:
    return min(fact[2] for fact in facts if fact[0] == "constraint" and fact[3].startswith("x EXCLUDE"))


def test_a_schema_that_was_built_is_left_as_it_is(built: str) -> None:
    before = structure_of(built)
    blueprint.build(built, blueprint.latest())
    assert structure_of(built) == before


def test_nothing_is_left_of_a_schema_that_was_demolished(built: str) -> None:
    blueprint.demolish(built)
    blueprint.demolish(built)

    with use_owner(in_cell=True), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = %s", [built])
        assert cursor.fetchall() == []
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", [built])
        assert cursor.fetchall() == []


def test_granting_again_changes_nothing(built: str) -> None:
    from tenancy.grants import grants_in

    with use_owner(built):
        assert len(grants_in(built, role=built)) == 1  # the schema itself


def test_a_right_that_is_missing_or_too_much_is_put_right(built: str) -> None:
    before = structure_of(built)
    with use_owner(built), connection.cursor() as cursor:
        role = sql.Identifier(built)
        cursor.execute(sql.SQL("REVOKE INSERT ON access_member FROM {}").format(role))
        cursor.execute(sql.SQL("GRANT UPDATE ON audit_auditentry TO {}").format(role))
        cursor.execute(sql.SQL("REVOKE USAGE ON SEQUENCE django_migrations_id_seq FROM {}").format(role))
        grant_tenant(built)
    assert structure_of(built) == before


@pytest.mark.usefixtures("own_database")
def test_the_blueprint_that_was_drawn_last_is_built_from() -> None:
    first = blueprint.latest()
    assert blueprint.draw() == first  # nothing changed, so it is the same one

    with use_owner(TEMPLATE), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_member ADD COLUMN colour text")
    second = blueprint.draw()
    assert (blueprint.latest(), second == first) == (second, False)

    with use_owner(TEMPLATE), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_member DROP COLUMN colour")
    assert blueprint.draw() == first  # gone back
    assert blueprint.latest() == first
