"""The pages and endpoints of care: let in, hand over, end, open in an emergency, and who can see."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.models import Member
from identity.models import User
from modules.crm.models import CARE, SHARED, Note, Patient, PatientGrant
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    open_in_emergency,
    register_patient,
    save_note,
    share_record,
    take_into_care,
)
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef

WHY = "Collapsed in the waiting room."
SECRET = "Drinks more than he says."


@pytest.fixture
def paul(in_clinic: TenantRef, rita: User, bo: User) -> Patient:
    """Paul, in Bo's care, with a note."""
    now = timezone.now()
    patient = register_patient(
        patient=PatientDetails(first_name="Paul", last_name="Weiss", birth_date=date(1980, 2, 3)),
        contact=ContactDetails(first_name="Paul", last_name="Weiss", email="paul@mail.example"),
        by=rita,
        at=now,
    )
    take_into_care(patient=patient, user_id=bo.pk, reason="a visit was booked with them", by=rita, at=now)
    save_note(patient=patient, appointment_id=None, sections={"plan": SECRET}, shared=False, by=bo, at=now)
    return patient


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def member(user: User) -> Any:
    return Member.objects.of_user(user.pk).get().pk


def kinds_of(user: User) -> list[str]:
    return [row.kind for row in PatientGrant.objects.filter(user_id=user.pk).select_related("permission")]


# Letting in and ending


def test_the_record_says_in_whose_care_it_is(paul: Patient, pages: Any, bo: User, rita: User) -> None:
    for browser in (pages(bo), pages(rita)):
        text = text_of(browser.get(f"/patients/{paul.pk}/"))
        assert "In the care of" in text
        assert f"/patients/{paul.pk}/care/" in text


def test_a_colleague_is_let_in_to_read_until_a_day(paul: Patient, pages: Any, bo: User, bea: User) -> None:
    last_day = timezone.localdate() + timedelta(days=7)
    fields = {"member_id": member(bea), "kind": "shared", "until_day": last_day.isoformat(), "reason": "second view"}

    answer = pages(bo).post(f"/patients/{paul.pk}/care/give/", fields)

    assert (answer.status_code, answer["Location"]) == (302, f"/patients/{paul.pk}/care/")
    until = PatientGrant.objects.get(user_id=bea.pk).until
    assert until is not None
    assert timezone.localtime(until).date() == last_day + timedelta(days=1)
    seen = text_of(pages(bea).get(f"/patients/{paul.pk}/"))
    assert SECRET in seen
    assert "This record is shared with you, to read, until" in seen
    assert "/edit/" not in seen
    assert f"/appointments/new/?patient={paul.pk}" not in seen


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": ""}, "This field is required."),
        ({"member_id": ""}, "This field is required."),
        ({"member_id": "nobody"}, "Select a valid choice."),
        ({"kind": "own"}, "Select a valid choice."),
        ({"until_day": "2001-01-01"}, "That is past."),
        ({"until_day": "soon"}, "Enter a valid date."),
        ({"kind": "care", "until_day": "2090-01-01"}, "Care has no last day"),
    ],
)
def test_what_makes_no_sense_is_refused_and_kept(
    fields: dict[str, str], sentence: str, paul: Patient, pages: Any, bo: User, bea: User
) -> None:
    sent = {"member_id": member(bea), "kind": "shared", "reason": "second view"} | fields

    answer = pages(bo).post(f"/patients/{paul.pk}/care/give/", sent)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert f'value="{sent["reason"]}"' in text_of(answer) or not sent["reason"]
    assert kinds_of(bea) == []


def test_care_is_handed_over(paul: Patient, pages: Any, bo: User, bea: User) -> None:
    browser = pages(bo)
    address = f"/patients/{paul.pk}/care/end/?whom={bo.pk}&kind=care"
    assert "End Bo’s care of Paul Weiss?" in text_of(browser.get(address))
    assert browser.post(address, {"reason": ""}).status_code == 422

    answer = browser.post(address, {"reason": "parental leave", "to": member(bea)})

    assert (answer.status_code, answer["Location"]) == (302, "/patients/")
    assert (kinds_of(bo), kinds_of(bea)) == ([], [CARE])
    assert browser.get(f"/patients/{paul.pk}/").status_code == 404
    assert "parental leave" in text_of(pages(bea).get(f"/patients/{paul.pk}/care/"))
    assert browser.get(address).status_code == 404


def test_the_desk_ends_what_a_colleague_gave_and_a_practitioner_does_not(
    paul: Patient, pages: Any, bo: User, bea: User, ana: User, rita: User
) -> None:
    take_into_care(patient=paul, user_id=bea.pk, reason="a visit", by=ana, at=timezone.now())
    address = f"/patients/{paul.pk}/care/end/?whom={bea.pk}&kind=care"

    assert pages(bo).post(address, {"reason": "mine"}).status_code == 403
    assert pages(rita).post(address, {"reason": "moved away"}).status_code == 302
    assert kinds_of(bea) == []


def test_who_does_not_see_the_record_does_not_see_its_care(paul: Patient, pages: Any, api: Any, bea: User) -> None:
    for path in ("care/", f"care/end/?whom={bea.pk}&kind=care", "access/", "emergency/"):
        assert pages(bea).get(f"/patients/{paul.pk}/{path}").status_code == 404
    assert pages(bea).post(f"/patients/{paul.pk}/care/give/").status_code == 404
    assert api(bea).get(f"/api/patients/{paul.pk}/care/").status_code == 404
    assert api(bea).get(f"/api/patients/{paul.pk}/access/").status_code == 404
    assert api(bea).post(f"/api/patients/{paul.pk}/emergency/", {"reason": WHY}).status_code == 404


def test_who_was_lent_a_record_lends_it_no_further(paul: Patient, pages: Any, bo: User, bea: User) -> None:
    share_record(patient=paul, member_id=member(bea), reason="look", until=None, by=bo, at=timezone.now())
    fields = {"member_id": member(bea), "kind": "care", "reason": "mine"}

    assert pages(bea).get(f"/patients/{paul.pk}/care/").status_code == 403
    assert pages(bea).post(f"/patients/{paul.pk}/care/give/", fields).status_code == 403
    assert pages(bea).get(f"/patients/{paul.pk}/access/").status_code == 403


def test_who_was_lent_a_record_does_not_keep_it_by_booking(
    paul: Patient, api: Any, bo: User, bea: User, soon: Any
) -> None:
    share_record(patient=paul, member_id=member(bea), reason="look", until=None, by=bo, at=timezone.now())
    service = Service.objects.get(name="Follow-up")
    body = {"service_id": service.pk, "patient_id": paul.pk, "start_time": soon.isoformat()}

    refused = api(bea).post("/api/scheduling/appointments/", body)

    assert (refused.status_code, kinds_of(bea)) == (403, [SHARED])
    assert "only lent to you" in refused.json()["detail"]
    assert api(bo).post("/api/scheduling/appointments/", body).status_code == 201


def test_after_their_care_ended_nobody_writes_the_note_of_a_visit(
    paul: Patient, pages: Any, api: Any, bo: User, rita: User, soon: Any
) -> None:
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=paul.pk,
        practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
        starts_at=soon,
    )
    visit = book_appointment(wish=wish, by=rita, at=timezone.now())
    pages(rita).post(f"/patients/{paul.pk}/care/end/?whom={bo.pk}&kind=care", {"reason": "asked for another"})

    assert pages(bo).get(f"/appointments/{visit.pk}/").status_code == 200
    refused = api(bo).put(f"/api/scheduling/appointments/{visit.pk}/note/", {"plan": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not-in-care")
    assert Note.objects.count() == 1


# Emergencies


def test_a_record_that_is_not_ones_own_opens_in_an_emergency(paul: Patient, pages: Any, bea: User, rita: User) -> None:
    browser = pages(bea)
    assert "/patients/emergency/" in text_of(browser.get("/patients/"))
    fields = {"first_name": "paul", "last_name": "weiss", "birth_date": "1980-02-03", "reason": WHY}

    answer = browser.post("/patients/emergency/", fields)

    assert (answer.status_code, answer["Location"]) == (302, f"/patients/{paul.pk}/")
    seen = text_of(browser.get(answer["Location"]))
    assert SECRET in seen
    assert "You opened this record in an emergency." in seen
    assert WHY in text_of(pages(rita).get(f"/patients/{paul.pk}/care/"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"birth_date": "1980-02-04"}, "No single record fits this."),
        ({"first_name": "Zoe"}, "No single record fits this."),
        ({"birth_date": ""}, "Give the full name, and the date of birth or how to reach them."),
        ({"reason": "help"}, "at least 10 characters"),
        ({"first_name": ""}, "This field is required."),
    ],
)
def test_a_guess_is_refused_with_the_same_words_and_kept(
    fields: dict[str, str], sentence: str, paul: Patient, pages: Any, bea: User
) -> None:
    sent = {"first_name": "Paul", "last_name": "Weiss", "birth_date": "1980-02-03", "reason": WHY} | fields

    answer = pages(bea).post("/patients/emergency/", sent)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert 'value="Weiss"' in text_of(answer)
    assert kinds_of(bea) == []


def test_nobody_tries_for_long_who_is_a_patient_here(paul: Patient, pages: Any, api: Any, bea: User) -> None:
    browser = pages(bea)
    fields = {"first_name": "Zoe", "last_name": "Weiss", "birth_date": "1980-02-03", "reason": WHY}
    answers = [browser.post("/patients/emergency/", fields).status_code for _ in range(11)]

    assert answers == [422] * 10 + [429]
    assert api(bea).post("/api/patients/emergency/", fields).status_code == 429


def test_an_owner_opens_notes_in_an_emergency_and_not_otherwise(paul: Patient, pages: Any, ana: User) -> None:
    browser = pages(ana)
    before = text_of(browser.get(f"/patients/{paul.pk}/"))
    assert "Clinical notes open to whoever has the patient in their care." in before
    assert SECRET not in before

    answer = browser.post(f"/patients/{paul.pk}/emergency/", {"reason": WHY})

    assert answer.status_code == 302
    assert SECRET in text_of(browser.get(f"/patients/{paul.pk}/"))


def test_the_desk_has_no_door_for_emergencies(paul: Patient, pages: Any, rita: User) -> None:
    assert "/emergency/" not in text_of(pages(rita).get("/patients/"))
    assert "/emergency/" not in text_of(pages(rita).get(f"/patients/{paul.pk}/"))
    assert pages(rita).post(f"/patients/{paul.pk}/emergency/", {"reason": WHY}).status_code == 403


# Who can see


def test_the_page_says_who_can_see_and_why(paul: Patient, pages: Any, ana: User, bo: User, bea: User) -> None:
    open_in_emergency(patient=paul, reason=WHY, by=bea, at=timezone.now())

    for browser in (pages(ana), pages(bo)):
        text = text_of(browser.get(f"/patients/{paul.pk}/access/"))
        assert "They answer for every record in the practice." in text
        assert f"Opened in an emergency: {WHY}" in text
        assert "a visit was booked with them" in text


def test_whoever_sees_only_a_visit_is_named_too(
    paul: Patient, pages: Any, api: Any, ana: User, bo: User, rita: User, soon: Any
) -> None:
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=paul.pk,
        practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
        starts_at=soon,
    )
    book_appointment(wish=wish, by=rita, at=timezone.now())
    pages(rita).post(f"/patients/{paul.pk}/care/end/?whom={bo.pk}&kind=care", {"reason": "asked for another"})

    readers = {each["name"]: each["ways"] for each in api(ana).get(f"/api/patients/{paul.pk}/access/").json()["items"]}

    assert [way["what"] for way in readers["Bo"]] == ["Sees visits in the calendar"]
    assert "Sees visits in the calendar" in text_of(pages(ana).get(f"/patients/{paul.pk}/access/"))


def test_a_program_does_what_the_pages_do(paul: Patient, api: Any, bo: User, bea: User) -> None:
    door = api(bo)
    colleagues = {each["name"]: each["member_id"] for each in door.get("/api/patients/colleagues/").json()}
    assert sorted(colleagues) == ["Ana", "Bea", "Bo"]
    shared = {"member_id": colleagues["Bea"], "kind": "shared", "reason": "look"}

    given = door.post(f"/api/patients/{paul.pk}/care/", shared)
    assert given.status_code == 201
    assert [(each["name"], each["kind"]) for each in given.json()["in_force"]] == [("Bo", "care"), ("Bea", "shared")]
    assert door.post(f"/api/patients/{paul.pk}/care/", shared).status_code == 409
    past = shared | {"until": "2001-01-01T00:00:00Z"}
    assert door.post(f"/api/patients/{paul.pk}/care/", past).json()["errors"] == {"until": ["That is past."]}
    bad = shared | {"kind": "care", "until": "2090-01-01T00:00:00Z"}
    assert door.post(f"/api/patients/{paul.pk}/care/", bad).status_code == 422

    ended = door.post(f"/api/patients/{paul.pk}/care/end/", {"user_id": bea.pk, "kind": "shared", "reason": "looked"})
    assert [(each["name"], each["end_reason"]) for each in ended.json()["ended"]] == [("Bea", "looked")]

    told = {"first_name": "Paul", "last_name": "Weiss", "contact": "paul@mail.example", "reason": WHY}
    opened = api(bea).post("/api/patients/emergency/", told)
    assert (opened.status_code, opened.json()["patient_id"]) == (201, str(paul.pk))
    assert api(bea).get(f"/api/patients/{paul.pk}/notes/").json()["items"][0]["plan"] == SECRET
