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
from modules.crm.models import ConsentText, Patient
from modules.crm.services import Evidence, Signer, Wording, publish_text, sign_consent, withdraw_consent, write_text
from modules.scheduling.domain.checklist import FINDINGS, Item, of_concern, still_missing, usually_asked
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

    set_check_in_rules(asked=FINDINGS, by=ana)

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
    assert queries(visits[:1]) == queries(visits) == 6


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
    saved = pages(ana).post("/settings/check-in/", {"asked": ["identity", "vitals"]})
    wrong = pages(ana).post("/settings/check-in/", {"asked": ["shoe size"]})

    assert (saved.status_code, wrong.status_code) == (302, 422)
    assert api(ana).get("/api/scheduling/check-in-rules/").json() == {"asked": ["identity", "vitals"]}
    assert api(rita).get("/api/scheduling/check-in-rules/").status_code == 403
    assert api(ana).put("/api/scheduling/check-in-rules/", {"asked": []}).json() == {"asked": []}
