"""What leaves without names: who is in it, who is not, and to whom it is given."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import Client, Extract, Patient
from modules.crm.services import ContactDetails, PatientDetails, claim_records, note_death, register_patient
from modules.crm.services.taking import (
    ExtractInvalid,
    ExtractUnderWay,
    Period,
    ask_extract,
    forget_old,
    make_extract,
    say_about_statistics,
)
from modules.crm.services.taking.choices import NotTheirsToSay
from modules.crm.tests.test_copies import status_of
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef

Work = Callable[[], int]
NAMES = "Ada Ben Cleo Dan Eva Finn Gil Hana Ivo Jo Kim Lea".split()


@pytest.fixture
def work(run_jobs: Callable[..., int]) -> Work:
    """Do every job, and what it causes."""
    return lambda: run_jobs(at=timezone.now() + timedelta(minutes=1))


@pytest.fixture
def people(in_clinic: TenantRef, rita: User) -> list[Patient]:
    """Twelve women of about thirty, in England; and nobody else."""
    at = timezone.now()
    Patient.objects.update(died_on=at.date(), ended_at=at)
    return [
        register_patient(
            patient=PatientDetails(
                first_name=name, last_name="Stone", birth_date=date(at.year - 34, 1, 1), gender="female"
            ),
            contact=ContactDetails(
                first_name=name, email=f"{name.lower()}@mail.example", region="England", phone=f"+4477009001{number:02}"
            ),
            by=rita,
            at=at,
        )
        for number, name in enumerate(NAMES)
    ]


def visit(patient: Patient, service: str, starts_at: datetime, *, by: User, practitioner: User) -> None:
    wish = Wish(
        service_id=Service.objects.get(name=service).pk,
        patient_id=patient.pk,
        practitioner_id=Practitioner.objects.get(user_id=practitioner.pk).pk,
        starts_at=starts_at,
    )
    book_appointment(wish=wish, by=by, at=timezone.now())


def wanted(day: date | None = None) -> Period:
    day = day or timezone.localdate()
    return Period.months(day, day)


def extract(by: User, jobs: Work, *, k: int = 5, period: Period | None = None) -> Extract:
    asked = ask_extract(period=period or wanted(), k=k, by=by, at=timezone.now())
    jobs()
    return Extract.objects.select_related("file").get(pk=asked.pk)


def contents(made: Extract) -> dict[str, str]:
    assert made.file is not None, made.problem
    with default_storage.open(made.file.key) as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def table(made: Extract, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(contents(made)[name])))


def test_the_file_has_groups_and_nobody_in_it(people: list[Patient], ana: User, work: Work) -> None:
    made = extract(ana, work)

    rows = table(made, "patients.csv")
    assert Counter(tuple(row[name] for name in ("age", "sex", "region")) for row in rows) == {
        ("30-39", "female", "England"): 12
    }
    whole = "\n".join(contents(made).values())
    for patient in people:
        for told in (str(patient.pk), patient.first_name + " ", patient.client.email, patient.client.phone):
            assert told not in whole
    assert "Sweeney" in contents(made)["README.txt"]
    assert (made.told["people"], made.told["left_out"], made.told["visits"]) == (12, 0, 0)


def test_ids_are_drawn_anew_for_each_file(people: list[Patient], ana: User, work: Work) -> None:
    first, second = (table(extract(ana, work), "patients.csv") for _ in range(2))

    assert {row["id"] for row in first} & {row["id"] for row in second} == set()
    assert [{**row, "id": ""} for row in first] == [{**row, "id": ""} for row in second]


def test_whoever_says_no_is_in_no_new_file_and_the_old_one_is_not_handed_out(
    people: list[Patient], ana: User, rita: User, work: Work, api: Any
) -> None:
    before = extract(ana, work)
    path = f"/api/patients/extracts/{before.pk}/file/"
    assert status_of(api(ana).get(path)) == 200

    say_about_statistics(patient=people[0], allowed=False, by=rita, at=timezone.now())

    assert api(ana).get(path).json()["code"] == "extract-outdated"
    after = extract(ana, work)
    assert (after.told["people"], len(table(after, "patients.csv"))) == (11, 11)
    say_about_statistics(patient=people[0], allowed=True, by=rita, at=timezone.now())
    assert extract(ana, work).told["people"] == 12


def test_the_dead_the_merged_and_the_erased_are_not_counted(
    people: list[Patient], ana: User, rita: User, work: Work
) -> None:
    at = timezone.now()
    note_death(patient=people[0], died_on=at.date(), by=ana, at=at)
    Patient.objects.filter(pk=people[1].pk).update(merged_into=people[2], merged_at=at)
    Patient.objects.filter(pk=people[3].pk).update(erased_at=at)

    assert extract(ana, work).told["people"] == 9


def test_with_more_wanted_than_there_are_people_the_file_is_empty_and_says_so(
    people: list[Patient], ana: User, work: Work
) -> None:
    made = extract(ana, work, k=13)

    assert (table(made, "patients.csv"), table(made, "visits.csv")) == ([], [])
    assert (made.told["people"], made.told["left_out"]) == (0, None)
    assert "There were fewer than 13 people" in contents(made)["README.txt"]


def test_visits_bear_the_class_of_their_person_and_a_rare_service_is_one_of_the_others(
    people: list[Patient], ana: User, bo: User, bea: User, rita: User, work: Work, soon: datetime
) -> None:
    for number, patient in enumerate(people[:6]):
        visit(patient, "Follow-up", soon + timedelta(hours=number % 3, days=number // 3), by=rita, practitioner=bo)
    visit(people[0], "Sports massage", soon + timedelta(days=2), by=rita, practitioner=bea)

    made = extract(ana, work, period=Period.months(timezone.localdate(), soon.date() + timedelta(days=3)))

    rows = table(made, "visits.csv")
    assert {tuple(row[name] for name in ("age", "sex", "region")) for row in rows} == {("30-39", "female", "England")}
    assert "Sports massage" not in contents(made)["visits.csv"]
    classes = Counter(tuple(value for name, value in row.items() if name != "id") for row in rows)
    assert min(classes.values()) >= 5
    assert {row["id"] for row in rows} & {row["id"] for row in table(made, "patients.csv")} == set()


def test_a_period_and_a_k_that_make_no_sense_are_refused(in_clinic: TenantRef, ana: User) -> None:
    at, today = timezone.now(), timezone.localdate()
    backwards = Period(today.replace(day=1), today.replace(day=1))
    for period, k in ((wanted(), 4), (wanted(), 101), (backwards, 11), (wanted(today + timedelta(days=60)), 11)):
        with pytest.raises(ExtractInvalid):
            ask_extract(period=period, k=k, by=ana, at=at)


def test_one_is_made_at_a_time_and_making_it_twice_makes_one(people: list[Patient], ana: User, work: Work) -> None:
    asked = ask_extract(period=wanted(), by=ana, at=timezone.now())
    with pytest.raises(ExtractUnderWay):
        ask_extract(period=wanted(), by=ana, at=timezone.now())

    work()
    make_extract(extract_id=asked.pk, at=timezone.now())

    asked.refresh_from_db()
    assert (asked.state, asked.attempts) == ("ready", 1)


def test_the_log_states_k_and_the_counts_as_they_stand_in_the_file(
    people: list[Patient], ana: User, work: Work, api: Any
) -> None:
    made = extract(ana, work)
    assert status_of(api(ana).get(f"/api/patients/extracts/{made.pk}/file/")) == 200

    entries = AuditEntry.objects.filter(object_id=str(made.pk)).order_by("at", "id")
    assert [entry.action for entry in entries] == ["crm.extract.asked", "crm.extract.made", "crm.extract.fetched"]
    assert entries[1].changes == {"k": [None, 5], "people": [None, 12], "visits": [None, 0], "left_out": [None, 0]}


@pytest.mark.parametrize(("who", "status"), [("ana", 200), ("bo", 403), ("rita", 403), ("pia", 403)])
def test_only_the_owner_takes_it_along(
    people: list[Patient], ana: User, work: Work, api: Any, request: Any, who: str, status: int
) -> None:
    made = extract(ana, work)

    answer = api(request.getfixturevalue(who)).get(f"/api/patients/extracts/{made.pk}/file/")

    assert status_of(answer) == status


def test_another_tenant_finds_nothing(
    people: list[Patient], ana: User, cai: User, other: TenantRef, work: Work, api: Any
) -> None:
    made = extract(ana, work)

    assert api(cai, other).get(f"/api/patients/extracts/{made.pk}/file/").status_code == 404


def test_after_seven_days_it_is_removed(people: list[Patient], ana: User, work: Work, pages: Any) -> None:
    made = extract(ana, work)
    assert made.file is not None
    key = made.file.key

    forget_old(at=timezone.now() + timedelta(days=7, minutes=1))

    made.refresh_from_db()
    assert (made.state, default_storage.exists(key)) == ("expired", False)
    assert pages(ana).get(f"/settings/figures/{made.pk}/file/").status_code == 302


def test_people_say_no_on_the_portal_for_whom_they_sign_and_for_nobody_else(
    people: list[Patient], pages: Any, pia: User
) -> None:
    claim_records(user=pia, verified_emails=["ada@mail.example"], at=timezone.now())
    browser, (ada, ben) = pages(pia), people[:2]

    browser.post(f"/my/data/{ada.pk}/statistics/", {"allowed": "no"})

    assert [choice.way for choice in ada.statistics_choices.all()] == ["PORTAL"]
    assert "You are left out" in browser.get("/my/data/").content.decode()
    assert browser.post(f"/my/data/{ben.pk}/statistics/", {"allowed": "no"}).status_code == 404
    with pytest.raises(NotTheirsToSay):
        say_about_statistics(patient=ben, allowed=False, by=pia, at=timezone.now())
    Client.objects.filter(pk=ada.client_id).update(user_id=None)
    assert browser.post(f"/my/data/{ada.pk}/statistics/", {"allowed": "yes"}).status_code == 404


def test_saying_the_same_twice_is_one_word(people: list[Patient], rita: User, pages: Any) -> None:
    at = timezone.now()
    assert say_about_statistics(patient=people[0], allowed=True, by=rita, at=at) is None
    for _ in range(2):
        say_about_statistics(patient=people[0], allowed=False, by=rita, at=at)

    assert people[0].statistics_choices.count() == 1
    pages(rita).post(f"/patients/{people[0].pk}/statistics/", {"allowed": "yes"})
    assert [each.allowed for each in people[0].statistics_choices.order_by("-at")] == [True, False]


def test_the_owners_page_asks_and_shows_what_was_made(people: list[Patient], pages: Any, ana: User, work: Work) -> None:
    month = f"{timezone.localdate():%Y-%m}"
    browser = pages(ana)
    assert browser.post("/settings/figures/", {"since": month, "until": month, "k": "4"}).status_code == 422

    assert browser.post("/settings/figures/", {"since": month, "until": month, "k": "5"}).status_code == 302
    work()

    assert "12 people and 0 visits are in it" in browser.get("/settings/figures/").content.decode()
