"""People taken over from files: looked at first, imported whole, undone whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.storage import default_storage
from dramatiq.middleware import TimeLimitExceeded

from access.fields import FieldNotAllowed
from access.roles import change_right
from audit.models import AuditEntry
from filestore.models import StoredFile
from filestore.storage import own_keys
from identity.models import User
from jobs.outbox import later
from modules.crm import tasks
from modules.crm.domain.imports.fields import ADDRESS, fields_for
from modules.crm.domain.subjects import Subject
from modules.crm.models import Client, ImportedRow, Involvement, Note, Patient, PeopleImport, SearchKey, Weight
from modules.crm.services import ContactDetails, PatientDetails, imports, register_patient
from modules.crm.services.imports.labels import labels_for
from modules.crm.services.imports.rows import RowReader
from modules.crm.tests.imported import checked, imported_from, undone
from modules.crm.tests.messy import messy_file
from tenancy import TenantRef

ANNA = "First name;Last name;Born;Phone;E-mail;City\nAnna;Weber;3.2.1985;07700 900500;anna@mail.example;Leeds\n"


def test_a_messy_file_of_ten_thousand_rows_is_looked_through_and_nobody_is_registered_by_that(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    messy, before = messy_file(), _everybody()

    imported = checked(messy.content, by=ana, at=now)

    assert imported.counts == {"new": messy.good, "twice": messy.twice, "error": messy.wrong}
    assert (imported.total, _everybody()) == (10_000, before)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_a_messy_file_is_imported_whole_in_whatever_letters_it_was_saved(
    in_clinic: TenantRef, ana: User, now: datetime, encoding: str
) -> None:
    messy = messy_file(size=200, encoding=encoding)

    imported = imported_from(messy.content, by=ana, at=now)

    assert (imported.counts["created"], imported.counts["error"]) == (messy.good, messy.wrong)
    assert Client.objects.filter(first_name="Jürgen", last_name__startswith="Müller").exists()
    assert Client.objects.filter(first_name="Zoë", city="Forlì").exists()


def test_a_messy_file_is_imported_whole_and_undone_whole(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    messy, before = messy_file(size=700), _everybody()

    imported = imported_from(messy.content, by=ana, at=now)

    assert imported.counts == {
        "new": messy.good,
        "twice": messy.twice,
        "error": messy.wrong,
        "created": messy.good,
        "skipped": messy.twice,
    }
    made = Patient.objects.exclude(pk__in=before)
    assert made.count() == Involvement.objects.filter(patient__in=made, role="client").count() == messy.good
    assert SearchKey.objects.filter(patient__in=made, is_stale=False).exclude(text="  ").count() == messy.good
    assert made.filter(birth_date=None).count() == messy.ageless

    assert undone(imported, by=ana, at=now).counts["removed"] == messy.good
    assert _everybody() == before
    assert not ImportedRow.objects.filter(imported=imported).exclude(kept="").exists()


@pytest.mark.parametrize(
    ("rule", "counts", "city", "phone"),
    [
        ("skip", {"skipped": 1}, "", "+447700900500"),
        ("fill", {"changed": 1}, "Leeds", "+447700900500"),
        ("overwrite", {"changed": 1}, "Leeds", "+447700900599"),
        ("create", {"created": 1}, "", "+447700900500"),
    ],
)
def test_what_becomes_of_those_who_are_known_is_said_by_a_rule_and_undone(
    in_clinic: TenantRef, ana: User, now: datetime, rule: str, counts: dict[str, int], city: str, phone: str
) -> None:
    anna, before = _anna(ana, now), _everybody()

    imported = imported_from(ANNA.replace("900500", "900599"), by=ana, at=now, rule=rule)

    assert imported.counts == {"known": 1} | counts
    client = Client.objects.get(pk=anna.client_id)
    assert (client.city, client.phone) == (city, phone)
    assert Patient.objects.matching("900599").exists() is (rule in ("overwrite", "create"))
    undone(imported, by=ana, at=now)
    client.refresh_from_db()
    assert (client.city, client.phone, _everybody()) == ("", "+447700900500", before)


def test_one_row_is_decided_differently_from_the_rule(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    _anna(ana, now)
    imported = checked(ANNA + "Ben;Weber;;;;\nBen;Weber;;;;\n", by=ana, at=now)
    assert [(row.outcome, row.twin) for row in _rows(imported)] == [("known", None), ("new", None), ("twice", 3)]

    known, new, twin = (row.pk for row in _rows(imported))
    imports.decide_row(imported=imported, row_id=known, decision="fill")
    imports.decide_row(imported=imported, row_id=twin, decision="create")
    with pytest.raises(imports.ImportRefused):
        imports.decide_row(imported=imported, row_id=new, decision="skip")
    imports.begin_import(imported=imported, by=ana)
    imports.apply_import(import_id=imported.pk, at=now)

    imported.refresh_from_db()
    assert {name: imported.counts[name] for name in ("created", "changed")} == {"created": 2, "changed": 1}


def test_whom_somebody_did_something_with_since_is_kept_and_said_why(
    in_clinic: TenantRef, ana: User, bo: User, now: datetime
) -> None:
    text = "First name;Last name;Phone\nNora;Noted;07700 900501\nCora;Changed;07700 900502\nGus;Gone;07700 900503\n"
    imported = imported_from(text, by=ana, at=now)
    nora, cora = (Patient.objects.get(first_name=name) for name in ("Nora", "Cora"))
    Note.objects.create(patient=nora, author_id=bo.pk, author_name="Bo", written_at=now)
    Patient.objects.filter(pk=cora.pk).update(preferred_name="Coco")

    undone(imported, by=ana, at=now)

    kept = dict(ImportedRow.objects.exclude(kept="").values_list("patient_id", "kept"))
    assert kept == {nora.pk: "crm.note", cora.pk: "changed"}
    assert imported.counts["removed"] == 1
    assert not Client.objects.filter(last_name="Gone").exists()


def test_what_somebody_changed_since_is_not_put_back(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    anna = _anna(ana, now)
    imported = imported_from(ANNA.replace("900500", "900599"), by=ana, at=now, rule="overwrite")
    Client.objects.filter(pk=anna.client_id).update(city="York")

    undone(imported, by=ana, at=now)

    anna.client.refresh_from_db()
    assert (anna.client.city, anna.client.phone) == ("York", "+447700900500")
    assert ImportedRow.objects.get(imported=imported).kept == "in-part"


def test_animals_of_one_owner_have_one_client_and_no_two_living_ones_a_chip(
    in_other: TenantRef, cai: User, now: datetime
) -> None:
    text = (
        "Name;Species;Owner;Phone;Chip;Weight\nRex;dog;Vera Vogel;07700 900700;276098100000001;12,5\n"
        "Mia;cat;Vera Vogel;07700 900700;;4.2 kg\nTom;cat;Vera Vogel;07700 900700;276098100000001;\nBo;dog;;;;\n"
    )
    imported = checked(text, by=cai, at=now)
    assert [row.outcome for row in ImportedRow.objects.filter(imported=imported).order_by("number")] == [
        "new",
        "new",
        "twice",
        "error",
    ]
    imports.decide_row(imported=imported, row_id=_rows(imported)[2].pk, decision="create")
    imports.begin_import(imported=imported, by=cai)
    imports.apply_import(import_id=imported.pk, at=now)

    imported.refresh_from_db()
    assert Client.objects.filter(last_name="Vogel").count() == 1
    assert sorted(Weight.objects.filter(patient__client__last_name="Vogel").values_list("grams", flat=True)) == [
        *(4200, 12500),
    ]
    assert {name: imported.counts[name] for name in ("created", "error")} == {"created": 2, "error": 2}
    assert "microchip" in ImportedRow.objects.get(imported=imported, number=4).problems

    again = imported_from(text.replace("Mia", "Kim"), by=cai, at=now)
    assert again.counts["created"] == 1
    assert Client.objects.filter(last_name="Vogel").count() == 1
    undone(again, by=cai, at=now)
    undone(imported, by=cai, at=now)
    assert not Client.objects.filter(last_name="Vogel").exists()


def test_a_mapping_is_remembered_by_the_headers_and_a_file_that_comes_again_is_known(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    first = imported_from(ANNA, by=ana, at=now, columns={0: "last_name", 1: "first_name"}, country="DE")
    again = imports.start_import(name="again.csv", content=ANNA.encode(), by=ana, at=now)
    imports.read_rows(import_id=again.pk, at=now)
    again.refresh_from_db()

    known = imports.suggested(again, by=ana)

    assert (known.columns, known.country, known.is_remembered) == ({0: "last_name", 1: "first_name"}, "DE", True)
    assert imports.earlier_import_of(again) == first


def test_nobody_fills_a_column_that_their_role_may_not_write(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    change_right(role="owner", permission="crm.change_identity", reach=None, reason="x", by=ana, at=now)
    _fresh(ana)
    text = "Name;Tax code\nAnna Weber;123\n"
    imported = imports.start_import(name="x.csv", content=text.encode(), by=ana, at=now)
    imports.read_rows(import_id=imported.pk, at=now)
    imported.refresh_from_db()
    guessed = imports.suggested(imported, by=ana)
    assert "tax_code" not in guessed.columns.values()

    wanted = imports.Mapping(columns={0: "full_name", 1: "tax_code"}, day_first=True, country="GB")
    with pytest.raises(FieldNotAllowed):
        imports.choose_columns(imported=imported, mapping=wanted, by=ana, at=now)


@pytest.mark.parametrize("subject", list(Subject))
def test_every_field_that_is_offered_can_be_read(in_clinic: TenantRef, subject: Subject) -> None:
    said = {"birth_date": "1985-02-03", "gender": "f", "neutered": "no", "weight": "4 kg", "country": "GB"}
    said |= {"email": "x@mail.example", "phone": "07700 900500", "microchip": "276098100000001"}
    fields = [field for field in fields_for(subject) if field not in ("tax_code", "client_tax_code")]
    how = {"subject": subject, "day_first": True, "country": "GB", "on": date(2031, 1, 1)}
    reader = RowReader(columns=dict(enumerate(fields)), **how)

    entry = reader.read([said.get(field, "x") for field in fields])

    assert entry.patient.first_name == "x"
    assert {name for name in labels_for(subject) if name in ADDRESS} == set(ADDRESS) <= entry.said_of_client


def test_an_import_is_one_line_in_the_log_and_whoever_came_with_it_says_so(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    imported = imported_from(ANNA, by=ana, at=now)

    anna = Patient.objects.get(last_name="Weber")
    assert AuditEntry.objects.filter(action="crm.peopleimport.done", object_id=str(imported.pk)).count() == 1
    assert [entry.action for entry in AuditEntry.objects.filter(listed__contains=[anna.pk])] == ["crm.patient.imported"]


def test_a_step_that_takes_too_long_each_time_says_so_and_nothing_of_it_was_done(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    unread = imports.start_import(name="a.csv", content=ANNA.encode(), by=ana, at=now)
    looked_at = checked(ANNA, by=ana, at=now)
    imports.begin_import(imported=looked_at, by=ana)
    before = _everybody()

    for job, step, imported in (
        (tasks.read_import, "read_rows", unread),
        (tasks.apply_import, "apply_import", looked_at),
    ):
        message_id = later(job, import_id=str(imported.pk))
        with patch.object(imports, step, side_effect=TimeLimitExceeded):
            for _ in range(job.options["max_attempts"]):
                job.run_durably(message_id, {"import_id": str(imported.pk)})
        imported.refresh_from_db()

    assert (unread.state, unread.problem) == ("UNREADABLE", "failed")
    assert (looked_at.state, looked_at.problem, _everybody()) == ("CHECKED", "failed", before)


def test_what_rows_said_is_forgotten_and_then_nothing_is_undone(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    imported = imported_from(ANNA, by=ana, at=now)
    later = now + timedelta(days=31)

    assert imports.forget_rows(at=later) == 1

    assert not ImportedRow.objects.filter(imported=imported).exists()
    with pytest.raises(imports.NotNow):
        imports.begin_undoing(imported=imported, by=ana, at=later)


def test_a_file_that_nobody_went_on_with_goes_after_thirty_days_from_the_storage_too(
    in_clinic: TenantRef, ana: User, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    before = set(own_keys())
    imported = imports.start_import(name="a.csv", content=ANNA.encode(), by=ana, at=now)
    imports.read_rows(import_id=imported.pk, at=now)
    (key,) = set(own_keys()) - before
    assert default_storage.exists(key)

    with django_capture_on_commit_callbacks(execute=True):
        assert imports.forget_rows(at=now + timedelta(days=29)) == 0
    assert default_storage.exists(key)
    with django_capture_on_commit_callbacks(execute=True):
        assert imports.forget_rows(at=now + timedelta(days=30)) == 1

    imported.refresh_from_db()
    assert (default_storage.exists(key), imported.file, imported.state) == (False, None, "DISCARDED")
    assert not StoredFile.objects.filter(key=key).exists()


def test_once_the_columns_are_chosen_the_file_itself_is_gone(
    in_clinic: TenantRef, ana: User, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    before = set(own_keys())

    with django_capture_on_commit_callbacks(execute=True):
        imported_from(ANNA, by=ana, at=now)

    assert set(own_keys()) - before == set()


def _everybody() -> set[Any]:
    return set(Patient.objects.values_list("pk", flat=True)) | set(Client.objects.values_list("pk", flat=True))


def _rows(imported: PeopleImport) -> list[ImportedRow]:
    return list(ImportedRow.objects.filter(imported=imported).order_by("number"))


def _anna(by: User, at: datetime) -> Patient:
    names = {"first_name": "Anna", "last_name": "Weber"}
    contact = ContactDetails(**names, phone="07700 900500", email="anna@mail.example")
    patient = PatientDetails(**names, birth_date=date(1985, 2, 3))
    return register_patient(patient=patient, contact=contact, by=by, at=at)


def _fresh(user: User) -> User:
    """Return them as the next request would have them: without what is remembered of their rights."""
    for name in [name for name in vars(user) if name.startswith("_") and name != "_state"]:
        delattr(user, name)
    return user
