"""The pages of people, without JavaScript: the desk registers, finds, opens and changes; patients say who they are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import Note, Patient
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    claim_records,
    register_patient,
    save_note,
    sign_note,
    take_into_care,
)
from tenancy import TenantRef, use

NEW = {"first_name": "Petra", "last_name": "Novak", "phone": "07700 900118", "email": "Petra@Mail.example"}


def register(name: str, *, by: User, email: str = "", born: date | None = None) -> Patient:
    return register_patient(
        patient=PatientDetails(first_name=name, last_name="Weiss", birth_date=born),
        contact=ContactDetails(first_name=name, last_name="Weiss", email=email, phone="07700 900119"),
        by=by,
        at=timezone.now(),
    )


@pytest.fixture
def paul(in_clinic: TenantRef, rita: User) -> Patient:
    return register("Paul", by=rita, email="pia@clinic.example", born=date(1980, 2, 3))


@pytest.fixture
def in_bos_care(paul: Patient, bo: User) -> Patient:
    take_into_care(patient=paul, user_id=bo.pk, reason="test", by=bo, at=timezone.now())
    return paul


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


# Registering


def test_the_desk_registers_somebody_and_sees_the_record(in_clinic: TenantRef, pages: Any, rita: User) -> None:
    """E2E-01"""
    desk = pages(rita)

    answer = desk.post("/patients/new/", NEW | {"birth_date": "1980-02-03"})

    petra = Patient.objects.get(first_name="Petra")
    assert answer["Location"] == f"/patients/{petra.pk}/"
    shown = text_of(desk.get(answer["Location"]))
    assert "Petra Novak" in shown
    assert "+44 7700 900118" in shown
    assert "petra@mail.example" in shown


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"first_name": ""}, "This field is required."),
        ({"first_name": "x" * 71}, "at most 70 characters"),
        ({"email": "petra"}, "Enter a valid email address."),
        ({"phone": "12"}, "“12” is not a phone number."),
        ({"birth_date": "yesterday"}, "Enter a valid date."),
        ({"birth_date": "2990-01-01"}, "Nobody is born in the future."),
        ({"birth_date": "1850-01-01"}, "That is more than 130 years ago."),
        ({"gender": "robot"}, "Select a valid choice."),
    ],
)
def test_a_registration_that_makes_no_sense_is_refused_and_kept(
    fields: dict[str, str], sentence: str, in_clinic: TenantRef, pages: Any, rita: User
) -> None:
    answer = pages(rita).post("/patients/new/", NEW | {"street": "Elm Grove 4"} | fields)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert 'value="Elm Grove 4"' in text_of(answer)
    assert not Patient.objects.filter(last_name="Novak").exists()


def test_an_empty_form_is_refused(in_clinic: TenantRef, pages: Any, rita: User) -> None:
    assert pages(rita).post("/patients/new/").status_code == 422


def test_the_same_form_sent_twice_registers_once(in_clinic: TenantRef, pages: Any, rita: User) -> None:
    desk, form = pages(rita), NEW | {"idempotency_key": "k1"}

    first, second = (desk.post("/patients/new/", form) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert Patient.objects.count() == 1


def test_who_was_registered_for_a_booking_is_chosen_there(in_clinic: TenantRef, pages: Any, rita: User) -> None:
    desk = pages(rita)
    assert 'value="/appointments/new/?service=1"' in text_of(
        desk.get("/patients/new/", {"next": "/appointments/new/?service=1"})
    )

    answer = desk.post("/patients/new/", NEW | {"next": "/appointments/new/?service=1"})

    assert answer["Location"] == f"/appointments/new/?service=1&patient={Patient.objects.get().pk}"


def test_where_one_came_from_is_kept_by_a_refused_form(in_clinic: TenantRef, pages: Any, rita: User) -> None:
    answer = pages(rita).post("/patients/new/", {"next": "/appointments/new/"})

    assert 'name="next" value="/appointments/new/"' in text_of(answer)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:x"])
def test_nobody_is_sent_elsewhere_after_registering(target: str, in_clinic: TenantRef, pages: Any, rita: User) -> None:
    answer = pages(rita).post("/patients/new/", NEW | {"next": target})

    assert answer["Location"] == f"/patients/{Patient.objects.get().pk}/"


def test_a_vet_registers_an_animal_with_its_owner(in_other: TenantRef, pages: Any, cora: User) -> None:
    form = {"first_name": "Rex", "species": "Dog", "owner_first_name": "Callum", "phone": "07700 900118"}

    answer = pages(cora, in_other).post("/patients/new/", form)

    rex = Patient.objects.select_related("client").get()
    assert answer["Location"] == f"/patients/{rex.pk}/"
    assert (rex.name, rex.client.name) == ("Rex", "Callum")


# Finding


@pytest.mark.parametrize("search", ["pau", "WEISS", "pia@clinic", "900119", "Pual Weiss"])
def test_somebody_is_found_by_what_one_knows_of_them(search: str, paul: Patient, pages: Any, rita: User) -> None:
    register("Otto", by=rita)

    assert "Paul Weiss" in text_of(pages(rita).get("/patients/", {"q": search}))


def test_typing_refreshes_the_rows_and_nothing_else(paul: Patient, pages: Any, rita: User) -> None:
    part = text_of(pages(rita).get("/patients/", {"q": "paul"}, **{"HX-Request": "true"}))

    assert "<html" not in part
    assert "Paul Weiss" in part


def test_who_is_not_found_is_said_to_be_not_found(paul: Patient, pages: Any, rita: User) -> None:
    text = text_of(pages(rita).get("/patients/", {"q": "<b>zzz"}))

    assert "Nobody found" in text
    assert "&lt;b&gt;zzz" in text


@pytest.mark.parametrize("query", [{"page": "nine"}, {"page": "-1"}, {"q": "%_\\'"}, {"q": "x" * 5000}])
def test_nonsense_in_the_address_is_no_error(query: dict[str, str], paul: Patient, pages: Any, rita: User) -> None:
    assert pages(rita).get("/patients/", query).status_code == 200


def test_a_few_who_match_are_offered_as_choices_for_another_form(paul: Patient, pages: Any, rita: User) -> None:
    desk = pages(rita)

    offered = text_of(desk.get("/patients/choices/", {"patient_search": "paul"}))

    assert f'name="patient" value="{paul.pk}"' in offered
    assert "Register somebody new" in text_of(desk.get("/patients/choices/", {"patient_search": "zzz"}))
    assert text_of(desk.get("/patients/choices/")).strip() == '<div data-for=""></div>'


def test_the_list_asks_the_database_as_often_for_three_as_for_one(paul: Patient, pages: Any, rita: User) -> None:
    desk = pages(rita)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get("/patients/")
        return len(captured)

    queries()  # whatever is looked up once per process
    one = queries()
    for name in ("Otto", "Olga"):
        register(name, by=rita)
    assert queries() == one


# Opening and changing


def test_looking_at_a_record_is_written_down(paul: Patient, pages: Any, rita: User) -> None:
    pages(rita).get(f"/patients/{paul.pk}/")

    entry = AuditEntry.objects.get(action="crm.patient.viewed")
    assert (entry.user_id, entry.object_id) == (rita.pk, str(paul.pk))


def test_the_desk_changes_a_record(paul: Patient, pages: Any, rita: User) -> None:
    desk, address = pages(rita), f"/patients/{paul.pk}/edit/"
    assert 'value="1980-02-03"' in text_of(desk.get(address))

    answer = desk.post(address, NEW | {"first_name": "Paul"})

    assert answer["Location"] == f"/patients/{paul.pk}/"
    shown = text_of(desk.get(answer["Location"]))
    assert "Paul Novak" in shown
    assert "petra@mail.example" in shown


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"birth_date": "2990-01-01"}, "Nobody is born in the future."), ({"phone": "12"}, "“12” is not a phone number.")],
)
def test_a_change_that_makes_no_sense_changes_nothing(
    fields: dict[str, str], sentence: str, paul: Patient, pages: Any, rita: User
) -> None:
    answer = pages(rita).post(f"/patients/{paul.pk}/edit/", NEW | fields)

    paul.refresh_from_db()
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert "Change Paul Weiss" in text_of(answer)
    assert 'value="Petra"' in text_of(answer)
    assert paul.first_name == "Paul"


def test_another_practices_patients_do_not_exist(paul: Patient, pages: Any, cai: User, other: TenantRef) -> None:
    stranger, address = pages(cai, other), f"/patients/{paul.pk}/"

    assert [stranger.get(path).status_code for path in (address, f"{address}edit/")] == [404, 404]
    assert stranger.post(f"{address}edit/", NEW).status_code == 404
    assert "Paul" not in text_of(stranger.get("/patients/", {"q": "paul"})).replace("“paul”", "")


def test_a_record_that_is_no_record_does_not_exist(in_clinic: TenantRef, pages: Any, rita: User) -> None:
    desk = pages(rita)

    assert desk.get("/patients/01900000-0000-7000-8000-000000000000/").status_code == 404
    assert desk.get("/patients/1/").status_code == 404


# Care


def test_practitioners_reach_whom_they_care_for_and_nobody_else(
    in_bos_care: Patient, pages: Any, bo: User, bea: User, rita: User
) -> None:
    register("Otto", by=rita)
    address = f"/patients/{in_bos_care.pk}/"
    bos, beas = pages(bo), pages(bea)

    assert "Paul Weiss" in text_of(bos.get("/patients/"))
    assert "Otto" not in text_of(bos.get("/patients/"))
    assert "Paul" not in text_of(beas.get("/patients/"))
    assert "Paul" not in text_of(beas.get("/patients/choices/", {"patient_search": "Weiss"}))
    assert (bos.get(address).status_code, bos.get(f"{address}edit/").status_code) == (200, 200)
    assert (beas.get(address).status_code, beas.get(f"{address}edit/").status_code) == (404, 404)
    assert beas.post(f"{address}edit/", NEW).status_code == 404


def test_whom_a_practitioner_registers_is_in_their_care(in_clinic: TenantRef, pages: Any, bo: User, bea: User) -> None:
    bos = pages(bo)

    record = bos.post("/patients/new/", NEW)["Location"]

    assert bos.get(record).status_code == 200
    assert pages(bea).get(record).status_code == 404


def test_notes_are_read_by_who_treats_and_not_by_the_desk_or_the_owner(
    in_bos_care: Patient, pages: Any, bo: User, rita: User, ana: User
) -> None:
    sections = {"subjective": "Stairs easier."}
    save_note(patient=in_bos_care, appointment_id=None, sections=sections, shared=False, by=bo, at=timezone.now())
    address = f"/patients/{in_bos_care.pk}/"

    assert "Stairs easier." in text_of(pages(bo).get(address))
    assert "Stairs easier." not in text_of(pages(rita).get(address))
    assert "Stairs easier." not in text_of(pages(ana).get(address))
    assert "?kind=note" not in pages(rita).get(address).content.decode()


# The portal


def test_a_patient_sees_what_was_shared_with_them(in_bos_care: Patient, pages: Any, pia: User, bo: User) -> None:
    at = timezone.now()
    claim_records(user=pia, verified_emails=["pia@clinic.example"], at=at)
    for plan, shared in (("Load to 3 × 12.", True), ("Ask about sleep.", False)):
        note = save_note(patient=in_bos_care, appointment_id=None, sections={"plan": plan}, shared=shared, by=bo, at=at)
        sign_note(note=Note.objects.get(pk=note.pk), by=bo, at=at)

    text = text_of(pages(pia).get("/my/notes/"))

    assert "Load to 3 × 12." in text
    assert "Ask about sleep." not in text


@pytest.fixture
def twins(in_clinic: TenantRef, rita: User) -> list[Patient]:
    """Two who share the address of Cato, whom the clinic does not know."""
    born = date(1980, 2, 3)
    names = ("Castor", "Pollux")
    return [
        register(name, by=rita, email="cato@other.example", born=born + timedelta(days=n))
        for n, name in enumerate(names)
    ]


def test_who_shares_an_address_says_which_record_is_theirs_by_the_birth_date(
    twins: list[Patient], pages: Any, cato: User
) -> None:
    """E2E-01.1"""
    portal = pages(cato)
    assert portal.get("/my/")["Location"] == "/my/claim/"
    asked = text_of(portal.get("/my/claim/"))
    assert "cato@other.example" in asked
    assert 'class="tabbar"' not in asked  # they would lead to closed doors

    answer = portal.post("/my/claim/", {"birth_date": "1980-02-04"})

    assert answer["Location"] == "/my/"
    assert [patient.client.user_id for patient in Patient.objects.select_related("client").order_by("first_name")] == [
        None,
        cato.pk,
    ]
    assert portal.get("/my/").status_code == 200
    assert portal.get("/my/claim/")["Location"] == "/my/"


@pytest.mark.parametrize(
    ("born", "sentence"),
    [("1999-01-01", "No record with that date."), ("", "This field is required."), ("soon", "Enter a valid date.")],
)
def test_a_wrong_date_opens_nothing(born: str, sentence: str, twins: list[Patient], pages: Any, cato: User) -> None:
    answer = pages(cato).post("/my/claim/", {"birth_date": born})

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Patient.objects.filter(client__user_id=cato.pk).exists()


def test_who_is_not_signed_in_claims_nothing(twins: list[Patient], pages: Any) -> None:
    answer = pages(None).post("/my/claim/", {"birth_date": "1980-02-03"})

    assert answer["Location"].startswith("/sign-in/")


def test_a_record_claimed_here_is_none_elsewhere(paul: Patient, pages: Any, pia: User, other: TenantRef) -> None:
    with use(other):
        assert not Patient.objects.exists()
    assert pages(pia, other).get("/my/")["Location"] == "/my/claim/"
