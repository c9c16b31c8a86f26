"""What people are told of who looked at their data, and where the log is found from a record."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from identity.models import User
from kernel.ids import new_id
from modules.billing.services import draft_invoice_for_visit
from modules.crm.models import Client, Patient
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    claim_records,
    open_in_emergency,
    register_patient,
    save_note,
    take_into_care,
)
from modules.crm.services.merging import merge_patients, plan_of_patients
from modules.scheduling.models import Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use

PAGE, API = "/my/looks/", "/api/patients/looks/"


def register(name: str, *, by: User, at: datetime, email: str = "") -> Patient:
    contact = ContactDetails(first_name=name, last_name="Weiss", email=email)
    patient = PatientDetails(first_name=name, last_name="Weiss")
    return register_patient(patient=patient, contact=contact, by=by, at=at)


@pytest.fixture
def pias(clinic: TenantRef, rita: User, pia: User, now: datetime) -> Patient:
    """Pia's own record, which she has claimed."""
    with use(clinic):
        patient = register("Pia", by=rita, at=now, email="pia@clinic.example")
        claim_records(user=pia, verified_emails=["pia@clinic.example"], at=now)
    return patient


@pytest.fixture
def zoes(clinic: TenantRef, rita: User, now: datetime) -> Patient:
    """Somebody else's."""
    with use(clinic):
        return register("Zoe", by=rita, at=now)


def told(api: Any, person: User) -> list[tuple[str, str]]:
    answer = api(person).get(API)
    assert answer.status_code == 200
    return [(look["role"], look["sentence"]) for look in answer.json()["items"]]


def test_looks_at_a_record_that_was_merged_into_theirs_are_told_too(
    api: Any, pages: Any, pia: User, ana: User, rita: User, pias: Patient, clinic: TenantRef, now: datetime
) -> None:
    with use(clinic):
        twin = register("Pya", by=rita, at=now)
    pages(ana).get(f"/patients/{twin.pk}/")
    assert told(api, pia) == []

    with use(clinic):
        rows = Patient.objects.select_related("client").in_bulk([pias.pk, twin.pk])
        mark = plan_of_patients([rows[pias.pk], rows[twin.pk]]).mark
        merge_patients(patient_ids=[pias.pk, twin.pk], choices={}, mark=mark, by=rita, at=now)

    assert ("owner", "Ana looked at the record of Pya Weiss") in told(api, pia)


def test_people_are_told_who_opened_what_of_theirs_the_latest_first(
    api: Any, pages: Any, pia: User, ana: User, rita: User, pias: Patient, zoes: Patient
) -> None:
    pages(rita).get("/patients/", {"q": "Pia"})
    pages(ana).get(f"/patients/{pias.pk}/")
    pages(ana).get(f"/patients/{zoes.pk}/")
    pages(ana).get(f"/patients/{pias.pk}/access/")

    assert told(api, pia) == [
        ("owner", "Ana looked at who can see Pia Weiss"),
        ("owner", "Ana looked at the record of Pia Weiss"),
        ("receptionist", "Rita saw a list of records: Pia Weiss"),
    ]
    page = pages(pia).get(PAGE).content.decode()
    assert "Ana looked at the record of Pia Weiss" in page
    assert "Receptionist" in page


def test_nothing_of_others_is_told_nor_how_many_were_in_a_list(
    api: Any, pages: Any, pia: User, ana: User, rita: User, pias: Patient, zoes: Patient
) -> None:
    pages(rita).get("/patients/")
    pages(ana).get("/settings/activity/")

    assert told(api, pia) == [
        ("owner", "Ana looked at the activity log"),
        ("receptionist", "Rita saw a list of records: Pia Weiss"),
    ]
    both = json.dumps(api(pia).get(API).json()) + pages(pia).get(PAGE).content.decode()
    assert "Zoe" not in both
    assert str(zoes.pk) not in both
    assert "more" not in both.lower()


def test_an_opening_in_an_emergency_is_marked(
    api: Any, pages: Any, pia: User, bo: User, clinic: TenantRef, pias: Patient, now: datetime
) -> None:
    with use(clinic):
        open_in_emergency(patient=pias, reason="Fainted in the waiting room.", by=bo, at=now)

    (look,) = api(pia).get(API).json()["items"]
    assert (look["sentence"], look["is_emergency"]) == ("Bo opened the record of Pia Weiss in an emergency", True)
    page = pages(pia).get(PAGE).content.decode()
    assert "#siren" in page
    assert "Fainted" not in page


def test_what_is_no_look_is_not_told_nor_ones_own(
    api: Any, pages: Any, pia: User, bo: User, clinic: TenantRef, pias: Patient, now: datetime
) -> None:
    with use(clinic):
        take_into_care(patient=pias, user_id=bo.pk, reason="a visit was booked", by=bo, at=now)
        save_note(patient=pias, appointment_id=None, sections={"plan": "Rest."}, shared=False, by=bo, at=now)
    pages(pia).get("/my/")
    pages(pia).get(PAGE)

    assert told(api, pia) == []
    assert "Nobody yet" in pages(pia).get(PAGE).content.decode()


def test_what_one_may_not_see_oneself_is_told_by_whose_it_is(
    api: Any, pages: Any, pia: User, rita: User, clinic: TenantRef, pias: Patient, now: datetime
) -> None:
    """A draft of an invoice is no patient's business yet; that somebody opened one about them is."""
    with use(clinic):
        service = Service.objects.get(name="Follow-up")
        wish = Wish(service_id=service.pk, patient_id=pias.pk, starts_at=now + timedelta(days=1))
        visit = book_appointment(wish=wish, by=rita, at=now)
        draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    pages(rita).get(f"/invoices/{draft.pk}/")

    assert told(api, pia) == [("receptionist", "Rita looked at an invoice: Pia Weiss")]


def test_the_reading_is_itself_in_the_log(api: Any, pages: Any, pia: User, clinic: TenantRef, pias: Patient) -> None:
    pages(pia).get(PAGE)
    api(pia).get(API)

    with use(clinic):
        read = AuditEntry.objects.filter(action="crm.patient.viewed_log")
        assert [(entry.user_id, entry.listed) for entry in read] == [(pia.pk, [pias.pk])] * 2


def test_the_same_look_of_one_day_is_told_once_on_the_page(pages: Any, pia: User, ana: User, pias: Patient) -> None:
    for _ in range(3):
        pages(ana).get(f"/patients/{pias.pk}/")

    page = pages(pia).get(PAGE).content.decode()
    assert page.count("Ana looked at the record of Pia Weiss") == 1
    assert "3 times" in page


def test_older_looks_follow_without_gap_or_repetition(
    api: Any, pages: Any, pia: User, clinic: TenantRef, pias: Patient
) -> None:
    with use(clinic):
        wanted = AuditEntry.objects.bulk_create(
            AuditEntry(action="crm.patient.listed", object_type="crm.patient", listed=[pias.pk, new_id()])
            for _ in range(110)
        )
    seen, after = [], ""
    while after is not None:
        page = api(pia).get(API, {"after": after}).json()
        seen += page["items"]
        after = page["next"]

    assert len(seen) == len(wanted)
    first = pages(pia).get(PAGE).content.decode()
    assert 'href="?after=' in first


@pytest.mark.parametrize("door", [PAGE, API])
def test_only_patients_have_looks_of_their_own(pages: Any, api: Any, ana: User, bo: User, door: str) -> None:
    opened = api if door == API else pages
    assert [opened(person).get(door).status_code for person in (ana, bo)] == [403, 403]


def test_a_claim_here_tells_nothing_of_elsewhere(
    api: Any, pages: Any, pia: User, ana: User, other: TenantRef, pias: Patient
) -> None:
    pages(ana).get(f"/patients/{pias.pk}/")

    assert api(pia, other).get(API).status_code == 403
    assert "Ana" not in pages(pia, other).get(PAGE).content.decode()


def test_it_asks_as_often_for_three_records_as_for_one(
    api: Any, pages: Any, pia: User, ana: User, clinic: TenantRef, pias: Patient, now: datetime
) -> None:
    def queries() -> int:
        pages(ana).get("/patients/")
        with CaptureQueriesContext(connection) as captured:
            assert api(pia).get(API).status_code == 200
        return len(captured)

    queries()
    one = queries()
    with use(clinic):
        client: UUID = Client.objects.get(pk=pias.client_id).pk
        for name in ("Ula", "Vic"):
            register_patient(patient=PatientDetails(first_name=name), client_id=client, contact=None, by=ana, at=now)

    assert queries() == one
    assert one <= 14


def test_the_way_there_is_in_the_menu_and_on_the_first_page(pages: Any, pia: User, pias: Patient) -> None:
    assert pages(pia).get("/my/").content.decode().count('href="/my/looks/"') == 2


def test_a_record_leads_whoever_may_read_the_log_to_who_looked(
    pages: Any, ana: User, rita: User, pias: Patient
) -> None:
    link = f"/settings/activity/?subject={pias.pk}&amp;kind=views"
    pages(rita).get(f"/patients/{pias.pk}/")

    assert link in pages(ana).get(f"/patients/{pias.pk}/").content.decode()
    assert link in pages(ana).get(f"/patients/{pias.pk}/access/").content.decode()
    assert link not in pages(rita).get(f"/patients/{pias.pk}/").content.decode()
    led = pages(ana).get(link.replace("&amp;", "&"))
    assert [line.sentence for line in led.context["lines"]][-1] == "Rita looked at the record of Pia Weiss"
