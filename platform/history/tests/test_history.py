"""What a row was before stays: in its own tenant, sealed as it was, with who ended it, and never again otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from pghistory.models import Event
from psycopg import sql

from access.models import Member
from history import former_states
from history.former import FormerState
from identity.models import User
from jobs.actors import actor
from jobs.outbox import later
from modules.billing.models import Invoice
from modules.crm.models import Client, Note, Patient, PatientGrant
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.crm.tests.flags import warned
from modules.scheduling.models import Appointment, AppointmentChange
from privacy.fields import blind_fields
from privacy.sealing import PREFIX
from tenancy import TenantRef, use, use_owner
from tenancy.grants import HISTORY
from tenants import blueprint
from tests.jobs import run_due_jobs

ALERT = "HIV positive"
KEPT = [model for model in apps.get_models() if issubclass(model, FormerState)]
TABLES = [model._meta.db_table for model in KEPT]


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, now: datetime) -> Patient:
    details = PatientDetails(first_name="Paul")
    patient = register_patient(patient=details, contact=ContactDetails(first_name="Paul"), by=bo, at=now)
    warned(patient, ALERT, by=bo, at=now)
    return patient


@pytest.fixture
def opened(db: None) -> Iterator[str]:
    """A schema as a new tenant is given one."""
    blueprint.build("t_opened", blueprint.latest())
    return "t_opened"


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def asked(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def test_what_may_change_and_matters_later_keeps_its_history() -> None:
    """What is append-only is a history already."""
    kept = {model.pgh_tracked_model for model in KEPT}

    assert kept >= {Patient, Client, Note, PatientGrant, Appointment, Invoice, Member}
    assert AppointmentChange not in kept
    assert [table for table in TABLES if not table.endswith(HISTORY)] == []
    assert [model for model in apps.get_models() if issubclass(model, Event) and model._meta.managed] == KEPT


def test_statements_that_no_model_knows_of_leave_the_state_before_them(paul: Patient) -> None:
    run("UPDATE crm_patient SET first_name = 'Saul' WHERE id = %s", paul.pk)
    run("UPDATE crm_patient SET first_name = 'Raul', breed = 'x' WHERE id = %s", paul.pk)
    run("DELETE FROM crm_patientgrant WHERE content_object_id = %s", paul.pk)
    run("DELETE FROM crm_flag WHERE patient_id = %s", paul.pk)
    run("DELETE FROM crm_involvement WHERE patient_id = %s", paul.pk)
    run("DELETE FROM crm_searchkey WHERE patient_id = %s", paul.pk)
    run("DELETE FROM crm_patient WHERE id = %s", paul.pk)

    states = [(each.first_name, each.breed, each.pgh_label) for each in former_states(paul)]
    assert states == [("Raul", "x", "delete"), ("Saul", "", "update"), ("Paul", "", "update")]
    kept: Any = PatientGrant.pgh_event_model
    assert kept._default_manager.get(content_object_id=paul.pk).reason != ""


def test_a_row_that_stays_as_it_is_leaves_nothing(paul: Patient) -> None:
    paul.client.save()
    run("UPDATE crm_patient SET first_name = 'Paul' WHERE id = %s", paul.pk)

    assert not former_states(paul).exists()
    assert not former_states(paul.client).exists()


def test_what_was_rolled_back_was_never_a_state(paul: Patient) -> None:
    with transaction.atomic():
        run("UPDATE crm_patient SET first_name = 'Saul' WHERE id = %s", paul.pk)
        transaction.set_rollback(True)

    assert not former_states(paul).exists()


def test_a_state_says_who_ended_it_and_by_which_request(api: Any, clinic: TenantRef, rita: User) -> None:
    made = api(rita).post("/api/patients/", {"first_name": "Paul"}).json()

    answer = api(rita).client.patch(
        f"/api/patients/{made['id']}/", {"first_name": "Saul"}, content_type="application/json"
    )

    assert answer.status_code == 200, answer.content
    with use(clinic):
        origin = former_states(Patient.objects.get(pk=made["id"])).get().pgh_origin
    assert (origin["user_id"], origin["request_id"]) == (str(rita.pk), answer["X-Request-Id"])


def test_a_page_names_who_as_the_api_does(pages: Any, clinic: TenantRef, ana: User) -> None:
    with use(clinic):
        before = set(Member.pgh_event_model.objects.values_list("pk", flat=True))
        bo = Member.objects.get(name="Bo")

    answer = pages(ana).post(f"/settings/team/{bo.pk}/role/", {"role": "receptionist"})

    with use(clinic):
        kept = Member.pgh_event_model.objects.exclude(pk__in=before).get()
    assert answer.status_code < 400, answer.content
    assert (kept.role, kept.pgh_origin["user_id"]) == ("practitioner", str(ana.pk))


def test_a_state_that_a_job_ended_names_the_job(in_clinic: TenantRef, paul: Patient) -> None:
    job = later(rename, patient_id=str(paul.pk))

    assert run_due_jobs() >= 1

    with use(in_clinic):
        origin = former_states(paul).get().pgh_origin
    assert (origin["job"], origin["job_id"]) == (rename.actor_name, str(job))


@actor()
def rename(*, patient_id: str, **_: Any) -> None:
    run("UPDATE crm_patient SET first_name = 'Saul' WHERE id = %s", patient_id)


def test_history_holds_what_is_sealed_as_it_was_sealed_and_opens_it(paul: Patient) -> None:
    flag = paul.flags.get()
    flag.text = "Hepatitis C"
    flag.save()

    assert asked("SELECT text FROM crm_flag_history WHERE id = %s", flag.pk)[0][0].startswith(PREFIX)
    assert [each.text for each in former_states(flag)] == [ALERT]


def test_history_has_no_secrets(in_clinic: TenantRef) -> None:
    secrets = {
        (kept._meta.db_table, secret)
        for kept in KEPT
        for secret in getattr(kept.pgh_tracked_model, "kept_out_of_exports", ())
        if secret
        not in {
            field.name for field in blind_fields(kept.pgh_tracked_model)
        }  # no more of one than the sealed text beside it
    }
    columns = {(kept._meta.db_table, field.column) for kept in KEPT for field in kept._meta.concrete_fields}
    assert secrets == {("access_member_history", "invitation_digest")}
    assert secrets & columns == set()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}", "TRUNCATE {}",
     "INSERT INTO {} SELECT (jsonb_populate_record(NULL::{}, '{{}}')).*"],
)  # fmt: skip
def test_a_tenants_role_only_reads_history(in_clinic: TenantRef, table: str, statement: str) -> None:
    name = sql.Identifier(table)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*[name] * statement.count("{}")))
    assert asked("SELECT has_table_privilege(%s, 'SELECT')", table) == [(True,)]


@pytest.mark.parametrize("statement", ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_the_owner_changes_history(paul: Patient, in_clinic: TenantRef, statement: str) -> None:
    run("UPDATE crm_patient SET first_name = 'Saul' WHERE id = %s", paul.pk)

    with use_owner(in_clinic.schema_name), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(statement.format("crm_patient_history"))


def test_every_history_is_append_only(opened: str) -> None:
    with use_owner(opened):
        locked = asked(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = %s::regnamespace AND t.tgname IN ('append_only', 'append_only_truncate')"
            " GROUP BY 1 HAVING count(*) = 2",
            opened,
        )
    assert {(table,) for table in TABLES} <= set(locked)


def test_its_functions_stay_in_their_schema_whoever_calls_them(opened: str) -> None:
    with use_owner(opened):
        functions = asked(
            "SELECT proname, proconfig, prosecdef FROM pg_proc"
            " WHERE pronamespace = %s::regnamespace AND proname LIKE 'pgtrigger%%'",
            opened,
        )
    assert len(functions) == 2 * len(KEPT)
    path = [f"search_path={opened}, public, pg_temp"]
    assert [name for name, settings, as_owner in functions if (settings, as_owner) != (path, True)] == []


def test_a_write_from_another_schemas_path_is_kept_where_the_row_is(
    paul: Patient, clinic: TenantRef, other: TenantRef
) -> None:
    with use_owner(other.schema_name):
        before = asked("SELECT count(*) FROM crm_patient_history")
        run(f"UPDATE {clinic.schema_name}.crm_patient SET first_name = 'Saul' WHERE id = %s", paul.pk)  # noqa: S608
        assert asked("SELECT count(*) FROM crm_patient_history") == before

    with use(clinic):
        assert former_states(paul).get().first_name == "Paul"


def test_a_table_of_the_same_name_in_ones_session_does_not_catch_it(paul: Patient, clinic: TenantRef) -> None:
    with use_owner(clinic.schema_name):
        run("CREATE TEMPORARY TABLE crm_patient_history (LIKE crm_patient_history) ON COMMIT DROP")
        run("UPDATE crm_patient SET first_name = 'Saul' WHERE id = %s", paul.pk)
        assert asked(f"SELECT count(*) FROM {clinic.schema_name}.crm_patient_history WHERE id = %s", paul.pk) == [(1,)]  # noqa: S608
        run("DROP TABLE pg_temp.crm_patient_history")


def test_no_setting_turns_it_off(paul: Patient) -> None:
    named = [trigger.get_pgid(model) for model, trigger in pgtrigger.registered()]
    run("SELECT set_config('pgtrigger.ignore', %s, true)", "{" + ",".join(named) + "}")

    run("UPDATE crm_patient SET first_name = 'Saul' WHERE id = %s", paul.pk)

    assert former_states(paul).exists()


def test_the_library_finds_all_its_triggers_in_a_schema_from_stock(opened: str, capsys: Any) -> None:
    with use_owner(opened):
        call_command("pgtrigger", "ls")

    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert len(lines) == 2 * len(KEPT)
    assert [line for line in lines if "INSTALLED" not in line or "UNINSTALLED" in line or "DISABLED" in line] == []


def test_a_column_that_has_history_may_still_change_its_type(in_clinic: TenantRef) -> None:
    """A condition that named columns would forbid it, and the runner repeats in each schema what Django did in one."""
    with use_owner(in_clinic.schema_name):
        run("ALTER TABLE crm_patient ALTER COLUMN breed TYPE varchar(99)")
        run("ALTER TABLE crm_patient ALTER COLUMN ended_at TYPE date")


def test_deleting_what_a_former_state_points_to_is_no_matter(paul: Patient) -> None:
    client = Client.objects.create(first_name="Petra")
    petra = client.pk
    run("UPDATE crm_patient SET client_id = %s WHERE id = %s", client.pk, paul.pk)
    run("UPDATE crm_patient SET client_id = %s WHERE id = %s", paul.client_id, paul.pk)

    client.delete()

    assert [each.client_id for each in former_states(paul)] == [petra, paul.client_id]
    fields = [field for kept in KEPT for field in kept._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    assert [field for field in fields if field.db_constraint or field.db_index] == []
