"""Forms on pages and over the wire: written by staff, filled in behind a link, reviewed at the desk."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from identity.models import User
from modules.crm.models import AskedForm, FilledForm, FormDraft, Patient, Questionnaire, QuestionnaireVersion
from modules.crm.services import Sending, Signer, ask_for_form, claim_records, submit_form, take_into_care
from modules.crm.services.questionnaires.asking import secret_of
from modules.crm.tests.test_questionnaires import ANSWERS, INTAKE, published, registered
from tenancy import TenantRef, use

FIRST = {"answer-born": "1980-02-29", "answer-phone": "+44 20 7946 0001"}
SECOND = {"answer-pain": "7", "answer-drugs": "yes", "answer-which": "Aspirin"}
SIGNED = {"signer_name": "Paul Weiss", "relation": "SELF", "agreed": "on"}
JSON = {"content_type": "application/json"}


@pytest.fixture
def form(clinic: TenantRef, ana: User, now: datetime) -> Questionnaire:
    with use(clinic):
        return published("Intake", by=ana, at=now)


@pytest.fixture
def paul(clinic: TenantRef, rita: User, bo: User, now: datetime) -> Patient:
    with use(clinic):
        patient = registered("Paul", by=rita, at=now)
        take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=now)
        return patient


@pytest.fixture
def asked(clinic: TenantRef, paul: Patient, form: Questionnaire, rita: User, now: datetime) -> AskedForm:
    with use(clinic):
        return ask_for_form(patient=paul, questionnaire=form, by=rita, at=now)


@pytest.fixture
def link(clinic: TenantRef, asked: AskedForm) -> str:
    with use(clinic):
        return f"/fill/{secret_of(asked.pk)}/"


def test_somebody_without_an_account_fills_a_form_in_page_by_page(
    pages: Any, bo: User, rita: User, link: str, asked: AskedForm, clinic: TenantRef
) -> None:
    phone = pages(None)

    first = phone.get(link)
    on = phone.post(f"{link}?part=1", FIRST | {"on": "1"})
    missing = phone.post(f"{link}?part=2", {"answer-pain": "11", "seen": "1", "on": "1"})
    unsigned = phone.post(f"{link}?part=2", SECOND | {"seen": "2", "on": "1"})
    sent = phone.post(f"{link}?part=2", SECOND | SIGNED | {"seen": "3", "on": "1"})
    again = phone.post(f"{link}?part=2", SECOND | SIGNED | {"seen": "3", "on": "1"})

    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-store")
    assert (on.status_code, on.url) == (302, f"{link}?part=2")
    assert (missing.status_code, unsigned.status_code, sent.status_code) == (422, 422, 302)
    assert 'value="11"' not in missing.content.decode()
    assert "Aspirin" in unsigned.content.decode()
    assert "Thank you" in again.content.decode()
    assert "Aspirin" not in phone.get(link).content.decode()  # the link may be in other hands by now
    with use(clinic):
        assert FilledForm.objects.get().answers == ANSWERS | {"which": "Aspirin"}
    address = f"/patients/{asked.patient_id}/forms/{asked.pk}/"
    assert "Aspirin" in pages(bo).get(address).content.decode()
    assert "Aspirin" not in pages(rita).get(address).content.decode()
    assert "For those who treat" in pages(rita).get(address).content.decode()


def test_two_devices_are_shown_each_others_answers(pages: Any, link: str, clinic: TenantRef) -> None:
    phone, laptop = pages(None), pages(None)

    saved = phone.post(f"{link}draft/?part=2", {"answer-pain": "3", "tab": "a", "step": "1"})
    typed = {"answer-pain": "9", "answer-which": "<b>x</b>", "tab": "b", "step": "1"}
    beside = laptop.post(f"{link}draft/?part=2", typed)
    shown = laptop.post(f"{link}?part=2", typed | {"on": "1"})
    mine = laptop.post(f"{link}draft/?part=2", typed | {"replaces": "1"})

    assert saved.json()["seen"] == "1"
    assert (beside.status_code, shown.status_code, mine.status_code) == (409, 409, 200)
    assert "3 of 10" in beside.content.decode()
    assert 'data-seen="1"' in beside.content.decode()
    assert re.search(r'name="seen" value="1"', shown.content.decode())
    assert "&lt;b&gt;x&lt;/b&gt;" in shown.content.decode()
    with use(clinic):
        assert FormDraft.objects.get().answers["pain"] == 9


def test_a_link_opens_one_form_of_one_practice_and_nothing_else(
    pages: Any, link: str, asked: AskedForm, rita: User, other: TenantRef, clinic: TenantRef, now: datetime
) -> None:
    elsewhere, guesser = pages(None, other), pages(None)

    assert elsewhere.get(link).status_code == 404
    assert {guesser.get(f"/fill/{number}/").status_code for number in range(62)} == {404, 429}
    assert pages(None).get(f"/my/forms/{asked.pk}/").status_code == 302
    assert pages(rita).post(f"/patients/{asked.patient_id}/forms/{asked.pk}/withdrawal/").status_code == 302


def test_the_portal_has_the_forms_of_oneself_and_of_nobody_else(
    pages: Any,
    api: Any,
    pia: User,
    bo: User,
    clinic: TenantRef,
    asked: AskedForm,
    form: Questionnaire,
    rita: User,
    now: datetime,
) -> None:
    with use(clinic):
        pias = registered("Pia", by=rita, at=now)
        claim_records(user=pia, verified_emails=["pia@mail.example"], at=now)
        own = ask_for_form(patient=pias, questionnaire=form, by=rita, at=now)
    home, program = pages(pia), api(pia)
    address = f"/api/patients/own-forms/{own.pk}/"

    assert home.get(f"/my/forms/{asked.pk}/").status_code == 404
    assert program.get(f"/api/patients/own-forms/{asked.pk}/").status_code == 404
    assert api(bo).get(address).status_code == 403
    assert f"/my/forms/{own.pk}/" in home.get("/my/forms/").content.decode()
    assert program.client.put(f"{address}draft/", {"answers": {"pain": 2}}, **JSON).json() == {"seen": "1"}
    assert program.client.put(f"{address}draft/", {"answers": {"pain": 3}}, **JSON).status_code == 409
    wrong = program.post(f"{address}submission/", {"answers": ANSWERS | {"pain": "x"}})
    body = {"answers": ANSWERS, "signer_name": "Pia", "agreed": True}
    sent, again = (program.post(f"{address}submission/", body) for _ in range(2))
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["pain", "signer_name", "agreed"])
    assert (sent.status_code, again.json()["id"]) == (201, sent.json()["id"])
    assert "ASPIRIN-MARK" in home.get(f"/my/forms/{own.pk}/").content.decode()


def test_a_form_is_written_question_by_question_and_published(pages: Any, ana: User, clinic: TenantRef) -> None:
    desk = pages(ana)
    details = {"name": "Feet", "purpose": "INTAKE", "occasion": "BY_HAND", "due_days": "7", "remind_days": "3"}

    made = desk.post("/settings/forms/new/", details)
    home = made.url
    ask = f"{home}question/?section=0&kind="
    chosen = {"text": "Which foot?", "section": "0", "choices": "Left = 1\nRight = 2", "is_required": "on"}
    assert desk.post(f"{ask}one", {"text": "Which foot?", "section": "0", "choices": "Left"}).status_code == 422
    assert desk.post(f"{ask}one", chosen).status_code == 302
    dependent = {"text": "Since when?", "section": "0", "shown_if": "q1:c2", "field": "patient.birth_date"}
    assert desk.post(f"{ask}date", dependent).status_code == 302
    assert desk.post(f"{home}change/", {"deed": "earlier", "key": "q2"}).status_code == 422  # it depends on q1
    assert (
        desk.post(f"{home}score/", {"method": "sum", "questions": "q1", "may_miss": "0", "bands": "x"}).status_code
        == 422
    )
    score = {"method": "sum", "questions": "q1", "may_miss": "0", "bands": "0 = well\n2 = not well"}
    assert desk.post(f"{home}score/", score).status_code == 302
    assert desk.post(f"{home}publication/", {"number": "1"}).status_code == 409
    assert desk.post(f"{home}publication/").status_code == 302
    changed = desk.post(f"{home}question/?key=q1", chosen | {"choices": "Right = 2\nLeft = 1\nBoth = 3"})
    assert changed.status_code == 302

    assert "Which foot?" in desk.get(f"{home}preview/").content.decode()
    with use(clinic):
        version = QuestionnaireVersion.objects.get(questionnaire__name="Feet")
        draft = version.questionnaire.content.questions[0]
    assert [(each.key, each.points) for each in version.content.questions[0].choices] == [("c1", 1), ("c2", 2)]
    assert [(each.key, each.text) for each in draft.choices] == [("c2", "Right"), ("c1", "Left"), ("c3", "Both")]
    assert desk.post(f"{home}end/").status_code == 302
    assert desk.get(home).status_code == 404


def test_forms_over_the_wire(api: Any, ana: User, bo: User, rita: User, paul: Patient, clinic: TenantRef) -> None:
    owner, desk, treats = api(ana), api(rita), api(bo)

    form = owner.post("/api/patients/questionnaires/", {"name": "Intake", "purpose": "OUTCOME"}).json()
    one = f"/api/patients/questionnaires/{form['id']}/"
    written = owner.client.put(f"{one}draft/", {"draft_number": 1, "content": INTAKE}, **JSON)
    late = owner.client.put(f"{one}draft/", {"draft_number": 1, "content": {"sections": []}}, **JSON)
    broken = owner.client.put(f"{one}draft/", {"draft_number": 2, "content": {"formula": "1"}}, **JSON)
    version = owner.post(f"{one}publication/", {"draft_number": 2}).json()
    asked = desk.post(f"/api/patients/{paul.pk}/forms/", {"questionnaire_id": form["id"]})
    where = f"/api/patients/{paul.pk}/forms/{asked.json()['id']}/"

    assert (written.status_code, late.status_code, broken.status_code) == (200, 409, 422)
    assert version["answers_schema"]["properties"]["pain"]["maximum"] == 10
    assert desk.get(f"/api/patients/form-versions/{version['id']}/").json()["number"] == 1
    with use(clinic):
        sending = Sending(signer=Signer(name="Paul"), agreed=True)
        waiting = AskedForm.objects.get()
        submit_form(asked=waiting, answers=ANSWERS, sending=sending, by=None, at=waiting.asked_at)
    assert desk.get(f"{where}answers/").status_code == 404
    read = treats.get(f"{where}answers/").json()
    assert (read["values"], read["score"]["meaning"]) == (ANSWERS, "much")
    assert treats.get("/api/patients/forms-to-review/").json()["count"] == 1
    assert desk.get("/api/patients/forms-to-review/").json()["count"] == 0
    taken = treats.post(f"{where}taking-over/", {"keys": ["phone", "born"], "seen": read["seen"]})
    assert taken.json()["proposals"][1]["is_same"] is True
    assert treats.post(f"{where}taking-over/", {"keys": ["pain"], "seen": "x"}).status_code == 422
    assert treats.post(f"{where}review/", {}).json()["reviewed_by_name"] == "Bo"
    assert treats.get(f"/api/patients/{paul.pk}/scores/").json()["items"][0]["scores"][0]["value"] == "7.00"
    assert desk.client.delete(where).status_code == 409
    assert desk.get(f"/api/patients/{paul.pk}/forms/").json()["items"][0]["is_reviewed"] is True
