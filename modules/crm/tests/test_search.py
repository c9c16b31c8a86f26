"""Finding people by whatever is known of them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from modules.crm import services, tasks
from modules.crm.domain.folding import fold, skeleton
from modules.crm.domain.wanted import Wanted, read_wanted
from modules.crm.models import Client, Patient, SearchKey
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.crm.tests.flags import warned
from tenancy import TenantRef

PEOPLE = {
    "paul": ("Paul", "Weiss", date(1980, 2, 3), "07700 900118", "paul.weiss@mail.example"),
    "jose": ("José María", "Núñez", date(1990, 5, 3), "07700 900119", "jm@mail.example"),
    "katja": ("Екатерина", "Щукина", None, "", ""),
    "omar": ("محمد", "خالد", None, "", ""),
    "brian": ("Brian", "O’Neill-Łukasz", date(1968, 2, 29), "+44 7700 900120", "bon@elsewhere.example"),
}


@given(st.text(max_size=40))
def test_a_folded_text_is_small_latin_words_and_folding_it_again_changes_nothing(text: str) -> None:
    folded = fold(text)

    assert re.fullmatch(r"([a-z0-9]+( [a-z0-9]+)*)?", folded)
    assert fold(folded) == folded
    assert fold(f"  {text} ") == folded


@given(st.lists(st.sampled_from(["jean", "anne", "müller", "İpek", "Đorđe", "Щукин", "山田", "O’Neill"]), max_size=4))
def test_words_fold_each_by_themselves(words: list[str]) -> None:
    assert fold(" ".join(words)) == " ".join(map(fold, words))


@pytest.mark.parametrize(
    "same",
    [
        ("mohammed", "Muhamad", "محمد"),
        ("Sara", "Sarah"),
        ("Aleksey", "Alexei"),
        ("Müller", "Mueller"),
        ("Fatima", "فاطمة"),
    ],
)
def test_spellings_of_one_name_have_one_skeleton(same: tuple[str, ...]) -> None:
    assert len({skeleton(fold(name)) for name in same}) == 1


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("3/5/1990", "en-gb", Wanted(born=(date(1990, 5, 3),))),
        ("3/5/1990", "en-us", Wanted(born=(date(1990, 3, 5),))),
        ("5/13/1990", "en-gb", Wanted(born=(date(1990, 5, 13),))),
        ("1990-05-03", "it", Wanted(born=(date(1990, 5, 3),))),
        ("3.5.90", "de", Wanted(born=(date(1990, 5, 3), date(2090, 5, 3)))),
        ("3 May 1990", "de", Wanted(born=(date(1990, 5, 3),))),
        ("3. März 1990", "de", Wanted(born=(date(1990, 3, 3),))),
        ("May 3rd, 1990", "en-us", Wanted(born=(date(1990, 5, 3),))),
        ("3 de mayo de 1990", "es", Wanted(born=(date(1990, 5, 3),))),
        ("Weiß 3/5/1990", "en-gb", Wanted(words=("weiss",), born=(date(1990, 5, 3),))),
        ("31/2/1990", "en-gb", Wanted(digits=("3121990",))),
        ("07700 900 118", "en-gb", Wanted(digits=("7700900118",))),
        ("+44 (0)7700", "en-gb", Wanted(digits=("447700",))),
        ("paul 0118", "en-gb", Wanted(words=("paul",), digits=("118",))),
        ("%_' --", "en-gb", Wanted()),
    ],
)
def test_what_is_typed_is_words_numbers_and_days(text: str, language: str, wanted: Wanted) -> None:
    assert read_wanted(text, language=language) == wanted


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d %B %Y"]))
def test_every_day_is_understood_in_every_usual_form(day: date, form: str) -> None:
    assert read_wanted(day.strftime(form), language="en-gb").born == (day,)


@given(st.text(max_size=60), st.sampled_from(["en-gb", "de", "ar", "zh-hans", "xx"]))
def test_nothing_that_is_typed_breaks_the_search(text: str, language: str) -> None:
    read_wanted(text, language=language)


@pytest.fixture
def people(in_clinic: TenantRef, rita: User, now: datetime) -> dict[str, Patient]:
    return {name: _register(*given, by=rita, at=now) for name, given in PEOPLE.items()}


def _register(first: str, last: str, born: date | None, phone: str, email: str, *, by: User, at: datetime) -> Patient:
    return register_patient(
        patient=PatientDetails(first_name=first, last_name=last, birth_date=born),
        contact=ContactDetails(first_name=first, last_name=last, phone=phone, email=email),
        by=by,
        at=at,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weis", "paul"), ("Pual Weiß", "paul"), ("0118", "paul"), ("weiss@mail", "paul"), ("03/02/1980", "paul"),
        ("nunez", "jose"), ("NÚÑ", "jose"), ("jose nunes", "jose"), ("3 May 1990", "jose"), ("maria 900119", "jose"),
        ("ekaterina", "katja"), ("Щукина", "katja"), ("shchukin", "katja"), ("ktaerina", "katja"),
        ("mohammed khaled", "omar"), ("محمد", "omar"), ("muhamad", "omar"),
        ("oneill", "brian"), ("o'neil", "brian"), ("lukasz", "brian"), ("29.2.68", "brian"), ("elsewhere", "brian"),
    ],
)  # fmt: skip
def test_somebody_is_found_by_whatever_is_known_of_them(people: dict[str, Patient], text: str, found: str) -> None:
    assert [patient.name for patient in Patient.objects.matching(text)] == [people[found].name]


def test_the_very_words_come_before_what_only_begins_so(in_clinic: TenantRef, rita: User, now: datetime) -> None:
    for number, last in enumerate(["Aalinda", "Li", "Lindner", "Lima", "Link", "Lisowski"]):
        _register("Zoe", last, None, "", f"z{number}@mail.example", by=rita, at=now)

    assert Patient.objects.matching("li")[0].last_name == "Li"


def test_a_practitioner_finds_only_whom_they_may_see(
    people: dict[str, Patient], bo: User, rita: User, now: Any
) -> None:
    services.take_into_care(patient=people["jose"], user_id=bo.pk, reason="first visit", by=rita, at=now)

    assert not Patient.objects.visible_to(bo).matching("weiss").exists()
    assert [each.pk for each in Patient.objects.visible_to(bo).matching("mail")] == [people["jose"].pk]


def test_an_owner_of_an_animal_is_found_with_it_when_their_name_changes(
    in_clinic: TenantRef, rita: User, now: datetime
) -> None:
    rex = register_patient(
        patient=PatientDetails(first_name="Rex", species="Dog"),
        contact=ContactDetails(first_name="Ida", last_name="Holm", phone="07700 900555"),
        by=rita,
        at=now,
    )

    services.change_patient(
        patient=rex,
        details=PatientDetails(first_name="Rex", species="Dog"),
        contact=ContactDetails(first_name="Ida", last_name="Sørensen"),
        by=rita,
        at=now,
    )

    assert [list(Patient.objects.matching(text)) for text in ("sorensen", "holm", "900555")] == [[rex], [], []]
    assert not SearchKey.objects.filter(is_stale=True).exists()


def test_whoever_writes_past_the_services_is_found_out_and_the_job_mends_it(people: dict[str, Patient]) -> None:
    Client.objects.filter(pk=people["paul"].client_id).update(last_name="Grün")
    Patient.objects.filter(pk=people["jose"].pk).update(last_name="Ruíz")
    Patient.objects.bulk_create([Patient(client=people["katja"].client, first_name="Łucja")])
    assert SearchKey.objects.filter(is_stale=True).count() == 3

    tasks.renew_search_keys()

    assert not SearchKey.objects.filter(is_stale=True).exists()
    found = [[each.first_name for each in Patient.objects.matching(text)] for text in ("grun", "ruiz", "lucja")]
    assert found == [["Paul"], ["José María"], ["Łucja"]]


def test_a_chip_is_found_by_its_end_and_a_tax_code_as_a_whole_by_those_who_may_see_it(
    in_clinic: TenantRef, rita: User, bo: User, now: datetime
) -> None:
    rex = register_patient(
        patient=PatientDetails(first_name="Rex", species="Dog", microchip="985141000123456", tax_code="AB 12 34 56 C"),
        contact=ContactDetails(first_name="Ida", organisation="Hofgut Süd"),
        by=rita,
        at=now,
    )

    found = [list(Patient.objects.matching(text, seen_by=rita)) for text in ("123456", "hofgut sud", "ab123456c")]
    assert found == [[rex], [rex], [rex]]
    assert not Patient.objects.matching("ab123456c").exists()
    assert not Patient.objects.matching("ab1234", seen_by=rita).exists()


def test_what_is_sealed_is_not_searched(people: dict[str, Patient], ana: User, now: datetime) -> None:
    patient = people["paul"]
    warned(patient, "Zanzibarallergy", by=ana, at=now)

    assert not Patient.objects.matching("zanzibar").exists()


def test_one_box_finds_people_visits_and_invoices(people: dict[str, Patient], pages: Any, api: Any, rita: User) -> None:
    page = pages(rita).get("/search/", {"q": "weiss"}).content.decode()
    items = api(rita).get("/api/search/?text=weiss").json()["items"]

    assert f'href="/patients/{people["paul"].pk}/"' in page
    assert [(each["kind"], each["title"]) for each in items] == [("crm", "Paul Weiss")]
    assert AuditEntry.objects.filter(action="crm.patient.listed", listed=[str(people["paul"].pk)]).count() == 2
    assert api(rita).get("/api/search/?text=w").status_code == 422
