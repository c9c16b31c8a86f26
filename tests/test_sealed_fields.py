"""What is written about somebody's health is sealed on its way into the database, and nowhere else to be read."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import ProgrammingError, connection, models
from django.utils import timezone
from psycopg import sql

from audit.models import AuditEntry
from history import former_states
from identity.models import User
from modules.crm.models import Flag, Note, NoteAmendment, NoteDraft, Patient
from modules.crm.services import (
    ContactDetails,
    NoteIsSigned,
    PatientDetails,
    register_patient,
    save_note,
    sign_note,
)
from modules.crm.services.flags import FlagDetails, change_flag
from modules.crm.tests.flags import warned
from privacy import backfill
from privacy.fields import BlindIndexField, SealedMixin, SealedTextField, digests_in, sealed_fields
from privacy.keys import NoKey, names_in
from privacy.sealing import SealBroken
from tenancy import TenantRef, use, use_owner, use_platform
from tenants import keys
from tenants.life.sealing import retire_keys, seal_rooms
from tenants.models import TenantKey
from tests.cast import tenant_called

CODE = "AB12"
SECRET = "Drinks a bottle of gin before noon"
ALERT = "HIV positive"


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, now: datetime) -> Patient:
    details = PatientDetails(first_name="Paul")
    patient = register_patient(patient=details, contact=ContactDetails(first_name="Paul"), by=bo, at=now)
    warned(patient, ALERT, by=bo, at=now)
    return patient


@pytest.fixture
def note(paul: Patient, bo: User, now: datetime) -> Note:
    return save_note(patient=paul, appointment_id=None, sections={"plan": SECRET}, shared=False, by=bo, at=now)


def every_text(schema_name: str) -> Iterator[str]:
    """Read whatever the database holds in a schema, as its owner sees it."""
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace",
                       [schema_name])  # fmt: skip
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema_name, table)))
            yield from (row for (row,) in cursor.fetchall())


def test_the_database_never_shows_what_is_sealed(note: Note, clinic: TenantRef, bo: User, now: datetime) -> None:
    sign_note(note=note, by=bo, at=now)
    changed = FlagDetails(text="Hepatitis C", category="SAFETY", severity="DANGER")
    change_flag(flag=Flag.objects.get(), details=changed, by=bo)

    rows = [*every_text(clinic.schema_name), *every_text("public")]

    assert any("Paul" in row for row in rows)
    assert [row for row in rows for secret in (SECRET, ALERT, "Hepatitis") if secret in row] == []


def test_a_module_reads_and_writes_it_like_any_text(note: Note, paul: Patient) -> None:
    read = Note.objects.select_related("patient").get(pk=note.pk)
    assert (read.plan, read.subjective, read.patient.flags.get().text) == (SECRET, "", ALERT)

    read.plan = "Rest."
    read.save(update_fields=["plan"])
    read.refresh_from_db()
    assert read.plan == "Rest."
    assert Note.objects.defer("plan").get(pk=note.pk).plan == "Rest."
    assert [(each, heading) for heading, each in read.sections] == [("Rest.", "Plan")]


def test_what_was_read_in_the_room_can_be_opened_outside_of_it(clinic: TenantRef, note: Note) -> None:
    with use(clinic):
        read = Note.objects.get(pk=note.pk)
    with use_platform():
        assert pickle.loads(pickle.dumps(read)).plan == SECRET  # noqa: S301 - our own
        assert read.plan == SECRET


def test_opening_it_asks_the_database_nothing(note: Note, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert [each.plan for each in Note.objects.all()] == [SECRET]


def test_many_rows_are_sealed_at_once(note: Note, paul: Patient) -> None:
    rows = [Note(patient=paul, author_id=note.author_id, written_at=note.written_at, plan=f"{n}") for n in range(3)]

    Note.objects.bulk_create(rows)

    assert sorted(each.plan for each in Note.objects.exclude(pk=note.pk)) == ["0", "1", "2"]


@pytest.mark.parametrize("how", [{"plan": SECRET}, {"plan__icontains": "gin"}, {"plan__length": 3}, {"plan": ""}])
def test_it_cannot_be_searched(note: Note, how: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        list(Note.objects.filter(**how))


def test_it_is_not_changed_behind_its_rows_back(note: Note) -> None:
    with pytest.raises(FieldError):
        Note.objects.update(plan="Rest.")
    note.plan = "Rest."
    with pytest.raises(FieldError):
        Note.objects.bulk_update([note], ["plan"])


def test_a_sealed_text_moved_to_another_row_does_not_open(note: Note, bo: User, now: datetime, paul: Patient) -> None:
    another = save_note(patient=paul, appointment_id=None, sections={"plan": "Rest."}, shared=False, by=bo, at=now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_note SET plan = (SELECT plan FROM crm_note WHERE id = %s)", [another.pk])

    with pytest.raises(SealBroken):
        _ = Note.objects.get(pk=note.pk).plan


def test_the_log_says_that_a_flag_changed_and_not_what_it_says(paul: Patient, bo: User) -> None:
    flag = paul.flags.get()

    changed = FlagDetails(text="Hepatitis C", advice="Gloves", category="SAFETY", severity="CAUTION")
    change_flag(flag=flag, details=changed, by=bo)

    raised = AuditEntry.objects.get(object_id=flag.pk, action="crm.flag.raised")
    logged = AuditEntry.objects.get(object_id=flag.pk, action="crm.flag.changed")
    assert raised.changes["text"] == [None, "•••"]
    assert logged.changes == {"text": ["•••", "•••"], "advice": ["", "•••"], "severity": ["DANGER", "CAUTION"]}


def test_where_the_key_was_destroyed_nothing_opens_and_nothing_is_written_plain(
    clinic: TenantRef, note: Note, paul: Patient
) -> None:
    with use_platform():
        keys.destroy_key(tenant_id=clinic.id)

    with use(tenant_called("clinic")):
        with pytest.raises(NoKey):
            _ = Note.objects.get(pk=note.pk).plan
        with pytest.raises(NoKey):
            Note(patient=paul, author_id=note.author_id, written_at=note.written_at, plan=SECRET).save()


def test_keys_are_wrapped_anew_without_touching_what_they_sealed(
    clinic: TenantRef, note: Note, settings: Any, capsys: Any
) -> None:
    settings.SEALING_KEYS = {"2027": os.urandom(32), **settings.SEALING_KEYS}

    with use_platform():
        call_command("rewrap_keys")
        call_command("rewrap_keys")

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["3", "0"]
    settings.SEALING_KEYS = {"2027": settings.SEALING_KEYS["2027"]}
    with use(tenant_called("clinic")):
        assert Note.objects.get(pk=note.pk).plan == SECRET


# -- texts from before


def written_before(clinic: TenantRef, note: Note, text: str) -> None:
    with use(clinic), connection.cursor() as cursor:
        cursor.execute("UPDATE crm_note SET plan = %s WHERE id = %s", [text, note.pk])
    with use_platform():
        TenantKey.objects.update(all_sealed_at=None)


def test_a_text_from_before_is_read_as_it_is(clinic: TenantRef, note: Note) -> None:
    written_before(clinic, note, "Written in plain")

    with use(clinic):
        assert Note.objects.get(pk=note.pk).plan == "Written in plain"


@pytest.mark.usefixtures("own_database")
def test_texts_from_before_are_sealed_signed_ones_too_and_stay_locked(now: datetime, monkeypatch: Any) -> None:
    monkeypatch.setattr(backfill, "BATCH", 2)
    clinic = tenant_called("clinic")
    with use_platform():
        bo = User.objects.get(email="bo@clinic.example")
    with use(clinic):
        details, contact = PatientDetails(first_name="Paul"), ContactDetails(first_name="Paul")
        paul = register_patient(patient=details, contact=contact, by=bo, at=now)
    for n in range(5):
        with use(clinic):
            sections = {"plan": "-", "subjective": f"Said {n}"}
            written = save_note(patient=paul, appointment_id=None, sections=sections, shared=False, by=bo, at=now)
        written_before(clinic, written, f"Written in plain {n}")
        with use(clinic):
            sign_note(note=written, by=bo, at=now)

    with use_platform():
        done = (seal_rooms(at=now), seal_rooms(at=now))

    assert done == (3, 0)
    assert [row for row in every_text(clinic.schema_name) if "Written in plain" in row] == []
    with use(clinic):
        read = Note.objects.get(pk=written.pk)
        assert (read.plan, read.subjective) == ("Written in plain 4", "Said 4")
        assert [each.plan for each in former_states(read)] == ["Written in plain 4", "-"]
        with pytest.raises(NoteIsSigned):
            sign_note(note=read, by=bo, at=now)
        with pytest.raises(ProgrammingError, match="neither changes nor goes"):
            read.save()


def test_a_tenant_from_before_there_were_keys_gets_one(clinic: TenantRef, now: datetime) -> None:
    with use_platform():
        TenantKey.objects.filter(pk=clinic.id).delete()

        seal_rooms(at=now)

        assert TenantKey.objects.get(pk=clinic.id).all_sealed_at == now


# -- a new key


@pytest.fixture
def noted(now: datetime) -> Note:
    """A note that was signed, and its patient's alert, in a database of their own."""
    with use_platform():
        bo = User.objects.get(email="bo@clinic.example")
    with use(tenant_called("clinic")):
        details, contact = PatientDetails(first_name="Paul"), ContactDetails(first_name="Paul")
        paul = register_patient(patient=details, contact=contact, by=bo, at=now)
        paul.tax_code, paul.alert = CODE, ALERT
        paul.save()
        note = save_note(patient=paul, appointment_id=None, sections={"plan": SECRET}, shared=False, by=bo, at=now)
        return sign_note(note=note, by=bo, at=now)


def ring() -> list[str]:
    return names_in(tenant_called("clinic").sealed_key)


def keys_in_use() -> set[str]:
    """The names of the keys that the texts of the clinic are sealed with, whichever table they are in."""
    rows = " ".join(every_text(tenant_called("clinic").schema_name))
    return {name or "" for name in re.findall(r"sealed:(?:1|2:(\w+)):", rows)}


def open_still(note: Note) -> None:
    with use(tenant_called("clinic")):
        read = Note.objects.select_related("patient").get(pk=note.pk)
        assert (read.plan, read.patient.alert) == (SECRET, ALERT)
        assert {each.plan for each in former_states(read)} == {SECRET}
        assert Patient.objects.get(tax_code_digest__in=digests_in(Patient, "tax_code", CODE)) == read.patient


@pytest.mark.usefixtures("own_database")
def test_a_key_is_renewed_step_by_step_and_nobody_waits(noted: Note, capsys: Any) -> None:
    with use_platform():
        call_command("renew_keys", "clinic")
        call_command("renew_keys", "clinic")
    first, second = ring()
    assert [line.rpartition(" ")[2] for line in capsys.readouterr().out.splitlines()] == ["way", "already"]
    assert (first, seal_rooms(at=minutes_on(5)), keys_in_use()) == ("", 0, {""})
    open_still(noted)

    seal_rooms(at=minutes_on(11))  # it is known by now, and seals what is new
    assert (ring(), keys_in_use()) == ([second, first], {""})
    with use(tenant_called("clinic")):
        Patient.objects.create(client=noted.patient.client, first_name="Saul", alert="Fell twice")
    assert keys_in_use() == {"", second}
    assert retire_keys() == {noted_schema(): False}
    open_still(noted)

    assert seal_rooms(at=minutes_on(22)) == 1
    assert keys_in_use() == {second}
    open_still(noted)
    assert retire_keys() == {noted_schema(): True}
    assert (ring(), retire_keys()) == ([second], {})
    open_still(noted)


@pytest.mark.usefixtures("own_database")
def test_what_somebody_still_wrote_with_the_older_key_is_not_lost(noted: Note, now: datetime) -> None:
    behind = tenant_called("clinic")  # a process that heard of nothing
    keys.renew_key(tenant_id=behind.id, at=now)
    seal_rooms(at=now + timedelta(minutes=11))
    assert seal_rooms(at=now + timedelta(minutes=22)) == 1
    with use(behind):
        late = Patient.objects.create(client=noted.patient.client, first_name="Late", alert=ALERT)

    assert retire_keys() == {noted_schema(): False}
    assert seal_rooms(at=now + timedelta(minutes=33)) == 1
    assert retire_keys() == {noted_schema(): True}

    with use(tenant_called("clinic")):
        assert Patient.objects.get(pk=late.pk).alert == ALERT


def minutes_on(minutes: int) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def noted_schema() -> str:
    return tenant_called("clinic").schema_name


# -- what the checks see


def test_a_row_needs_its_id_before_it_is_sealed() -> None:
    class Careless(models.Model):
        text = SealedTextField(unique=True)

        class Meta:
            app_label = "privacy"
            managed = False

    messages = [message.msg for message in Careless.check()]

    assert len([message for message in messages if "id has to be known" in message]) == 1
    assert len([message for message in messages if "no index helps" in message]) == 1


def test_the_notes_of_the_clinic_are_sealed() -> None:
    usual = {"subjective", "objective", "assessment", "plan"}
    assert {field.name for field in sealed_fields(Note)} == usual | {"further", "chart"}
    assert {field.name for field in sealed_fields(NoteDraft)} == {"text", "chart"}
    assert {field.name for field in sealed_fields(NoteAmendment)} == {"text", "reason"}
    assert {field.name for field in sealed_fields(Patient)} == {"alert", "tax_code"}


def test_no_plain_digest_gives_a_sealed_text_away() -> None:
    """Of what is short or is one of few answers, a plain digest says which: everybody can digest each of them."""
    plain = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        if sealed_fields(model)
        for field in model._meta.concrete_fields
        if "digest" in field.name and not isinstance(field, SealedMixin | BlindIndexField)
    }

    assert plain == {
        "crm.consent.text_digest",  # of the practice's own text, which everybody may read
        "crm.peopleimport.digest",  # of a whole file
        "scheduling.hold.code_digest",  # with a secret of the server's
        "scheduling.hold.mail_digest",  # of what chance made, and so is the next one
        "scheduling.hold.page_digest",
    }
