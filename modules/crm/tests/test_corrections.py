"""What people ask to have put right: once, accepted or refused, and never by changing a signed note."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import Correction, Note, NoteAmendment, Patient
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    claim_records,
    register_patient,
    save_note,
    sign_note,
    take_into_care,
)
from modules.crm.services.corrections import (
    CorrectionAnswered,
    CorrectionInvalid,
    CorrectionWaits,
    NotTheirsToCorrect,
    RecordMovedOn,
    Wish,
    accept_correction,
    ask_correction,
    keep_beside,
    refuse_correction,
)
from tenancy import TenantRef
from tests.doors import Pages

CITY = Wish(field="client.city", right="Leeds")


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, rita: User, pia: User) -> Patient:
    """Whom Bo treats, and whom Pia's account is."""
    at = timezone.now()
    contact = ContactDetails(first_name="Paul", email=pia.email, city="York")
    patient = register_patient(patient=PatientDetails(first_name="Paul"), contact=contact, by=rita, at=at)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=at)
    claim_records(user=pia, verified_emails=[pia.email], at=at)
    return Patient.objects.select_related("client").get(pk=patient.pk)


@pytest.fixture
def note(paul: Patient, bo: User) -> Note:
    at, sections = timezone.now(), {"subjective": "Fell from a ladder."}
    kept = save_note(patient=paul, appointment_id=None, sections=sections, shared=True, by=bo, at=at)
    return sign_note(note=kept, by=bo, at=at)


def asked(paul: Patient, by: User, wish: Wish = CITY) -> Correction:
    return ask_correction(patient=paul, wish=wish, by=by, at=timezone.now())


def city_of(paul: Patient) -> str:
    return Patient.objects.select_related("client").get(pk=paul.pk).client.city


def test_what_is_accepted_changes_the_record_once(paul: Patient, pia: User, rita: User) -> None:
    correction = asked(paul, pia)
    assert (correction.stands, city_of(paul)) == ("York", "York")

    accept_correction(correction=correction, by=rita, at=timezone.now())

    assert city_of(paul) == "Leeds"
    assert AuditEntry.objects.filter(action="crm.client.changed", user_id=rita.pk).count() == 1
    for again in (accept_correction, refuse_correction):
        with pytest.raises(CorrectionAnswered):
            again(correction=correction, answer="x", by=rita, at=timezone.now())


def test_what_was_changed_meanwhile_is_told_and_not_overwritten(paul: Patient, pia: User, rita: User) -> None:
    correction = asked(paul, pia)
    type(paul.client).objects.filter(pk=paul.client_id).update(city="Hull")

    with pytest.raises(RecordMovedOn) as refused:
        accept_correction(correction=correction, by=rita, at=timezone.now())

    assert refused.value.extra() == {"current": {"stands": "Hull"}}
    assert (city_of(paul), Correction.objects.get().state) == ("Hull", "asked")


def test_the_same_field_waits_once(paul: Patient, pia: User, rita: User) -> None:
    correction = asked(paul, pia)
    with pytest.raises(CorrectionWaits):
        asked(paul, pia)
    refuse_correction(correction=correction, answer="We saw your card.", by=rita, at=timezone.now())
    assert asked(paul, pia).is_waiting


def test_a_refusal_needs_its_reason(paul: Patient, pia: User, rita: User) -> None:
    with pytest.raises(CorrectionInvalid):
        refuse_correction(correction=asked(paul, pia), answer=" ", by=rita, at=timezone.now())


@pytest.mark.parametrize(
    ("wish", "place"),
    [
        (Wish(field="client.tax_code", right="x"), "field"),
        (Wish(field="client.city", right=" "), "right"),
        (Wish(field="client.city", right="York"), "right"),
        (Wish(field="patient.birth_date", right="yesterday"), "right"),
        (Wish(), "words"),
        (Wish(words="x" * 2001), "words"),
    ],
    ids=["no such field", "nothing", "the same", "no day", "no words", "too many words"],
)
def test_what_makes_no_request_is_refused_with_its_place(paul: Patient, pia: User, wish: Wish, place: str) -> None:
    with pytest.raises(CorrectionInvalid) as refused:
        asked(paul, pia, wish)
    assert list(refused.value.fields) == [place]


def test_a_signed_note_is_amended_or_left_with_their_words_beside_it(
    paul: Patient, note: Note, bo: User, pia: User, rita: User
) -> None:
    at, wish = timezone.now(), Wish(note_id=note.pk, words="It was a chair.")
    first, second = asked(paul, pia, wish), asked(paul, pia, wish)
    for deed in (accept_correction, keep_beside):
        with pytest.raises(NotTheirsToCorrect):
            deed(correction=first, answer="x", by=rita, at=at)

    accept_correction(correction=first, answer="It was a chair, not a ladder.", by=bo, at=at)
    keep_beside(correction=second, by=bo, at=at)

    assert [each.text for each in NoteAmendment.objects.all()] == ["It was a chair, not a ladder."]
    kept = Note.objects.for_display().get()
    assert kept.subjective == "Fell from a ladder."
    assert [each.words for each in kept.kept_beside] == ["It was a chair."]


def test_only_whom_it_is_about_asks_and_only_of_what_they_see(paul: Patient, bo: User, rita: User, pia: User) -> None:
    at = timezone.now()
    unshared = save_note(patient=paul, appointment_id=None, sections={}, shared=False, by=bo, at=at)
    for stranger in (bo, rita):
        with pytest.raises(NotTheirsToCorrect):
            asked(paul, stranger)
    with pytest.raises(CorrectionInvalid):
        asked(paul, pia, Wish(note_id=unshared.pk, words="x"))


def test_what_is_asked_and_answered_is_sealed_and_the_mail_says_nothing_of_it(
    paul: Patient, pia: User, rita: User, mailoutbox: Any, run_jobs: Any
) -> None:
    correction = asked(paul, pia, Wish(field="client.city", right="MARK", words="MARK"))
    refuse_correction(correction=correction, answer="MARK", by=rita, at=timezone.now())
    run_jobs()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kept::text FROM crm_correction kept UNION ALL SELECT kept::text FROM crm_correction_history kept"
        )
        told = " ".join(row[0] for row in cursor.fetchall())
    (mail,) = [each for each in mailoutbox if "An answer from" in each.subject]
    assert "MARK" not in f"{told} {mail.body} {[entry.changes for entry in AuditEntry.objects.all()]}"


def test_a_correction_is_asked_for_and_answered_on_its_pages(
    paul: Patient, note: Note, pages: Any, bo: User, pia: User, rita: User
) -> None:
    portal: Pages = pages(pia)
    at_ask = f"/my/corrections/{paul.pk}/new/"
    assert "York" in portal.get(at_ask).content.decode()
    assert portal.post(at_ask, {"about": "field:client.city", "right": ""}).status_code == 422
    assert portal.post(at_ask, {"about": "field:client.city", "right": "Leeds"})["Location"] == "/my/corrections/"
    assert portal.post(at_ask, {"about": "field:client.city", "right": "Leeds"}).status_code == 409
    portal.post(at_ask, {"about": f"note:{note.pk}", "words": "It was a chair."})

    desk: Pages = pages(rita)
    (for_desk,) = Correction.objects.filter(note=None)
    listed = desk.get("/corrections/").content.decode()
    assert listed.count("/corrections/01") == 1  # nothing about notes
    assert "Corrections asked for" in desk.get(f"/patients/{paul.pk}/").content.decode()
    at_one = f"/patients/{paul.pk}/corrections/{for_desk.pk}/"
    assert "Leeds" in desk.get(at_one).content.decode()
    assert desk.post(at_one, {"deed": "refuse", "answer": ""}).status_code == 422
    assert desk.post(at_one, {"deed": "accept", "answer": "Done."})["Location"] == f"/patients/{paul.pk}/"
    assert city_of(paul) == "Leeds"
    assert "Done." in portal.get("/my/corrections/").content.decode()

    (of_note,) = Correction.objects.filter(note=note)
    at_note = f"/patients/{paul.pk}/corrections/{of_note.pk}/"
    assert desk.get(at_note).status_code == 404
    pages(bo).post(at_note, {"deed": "beside", "answer": ""})
    assert "It was a chair." in portal.get("/my/notes/").content.decode()


def test_what_a_page_does_with_corrections_the_api_does_too(paul: Patient, api: Any, pia: User, rita: User) -> None:
    portal, desk = api(pia), api(rita)
    at_corrections = f"/api/patients/{paul.pk}/corrections/"
    made = portal.post(at_corrections, {"field": "client.city", "right": "Leeds"})
    assert (made.status_code, made.json()["stands"]) == (201, "York")
    assert [each["id"] for each in desk.get("/api/patients/corrections/").json()["items"]] == [made.json()["id"]]
    at_answer = f"{at_corrections}{made.json()['id']}/answer/"
    assert desk.post(at_answer, {"deed": "accept"}).json()["state"] == "accepted"
    assert desk.post(at_answer, {"deed": "accept"}).status_code == 409
    assert [each["state"] for each in portal.get(at_corrections).json()["items"]] == ["accepted"]
