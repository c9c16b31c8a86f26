"""Registering, changing, claiming and noting."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from access.models import Member, Role
from audit.models import AuditEntry
from identity.models import User
from modules.crm import services
from modules.crm.models import Client, Note, Patient
from modules.crm.services import (
    ContactDetails,
    EmptyNote,
    NoteIsSigned,
    NotInCare,
    NotRegistrable,
    PatientDetails,
    UnknownClient,
    claim_records,
    register_patient,
    save_note,
    sign_note,
    take_into_care,
)
from tenancy import TenantRef

pytestmark = pytest.mark.usefixtures("in_clinic")
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def paul(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    return register_patient(
        patient=PatientDetails(first_name="Paul", last_name="Weiss", birth_date=date(1980, 2, 3)),
        contact=ContactDetails(first_name="Paul", last_name="Weiss", email="Paul@Mail.example", phone="07700 900118"),
        by=rita,
        at=now,
    )


def test_a_phone_number_is_kept_in_e164_read_as_of_the_practices_country(paul: Patient) -> None:
    assert paul.client.phone == "+447700900118"


def test_an_email_is_kept_in_small_letters(paul: Patient) -> None:
    assert paul.client.email == "paul@mail.example"


@pytest.mark.parametrize(
    ("patient", "contact", "field"),
    [
        ({"first_name": " "}, {"first_name": "Paul"}, "first_name"),
        ({"first_name": "Paul", "birth_date": date(2040, 1, 1)}, {"first_name": "Paul"}, "birth_date"),
        ({"first_name": "Paul", "birth_date": date(1850, 1, 1)}, {"first_name": "Paul"}, "birth_date"),
        ({"first_name": "Rex"}, {"first_name": ""}, "client"),
        ({"first_name": "Paul"}, {"first_name": "Paul", "phone": "12"}, "phone"),
        ({"first_name": "Paul"}, {"first_name": "Paul", "phone": "ring me"}, "phone"),
    ],
    ids=["no name", "born tomorrow", "too old", "nobody answers", "short phone", "no phone"],
)
def test_a_registration_that_makes_no_sense_names_the_field(
    patient: dict[str, Any], contact: dict[str, Any], field: str, rita: User, now: datetime
) -> None:
    with pytest.raises(NotRegistrable) as refused:
        register_patient(patient=PatientDetails(**patient), contact=ContactDetails(**contact), by=rita, at=now)

    assert list(refused.value.fields) == [field]
    assert not Client.objects.exists()


def test_an_animal_is_brought_by_a_client_who_is_known(paul: Patient, rita: User, now: datetime) -> None:
    rex = register_patient(
        patient=PatientDetails(first_name="Rex", species="Dog"), contact=None, client_id=paul.client_id, by=rita, at=now
    )

    assert (rex.client, rex.is_animal) == (paul.client, True)
    with pytest.raises(UnknownClient):
        register_patient(
            patient=PatientDetails(first_name="Rex"),
            contact=None,
            client_id=NOBODY,
            by=rita,
            at=now,  # type: ignore[arg-type]
        )


def test_every_change_is_recorded_with_its_old_and_new_value(paul: Patient, rita: User, now: datetime) -> None:
    services.change_patient(
        patient=paul,
        details=PatientDetails(first_name="Paul", last_name="Weiss-Roth", birth_date=paul.birth_date),
        contact=ContactDetails(first_name="Paul", last_name="Weiss", email="p@new.example", phone="+447700900118"),
        by=rita,
        at=now,
    )

    entry = AuditEntry.objects.get(action="crm.patient.changed")
    assert entry.changes == {"last_name": ["Weiss", "Weiss-Roth"]}
    assert (entry.user_id, entry.user_label, entry.role, entry.subject_id) == (rita.pk, "Rita", "receptionist", paul.pk)
    of_client = AuditEntry.objects.get(action="crm.client.changed")
    assert of_client.changes == {"email": ["paul@mail.example", "p@new.example"]}
    assert of_client.subject_id == paul.client_id


def test_a_change_of_nothing_is_not_recorded(paul: Patient, rita: User, now: datetime) -> None:
    services.change_patient(
        patient=paul,
        details=PatientDetails(first_name="Paul", last_name="Weiss", birth_date=paul.birth_date),
        contact=ContactDetails(first_name="Paul", last_name="Weiss", email=paul.client.email, phone=paul.client.phone),
        by=rita,
        at=now,
    )

    assert not AuditEntry.objects.filter(action="crm.patient.changed").exists()


@pytest.mark.parametrize("text", ["Paul", "weiss", "paul w", "Weisz", "mail.example", "900118", "07700 900118"])
def test_somebody_is_found_by_any_fragment_and_in_spite_of_a_typo(paul: Patient, text: str) -> None:
    assert list(Patient.objects.matching(text)) == [paul]


@pytest.mark.parametrize("text", ["Zoe", "999999", "%", "_"])
def test_nobody_is_found_by_what_is_not_theirs(paul: Patient, text: str) -> None:
    assert list(Patient.objects.matching(text)) == []


def test_a_verified_email_claims_its_record_once(paul: Patient, pia: User, ana: User, now: datetime) -> None:
    assert claim_records(user=pia, verified_emails=["PAUL@mail.example"], at=now) == [paul.client]
    assert claim_records(user=ana, verified_emails=["paul@mail.example"], at=now) == []

    paul.refresh_from_db()
    assert paul.client.user_id == pia.pk
    assert list(Patient.objects.visible_to(pia)) == [paul]


def test_another_email_claims_nothing(paul: Patient, pia: User, now: datetime) -> None:
    assert claim_records(user=pia, verified_emails=["other@mail.example"], at=now) == []
    assert list(Patient.objects.visible_to(pia)) == []


def test_where_two_share_an_address_the_birth_date_says_who_it_is(
    paul: Patient, pia: User, rita: User, now: datetime
) -> None:
    petra = register_patient(
        patient=PatientDetails(first_name="Petra", birth_date=date(1985, 5, 5)),
        contact=ContactDetails(first_name="Petra", email="paul@mail.example"),
        by=rita,
        at=now,
    )

    assert claim_records(user=pia, verified_emails=["paul@mail.example"], at=now) == []
    claimed = claim_records(user=pia, verified_emails=["paul@mail.example"], at=now, birth_date=date(1985, 5, 5))
    assert claimed == [petra.client]


def test_a_stranger_who_claims_a_record_becomes_a_patient_here(paul: Patient, cato: User, now: datetime) -> None:
    claim_records(user=cato, verified_emails=["paul@mail.example"], at=now)

    assert Member.objects.of_user(cato.pk).get().role == Role.PATIENT


def test_a_record_is_reached_by_whoever_has_it_in_their_care(
    paul: Patient, bo: User, bea: User, rita: User, now: datetime
) -> None:
    take_into_care(patient=paul, user_id=bo.pk, reason="takes over", by=rita, at=now)
    take_into_care(patient=paul, user_id=bo.pk, reason="again", by=rita, at=now)

    assert list(Patient.objects.visible_to(bo)) == [paul]
    assert list(Patient.objects.visible_to(bea)) == []
    assert AuditEntry.objects.filter(action="crm.patient.taken_into_care").count() == 1


@pytest.fixture
def draft(paul: Patient, bo: User, now: datetime) -> Note:
    take_into_care(patient=paul, user_id=bo.pk, reason="visit", by=bo, at=now)
    return save_note(patient=paul, appointment_id=None, sections={"subjective": "Better."}, shared=True, by=bo, at=now)


def test_a_draft_is_seen_by_who_treats_and_by_nobody_else(draft: Note, bo: User, rita: User, ana: User) -> None:
    assert list(Note.objects.visible_to(bo)) == [draft]
    assert list(Note.objects.visible_to(rita)) == []
    assert list(Note.objects.visible_to(ana)) == []


def test_a_patient_sees_a_shared_note_once_it_is_signed(draft: Note, pia: User, bo: User, now: datetime) -> None:
    claim_records(user=pia, verified_emails=["paul@mail.example"], at=now)
    assert list(Note.objects.visible_to(pia)) == []

    sign_note(note=draft, by=bo, at=now)

    assert [note.pk for note in Note.objects.visible_to(pia)] == [draft.pk]


def test_a_signed_note_is_locked_by_the_database_itself(draft: Note, bo: User, now: datetime) -> None:
    signed = sign_note(note=draft, by=bo, at=now)

    with pytest.raises(NoteIsSigned):
        sign_note(note=signed, by=bo, at=now)
    for statement in ("UPDATE crm_note SET plan = 'x'", "DELETE FROM crm_note"):
        refused = pytest.raises((ProgrammingError, IntegrityError), match="neither changes nor goes")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_nobody_writes_about_a_patient_who_is_not_in_their_care(paul: Patient, bo: User, now: datetime) -> None:
    with pytest.raises(NotInCare):
        save_note(patient=paul, appointment_id=None, sections={"plan": "x"}, shared=False, by=bo, at=now)


def test_an_empty_note_is_not_signed(paul: Patient, bo: User, now: datetime) -> None:
    take_into_care(patient=paul, user_id=bo.pk, reason="visit", by=bo, at=now)
    empty = save_note(patient=paul, appointment_id=None, sections={}, shared=False, by=bo, at=now)

    with pytest.raises(EmptyNote):
        sign_note(note=empty, by=bo, at=now + timedelta(minutes=1))
