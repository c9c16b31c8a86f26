"""Who may be here already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from identity.models import User
from modules.crm.domain.duplicates import LIKELY, WORTH_SHOWING, Code, Facts, Reason, compare
from modules.crm.models import Patient
from modules.crm.selectors.duplicates import CHUNK, candidates, candidates_of_many
from modules.crm.selectors.facts import codes_of, facts_of
from modules.crm.services import ContactDetails, PatientDetails, register_patient, take_into_care
from tenancy import TenantRef, use
from tests.doors import Pages

ANNA = Facts(
    first_name="Anna",
    last_name="Rossi",
    birth_date=date(1990, 5, 3),
    phone="+390669821",
    email="rossi@mail.example",
    codes=frozenset({Code("crm.patient", "a")}),
)
LUNA = Facts(first_name="Luna", species="Dog", owner="Anna Rossi", phone="+390669821")
NOBODY: dict[str, Any] = {"birth_date": None, "phone": "", "email": "", "codes": frozenset()}


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        pytest.param(ANNA, 100, 100, id="everything the same"),
        pytest.param(replace(ANNA, **NOBODY, first_name="ANNA ", last_name="rossi"), 30, 49, id="the name only"),
        pytest.param(replace(ANNA, **NOBODY, last_name="Rosi"), 25, 40, id="the name alike only"),
        pytest.param(replace(ANNA, **NOBODY | {"phone": ANNA.phone}, last_name="Rosi"), 50, 80, id="alike, same phone"),
        pytest.param(
            replace(ANNA, **NOBODY | {"birth_date": ANNA.birth_date}, first_name="Rossi", last_name="Anna"),
            70,
            90,
            id="the names in each other's place, born on that day",
        ),
        pytest.param(replace(ANNA, last_name="Bianchi", email="", codes=frozenset()), 50, 80, id="married"),
        pytest.param(Facts(phone=ANNA.phone), 25, 30, id="so far only the phone was typed"),
        pytest.param(
            replace(ANNA, first_name="Luca", birth_date=date(2015, 1, 9), codes=frozenset()),
            0,
            10,
            id="her child, with her phone and e-mail",
        ),
        pytest.param(replace(ANNA, first_name="Bea", codes=frozenset()), 0, 24, id="her twin"),
        pytest.param(replace(ANNA, birth_date=date(1961, 7, 21), codes=frozenset()), 25, 49, id="her mother"),
        pytest.param(
            replace(ANNA, first_name="Nina", **NOBODY | {"codes": ANNA.codes}), 25, 49, id="her tax code only"
        ),
        pytest.param(
            replace(ANNA, birth_date=date(1990, 3, 5), codes=frozenset()), 80, 100, id="day and month swapped"
        ),
    ],
)
def test_a_person_is_known_by_several_things_and_not_by_what_a_family_shares(
    other: Facts, least: int, most: int
) -> None:
    assert least <= compare(ANNA, other).score <= most


def test_an_animal_is_known_by_its_chip_or_by_its_name_and_owner() -> None:
    chip = "985112003456789"
    another = replace(LUNA, owner="Paul Weiss", phone="+442079460000")

    assert compare(LUNA, replace(LUNA, first_name="Luna ", owner="Ana Rosi")).score >= LIKELY
    assert compare(replace(LUNA, microchip=chip), replace(another, first_name="Moon", microchip=chip)).score < LIKELY
    assert compare(replace(LUNA, microchip=chip), replace(another, microchip=chip)).score >= LIKELY
    assert compare(LUNA, another).score < LIKELY
    assert compare(LUNA, replace(LUNA, species="Cat")).score < WORTH_SHOWING
    assert compare(LUNA, replace(LUNA, first_name="Rex")).score < WORTH_SHOWING


NAMES = st.sampled_from(["", "Anna", "Ana", "Maria", "Екатерина", "محمد", "Muhamad", "O’Neill", "Li"])
SOMEBODY = st.builds(
    Facts,
    first_name=NAMES,
    last_name=NAMES,
    birth_date=st.none() | st.dates(date(1990, 1, 1), date(1990, 3, 5)),
    sex=st.sampled_from(["female", "male", "unknown"]),
    phone=st.sampled_from(["", "+390669821", "+442079460000"]),
    email=st.sampled_from(["", "a@mail.example"]),
    codes=st.frozensets(st.builds(Code, st.sampled_from(["p", "c"]), st.sampled_from("ab")), max_size=1),
    species=st.sampled_from(["", "Dog"]),
    owner=NAMES,
)


@given(SOMEBODY, SOMEBODY)
def test_whom_one_is_compared_with_makes_no_difference(one: Facts, other: Facts) -> None:
    assert compare(one, other) == compare(other, one)
    assert 0 <= compare(one, other).score <= 100


def registered(by: User, at: datetime, first: str, last: str, born: date | None = None, **more: str) -> Patient:
    details = PatientDetails(first_name=first, last_name=last, birth_date=born, tax_code=more.pop("tax_code", ""))
    contact = ContactDetails(first_name=first, last_name=last, **more)
    return register_patient(patient=details, contact=contact, by=by, at=at)


@pytest.fixture
def anna(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    registered(rita, now, "Zoe", "Other", date(1977, 7, 7), phone="07700 900555")
    return registered(rita, now, "Anna", "Rossi", date(1990, 5, 3), phone="07700 900118", email="anna@mail.example",
                      tax_code="QQ123456C")  # fmt: skip


def test_people_are_found_by_each_thing_that_is_known_of_them(anna: Patient, rita: User) -> None:
    phone, born = "+447700900118", anna.birth_date
    known = {
        Reason.PHONE: Facts(phone=phone),
        Reason.EMAIL: Facts(email="anna@mail.example"),
        Reason.TAX_CODE: Facts(codes=codes_of("QQ123456C")),
        Reason.BIRTH_DATE: Facts(first_name="Anna", last_name="Bianchi", birth_date=born),
        Reason.NAME: Facts(first_name="Rossi", last_name="Anna"),
        Reason.NAME_ALIKE: Facts(first_name="Anna", last_name="Rossl"),
    }

    assert {reason: [each.patient for each in candidates(facts, seen_by=rita)] for reason, facts in known.items()} == {
        reason: [anna] for reason in known
    }
    assert all(reason in candidates(facts, seen_by=rita)[0].reasons for reason, facts in known.items())


def test_whoever_may_not_see_a_tax_code_or_a_record_is_not_told_by_a_match(
    anna: Patient, rita: User, bea: User, now: datetime
) -> None:
    asked = facts_of(anna)

    assert Reason.TAX_CODE in candidates(asked, seen_by=rita)[0].reasons
    assert candidates(asked, seen_by=bea) == []  # she treats, and not Anna
    take_into_care(patient=anna, user_id=bea.pk, reason="test", by=bea, at=now)
    (found,) = candidates(asked, seen_by=bea)
    assert found.patient == anna
    assert Reason.TAX_CODE not in found.reasons
    assert candidates(replace(Facts(), codes=asked.codes), seen_by=bea) == []


def test_the_rows_of_an_import_cost_no_query_each(anna: Patient, rita: User) -> None:
    rows = [Facts(first_name=f"N{n}", phone=f"+44770090{n:04}") for n in range(CHUNK)]
    with CaptureQueriesContext(connection) as few:
        candidates_of_many([rows[0], facts_of(anna)], seen_by=rita)
    with CaptureQueriesContext(connection) as many:
        found = candidates_of_many([*rows, facts_of(anna)], seen_by=rita)

    assert [n for n, each in enumerate(found) if each] == [CHUNK]
    assert found[CHUNK][0].score == 100
    assert len(many) <= 2 * len(few)


def test_what_is_typed_tells_who_may_be_here_and_leads_there(
    anna: Patient, pages: Callable[..., Pages], rita: User
) -> None:
    desk = pages(rita)
    typed = {"first_name": "Ana", "last_name": "Rossi", "phone": "07700 900118", "email": "half@", "next": "/new/?a=1"}
    said = desk.post("/patients/known/", typed).content.decode()

    assert ("name sounds alike, same phone number" in said, f'"/new/?a=1&amp;patient={anna.pk}"' in said) == (
        True,
        True,
    )
    assert "Rossi" not in desk.post("/patients/known/", {"first_name": "Zacharias", "phone": "0770"}).content.decode()
    quick = desk.post("/patients/known/", {**typed, "quick": "1"}).content.decode()
    assert f"/patients/known/{anna.pk}/" in quick
    assert f'value="{anna.pk}" checked' in desk.get(f"/patients/known/{anna.pk}/").content.decode()
    assert desk.get("/patients/known/").status_code == 405


def test_the_api_tells_the_same_with_reasons_as_codes(anna: Patient, api: Any, rita: User) -> None:
    answer = api(rita).post("/api/patients/duplicates/", {"first_name": "Anna", "phone": "07700 900118"})

    assert answer.status_code == 200, answer.content
    assert [(each["patient_id"], each["score"], each["reasons"]) for each in answer.json()] == [
        (str(anna.pk), 30, ["same_phone", "name_in_part"])
    ]


def test_an_owner_who_brings_another_animal_is_known(other: TenantRef, pages: Callable[..., Pages], cora: User,
                                                     now: datetime) -> None:  # fmt: skip
    with use(other):
        rex = register_patient(
            patient=PatientDetails(first_name="Rex", species="Dog"),
            contact=ContactDetails(first_name="Otto", last_name="Weiss", phone="07700 900118"),
            by=cora,
            at=now,
        )
    typed = {"first_name": "Luna", "species": "Cat", "owner_first_name": "Otto", "owner_last_name": "Weiss"}
    said = pages(cora, other).post("/patients/known/", {**typed, "phone": "07700 900118"}).content.decode()

    assert ("Otto Weiss</a> (owner of Rex)" in said, f"/patients/{rex.pk}/" in said) == (True, True)
