"""The list of people, narrowed by what each module knows of them, and searches that are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict

from identity.models import User
from modules.billing.services import draft_invoice_for_visit, issue_invoice
from modules.crm import selectors
from modules.crm.forms.narrowing import NarrowingForm
from modules.crm.models import Flag, Patient, PatientGrant, SavedSearch
from modules.crm.services import ContactDetails, PatientDetails, note_death, register_patient, take_into_care
from modules.crm.services.saved_searches import NoSuchSearch, SearchInvalid, remove_search, save_search
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use

TODAY = date(2031, 3, 3)
DAY = timedelta(days=1)


@pytest.fixture
def people(in_clinic: TenantRef, rita: User, bo: User, now: datetime) -> dict[str, Patient]:
    """Ada was here and owes, Ben comes next week, Cyd was called off and may fall, Dot never came, and Eve has died."""
    born = {"Ada": date(1980, 3, 3), "Ben": date(1980, 3, 4), "Cyd": date(2012, 2, 29), "Dot": None, "Eve": None}
    found = {name: somebody(name, born=day, by=rita, at=now - 30 * DAY) for name, day in born.items()}
    visit(found["Ada"], by=rita, on=now - 7 * DAY)
    visit(found["Ben"], by=rita, on=now + 7 * DAY)
    Appointment.objects.filter(pk=visit(found["Cyd"], by=rita, on=now - 6 * DAY).pk).update(status="CANCELLED")
    bill = draft_invoice_for_visit(appointment_id=Appointment.objects.get(patient=found["Ada"]).pk, by=rita, at=now)
    issue_invoice(invoice=bill, by=rita, at=now - 20 * DAY)
    note_death(patient=found["Eve"], died_on=TODAY - DAY, by=rita, at=now)
    danger = {"severity": "DANGER", "reach": "EVERYBODY", "created_at": now}
    Flag.objects.create(patient=found["Cyd"], category="SAFETY", text="Falls", since=TODAY, **danger)
    Flag.objects.create(patient=found["Ada"], category="ALLERGY", since=TODAY - DAY, until=TODAY, **danger)
    take_into_care(patient=found["Dot"], user_id=bo.pk, reason="test", by=bo, at=now)
    return found


def somebody(name: str, *, born: date | None, by: User, at: datetime) -> Patient:
    region = "Kent" if name == "Dot" else ""
    sex = "male" if name == "Ben" else "female"
    who = PatientDetails(first_name=name, birth_date=born, gender=sex)
    patient = register_patient(patient=who, contact=ContactDetails(first_name=name, region=region), by=by, at=at)
    Patient.objects.filter(pk=patient.pk).update(created_at=at - DAY if name == "Ada" else at)
    return patient


def visit(patient: Patient, *, by: User, on: datetime) -> Appointment:
    service = Service.objects.get(name="Follow-up")
    wish = Wish(service_id=service.pk, patient_id=patient.pk, starts_at=on)
    return book_appointment(wish=wish, by=by, at=on - 7 * DAY)


def found_by(query: str, *, by: User, at: datetime) -> list[str]:
    form = NarrowingForm(QueryDict(query), facets=selectors.facets_for(by), by=by)
    assert form.is_valid(), form.errors
    return [each.first_name for each in selectors.narrowed(form.values, by=by, at=at)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "Ada Ben Cyd Dot Eve"),
        ("state=active", "Ada Ben Cyd Dot"),
        ("state=died", "Eve"),
        ("state=ended", ""),
        ("age_from=51", "Ada"),  # today is her birthday, and tomorrow his
        ("age_to=50", "Ben Cyd"),
        ("age_from=19", "Ada Ben Cyd"),  # born on 29 February, nineteen since the first of March
        ("age_from=20&age_to=50", "Ben"),
        ("gender=male", "Ben"),
        ("region=Kent", "Dot"),
        ("registered_to=2031-01-31", "Ada"),
        ("registered_from=2031-02-01&registered_to=2031-02-01", "Ben Cyd Dot Eve"),
        ("flag=SAFETY", "Cyd"),
        ("flag=ALLERGY", ""),  # hers is over
        ("visits=coming", "Ben"),
        ("visits=none", "Ada Cyd Dot Eve"),
        ("visits=never", "Ben Cyd Dot Eve"),
        ("last_visit_to=2031-02-24", "Ada"),
        ("last_visit_from=2031-02-25", ""),
        ("balance=owes", "Ada"),
        ("balance=nothing", "Ben Cyd Dot Eve"),
        ("balance=nothing&gender=female&state=active&age_from=1", "Cyd"),
    ],
)
def test_the_list_holds_exactly_those_of_whom_all_is_true(
    query: str, expected: str, people: dict[str, Patient], rita: User, now: datetime
) -> None:
    assert found_by(query, by=rita, at=now) == expected.split()


def test_an_overdue_bill_counts_from_the_day_after_it_was_due(
    people: dict[str, Patient], rita: User, now: datetime
) -> None:
    assert found_by("balance=overdue", by=rita, at=now - 7 * DAY) == []
    assert found_by("balance=overdue", by=rita, at=now + 60 * DAY) == ["Ada"]


def test_those_with_a_practitioner_and_those_in_somebodys_care_are_two_questions(
    people: dict[str, Patient], ana: User, bo: User, now: datetime
) -> None:
    whose = Appointment.objects.get(patient=people["Ben"]).practitioner_id

    assert "Ben" in found_by(f"practitioner={whose}", by=ana, at=now)
    assert "Dot" not in found_by(f"practitioner={whose}", by=ana, at=now)
    assert "Dot" in found_by(f"carer={bo.pk}", by=ana, at=now)


def test_whoever_treats_narrows_what_they_see_and_learns_nothing_of_others(
    people: dict[str, Patient], bo: User, bea: User, now: datetime
) -> None:
    theirs = Practitioner.objects.get(user_id=bea.pk)
    Appointment.objects.update(practitioner=theirs)
    PatientGrant.objects.all().delete()  # a booking had put them into somebody's care
    for name in ("Ada", "Dot"):
        take_into_care(patient=people[name], user_id=bo.pk, reason="test", by=bo, at=now)

    assert found_by("", by=bo, at=now) == ["Ada", "Dot"]
    assert found_by("visits=never", by=bo, at=now) == ["Ada", "Dot"]  # what a colleague's calendar holds is theirs
    assert found_by("balance=owes", by=bo, at=now) == []  # nor does he see her bills


def test_what_somebody_may_not_ask_is_refused_by_the_api_and_said_on_the_page(
    people: dict[str, Patient], api: Callable[..., Any], pages: Callable[..., Any], rita: User
) -> None:
    answer = api(rita).get("/api/patients/", {"carer": str(rita.pk), "age_from": "old", "gender": "female"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "not-narrowable"
    assert {*answer.json()["errors"]} == {"carer", "age_from"}
    page = pages(rita).get("/patients/", {"carer": str(rita.pk), "state": "died"}).content.decode()
    assert "is left out" in page
    assert "Eve" in page
    assert "Ben" not in page


def test_the_api_narrows_and_searches_at_once(
    people: dict[str, Patient], api: Callable[..., Any], rita: User, now: datetime
) -> None:
    answer = api(rita).get("/api/patients/", {"search": "a", "state": "active", "region": "Kent"}).json()
    assert [each["first_name"] for each in answer["items"]] == []
    answer = api(rita).get("/api/patients/", {"search": "dot", "state": "active", "region": "Kent"}).json()
    assert [each["first_name"] for each in answer["items"]] == ["Dot"]


# Kept searches


def test_a_search_is_kept_shown_and_gives_way_to_one_of_its_name(
    people: dict[str, Patient], pages: Callable[..., Any], rita: User
) -> None:
    desk = pages(rita)
    for query in ("gender=male", "q=ada&age_from=18"):
        desk.post("/patients/searches/", {"name": "Grown up", "query": query})

    kept = SavedSearch.objects.get()
    assert (kept.owner_id, kept.query) == (rita.pk, "q=ada&age_from=18")
    shown = desk.get(f"/patients/?{kept.query}").content.decode()
    assert 'aria-current="true"' in shown
    assert "Age: from 18" in shown
    assert "Ben" not in shown
    desk.post(f"/patients/searches/{kept.pk}/remove/")
    assert not SavedSearch.objects.exists()


def test_what_is_for_everybody_is_kept_and_removed_by_those_who_may(
    in_clinic: TenantRef, api: Callable[..., Any], rita: User, bo: User, ana: User
) -> None:
    search = {"name": "Overdue", "query": "balance=overdue", "is_shared": True}
    assert api(bo).post("/api/patients/searches/", search).status_code == 403
    assert api(bo).post("/api/patients/searches/", search | {"is_shared": False}).status_code == 201
    shared = api(rita).post("/api/patients/searches/", search).json()

    assert [each["is_shared"] for each in api(bo).get("/api/patients/searches/").json()["items"]] == [False, True]
    assert [each["id"] for each in api(ana).get("/api/patients/searches/").json()["items"]] == [shared["id"]]
    assert api(bo).client.delete(f"/api/patients/searches/{shared['id']}/").status_code == 403
    assert api(ana).client.delete(f"/api/patients/searches/{shared['id']}/").status_code == 204


def test_another_persons_search_is_nobody_elses(in_clinic: TenantRef, rita: User, bo: User) -> None:
    own = save_search(name="Mine", query="state=died", is_shared=False, by=rita)

    with pytest.raises(NoSuchSearch):
        remove_search(search_id=own.pk, by=bo)
    with pytest.raises(SearchInvalid):
        save_search(name=" ", query="", is_shared=False, by=rita)
    assert save_search(name="mine", query="state=ended", is_shared=False, by=bo).pk != own.pk


def test_a_kept_search_leads_back_to_the_list_and_nowhere_else(
    pages: Callable[..., Any], rita: User, clinic: TenantRef
) -> None:
    nasty = "//elsewhere.example\r\nX: y"
    answer = pages(rita).post("/patients/searches/", {"name": "", "query": nasty})

    assert answer["Location"].startswith("/patients/?")
    assert "\n" not in answer["Location"]
    with use(clinic):
        assert not SavedSearch.objects.exists()
