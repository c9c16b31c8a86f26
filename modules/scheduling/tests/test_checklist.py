"""The check-in list: what is missing, for whom, until when, and what it costs to know."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from identity.models import User
from modules.crm.models import AskedForm, ConsentText, FormDraft, Patient
from modules.crm.services import (
    Before,
    Evidence,
    Signer,
    Wording,
    ask_for_form,
    publish_text,
    save_answers,
    sign_consent,
    withdraw_consent,
    withdraw_form,
    write_text,
)
from modules.crm.services.questionnaires.asking import secret_of
from modules.crm.tests.test_questionnaires import published
from modules.scheduling.domain.checklist import (
    BY_THEMSELVES,
    FINDINGS,
    Forms,
    Item,
    of_concern,
    still_missing,
    usually_asked,
)
from modules.scheduling.domain.states import Status
from modules.scheduling.domain.vitals import Sign
from modules.scheduling.models import Appointment, CheckInRules, Practitioner
from modules.scheduling.selectors import asked_for, missing_at
from modules.scheduling.services import Arrival, note_arrival
from modules.scheduling.services.practice.check_in_rules import set_check_in_rules
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use

items = st.sets(st.sampled_from(Item))


@given(asked=items, done=items, status=st.sampled_from(Status))
def test_what_is_missing_is_asked_for_concerns_the_state_and_is_not_done(
    asked: set[Item], done: set[Item], status: Status
) -> None:
    missing = still_missing(asked=asked, status=status, done=done)

    assert set(missing) == (asked & of_concern(status)) - done
    assert list(missing) == [item for item in Item if item in missing]


def test_measures_are_asked_for_where_they_are_taken_as_a_rule() -> None:
    assert Item.VITALS in usually_asked("vet")
    assert Item.VITALS not in usually_asked("clinic")


@pytest.fixture
def missing(in_clinic: TenantRef) -> Any:
    """`missing(visit, bo)` is what Bo is told is missing."""

    def read(visit: Appointment, user: User) -> list[str]:
        found = missing_at([Appointment.objects.get(pk=visit.pk)], user=user).get(visit.pk)
        return [item.value for item in found.items] if found else []

    return read


def sign_everything(patient: Patient, *, by: User, at: datetime) -> None:
    for text in ConsentText.objects.current():
        evidence = Evidence(digest=text.digest)
        sign_consent(patient=patient, text=text, signer=Signer(name="Paul"), evidence=evidence, by=by, at=at)


def test_the_list_gets_shorter_with_each_item_and_longer_with_a_new_text(
    missing: Any, book: Any, patient: Patient, bo: User, rita: User, ana: User, now: datetime
) -> None:
    set_check_in_rules(asked=frozenset(Item), by=ana)
    visit = book(now)
    assert missing(visit, bo) == ["consent"]  # of the rest nothing is known before they come

    note_arrival(appointment=visit, arrival=Arrival(), by=bo, at=now)
    assert missing(visit, bo) == ["identity", "consent", "complaints", "vitals"]
    assert missing(visit, rita) == ["identity", "consent"]

    note_arrival(appointment=visit, arrival=Arrival(identity="CARD", complaints="Knee"), by=bo, at=now)
    note_arrival(appointment=visit, arrival=Arrival(vitals={Sign.PULSE: Decimal(60)}), by=bo, at=now)
    sign_everything(patient, by=rita, at=now)
    assert missing(visit, bo) == []

    text = ConsentText.objects.current()[0]
    withdraw_consent(patient=patient, kind=text.kind, signer=Signer(name="Paul"), by=rita, at=now)
    assert missing(visit, bo) == ["consent"]
    sign_everything(patient, by=rita, at=now + timedelta(minutes=1))
    write_text(kind=text.kind, wording=Wording(language=text.language, title="New", body="New"), by=ana, at=now)
    assert missing(visit, bo) == []
    publish_text(kind=text.kind, language=text.language, by=ana, at=now)
    assert missing(visit, bo) == ["consent"]


def test_whoever_is_booked_with_somebody_who_left_has_nobody(
    missing: Any, book: Any, patient: Patient, bos_calendar: Practitioner, rita: User, now: datetime
) -> None:
    visit = book(now)
    sign_everything(patient, by=rita, at=now)
    Practitioner.objects.filter(pk=bos_calendar.pk).update(ended_at=now)

    assert missing(visit, rita) == ["practitioner"]


def test_only_what_is_asked_for_is_missing(missing: Any, book: Any, rita: User, ana: User, now: datetime) -> None:
    visit = book(now)
    assert not CheckInRules.objects.exists()
    assert asked_for() == usually_asked("clinic")
    assert Item.FORM in asked_for()

    set_check_in_rules(asked=FINDINGS, forms=Forms.NOTHING, by=ana)

    assert asked_for() == FINDINGS
    assert missing(visit, rita) == []


def test_the_list_of_many_visits_costs_what_that_of_one_does(book: Any, bo: User, rita: User, now: datetime) -> None:
    def queries(visits: list[Appointment]) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert len(missing_at(visits, user=bo)) == len(visits)
        return len(asked)

    visits = []
    for number in range(3):
        visit = book(now + timedelta(hours=number), patient_id=register(f"P{number}", by=rita, at=now).pk)
        note_arrival(appointment=visit, arrival=Arrival(), by=rita, at=now)
        visits.append(Appointment.objects.get(pk=visit.pk))

    queries(visits)  # who asks, once
    assert queries(visits[:1]) == queries(visits) == 7


def test_today_and_the_visit_say_what_is_missing_and_where_it_is_seen_to(
    pages: Any, api: Any, booked_soon: Appointment, rita: User, clinic: TenantRef
) -> None:
    at = booked_soon.starts_at
    address = f"/appointments/{booked_soon.pk}/"
    with time_machine.travel(at, tick=False):
        desk = pages(rita)
        before = desk.get("/today/").content.decode()
        with use(clinic):
            note_arrival(appointment=booked_soon, arrival=Arrival(), by=rita, at=at)
        here = desk.get("/today/").content.decode()
        visit, check_in = (desk.get(each).content.decode() for each in (address, f"{address}check-in/"))
        listed = api(rita).get(f"/api/scheduling/appointments/{booked_soon.pk}/check-list/").json()
        with use(clinic):
            sign_everything(booked_soon.patient, by=rita, at=at)
        after = desk.get("/today/").content.decode()

    assert "Missing: signature" in before
    assert ("Missing: identity, signature" in here, f'href="{address}check-in/"' in here) == (True, True)
    for page in (visit, check_in):
        assert "Not signed: Treatment" in page
        assert f"/sign/?next={address}" in page
    assert (listed["missing"], len(listed["unsigned"])) == (["identity", "consent"], 2)
    assert "Missing: identity<" in after


def test_the_owner_chooses_what_is_asked_for_by_page_and_by_program(
    pages: Any, api: Any, ana: User, rita: User, clinic: TenantRef
) -> None:
    saved = pages(ana).post("/settings/check-in/", {"asked": ["identity", "vitals"], "forms": "REFUSE"})
    wrong = pages(ana).post("/settings/check-in/", {"asked": ["shoe size"]})

    assert (saved.status_code, wrong.status_code) == (302, 422)
    assert api(ana).get("/api/scheduling/check-in-rules/").json() == {
        "asked": ["identity", "vitals"],
        "forms": "REFUSE",
    }
    assert api(rita).get("/api/scheduling/check-in-rules/").status_code == 403
    emptied = api(ana).put("/api/scheduling/check-in-rules/", {"asked": []}).json()
    assert emptied == {"asked": [], "forms": "REFUSE"}


@pytest.fixture
def intake(in_clinic: TenantRef, patient: Patient, ana: User, rita: User, now: datetime) -> AskedForm:
    """A form that the patient was asked to fill in before treatment."""
    return ask_for_form(patient=patient, questionnaire=published("Our intake", by=ana, at=now), by=rita, at=now)


def test_a_form_is_missing_until_it_is_filled_in_or_taken_back(
    missing: Any, book: Any, intake: AskedForm, patient: Patient, rita: User, ana: User, now: datetime
) -> None:
    sign_everything(patient, by=rita, at=now)
    visit = book(now)
    how_it_goes = published("How far it went", by=ana, at=now, purpose="OUTCOME")
    in_nine_days = (now + timedelta(days=9)).date()
    ask_for_form(patient=patient, questionnaire=how_it_goes, due_on=in_nine_days, by=rita, at=now)

    (wanted,) = missing_at([Appointment.objects.get(pk=visit.pk)], user=rita)[visit.pk].unfilled
    assert (wanted.asked_id, missing(visit, rita)) == (intake.pk, ["form"])  # the other has time

    set_check_in_rules(asked=BY_THEMSELVES, forms=Forms.NOTHING, by=ana)
    assert missing(visit, rita) == []
    set_check_in_rules(asked=BY_THEMSELVES, forms=Forms.WARN, by=ana)
    withdraw_form(asked=intake, by=rita, at=now)
    assert missing(visit, rita) == []


def test_nobody_is_checked_in_without_their_form_where_the_practice_wants_that(
    pages: Any, api: Any, booked_soon: Appointment, ana: User, rita: User, clinic: TenantRef, now: datetime
) -> None:
    with use(clinic):
        set_check_in_rules(asked=[], forms=Forms.REFUSE, by=ana)
        form = published("Our intake", by=ana, at=now)
        asked = ask_for_form(patient=booked_soon.patient, questionnaire=form, by=rita, at=now)
    arrival = f"/api/scheduling/appointments/{booked_soon.pk}/check-in/"

    with time_machine.travel(booked_soon.starts_at, tick=False):
        refused = api(rita).put(arrival, {})
        page = pages(rita).post(f"/appointments/{booked_soon.pk}/check-in/", {})
        listed = api(rita).get(f"/api/scheduling/appointments/{booked_soon.pk}/check-list/").json()
        with use(clinic):
            withdraw_form(asked=asked, by=rita, at=booked_soon.starts_at)
        checked_in = api(rita).put(arrival, {})

    assert (refused.status_code, refused.json()["code"]) == (409, "forms-missing")
    assert (page.status_code, "“Our intake” is not filled in yet" in page.content.decode()) == (409, True)
    assert [each["name"] for each in listed["unfilled"]] == ["Our intake"]
    assert checked_in.status_code == 200


def test_the_desk_hands_a_device_over_and_reads_nothing_that_was_begun(
    pages: Any, api: Any, booked_soon: Appointment, ana: User, rita: User, clinic: TenantRef, now: datetime
) -> None:
    with use(clinic):
        form, patient = published("Our intake", by=ana, at=now), booked_soon.patient
        asked = ask_for_form(patient=patient, questionnaire=form, by=rita, at=now)
        address = f"/fill/{secret_of(asked.pk)}/"
    here = f"/patients/{patient.pk}/forms/{asked.pk}/hand-over/"

    shown = pages(rita).get(f"/appointments/{booked_soon.pk}/").content.decode()
    handed = pages(rita).post(here)
    told = api(rita).post(f"/api/patients/{patient.pk}/forms/{asked.pk}/hand-over/").json()
    with use(clinic):
        save_answers(asked=asked, answers={"pain": 3}, of=["pain"], before=Before(seen=""), by=None, at=now)
        assert FormDraft.objects.count() == 1
    begun = pages(rita).post(here)

    assert ("Not filled in: Our intake" in shown, f'action="{here}"' in shown) == (True, True)
    assert (handed.status_code, handed.headers["Location"]) == (302, address)
    assert told["address"].endswith(address)
    assert (begun.status_code, "They have begun it" in begun.content.decode()) == (409, True)
