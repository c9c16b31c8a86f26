"""Records that may be of one person: who is found, what is answered, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.membership import forget_membership
from access.models import RoleChange
from audit.models import AuditEntry
from identity.models import User
from modules.crm.domain.duplicates import LIKELY, Reason, compare
from modules.crm.models import Client, ContactPoint, DuplicatePair, Patient
from modules.crm.selectors import pairs as selecting
from modules.crm.selectors.facts import facts_of
from modules.crm.selectors.pairs import Pair
from modules.crm.services import (
    ContactDetails,
    PairChanged,
    PairGone,
    PatientDetails,
    ask_again,
    change_patient,
    find_pairs,
    register_patient,
    tell_apart,
)
from modules.crm.services.contacts.identity import IdentityDetails, add_identity_document
from modules.crm.services.merging import merge_patients, plan_of_patients, undo_merge
from modules.crm.services.search_keys import renew_search_keys
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Pages
from tests.together import all_at_once

BORN = date(1990, 5, 3)
PHONE = "+447700900118"


def registered(by: User, at: datetime, first: str, last: str, born: date | None = None, **more: str) -> Patient:
    details = PatientDetails(first_name=first, last_name=last, birth_date=born, tax_code=more.pop("tax_code", ""))
    contact = ContactDetails(first_name=first, last_name=last, **more)
    return register_patient(patient=details, contact=contact, by=by, at=at)


def changed(patient: Patient, *, by: User, at: datetime, **contact: str) -> None:
    client = patient.client
    details = PatientDetails(
        first_name=patient.first_name, last_name=patient.last_name, birth_date=patient.birth_date,
        tax_code=contact.pop("tax_code", patient.tax_code),
    )  # fmt: skip
    told = {"phone": client.phone, "email": client.email} | contact
    new = ContactDetails(first_name=client.first_name, last_name=client.last_name, **told)
    change_patient(patient=patient, details=details, contact=new, by=by, at=at)


@pytest.fixture
def two(in_clinic: TenantRef, rita: User, now: datetime) -> tuple[Patient, Patient]:
    """Anna, who is here twice; and the clinic has others, none of whom is like her."""
    anna = registered(rita, now, "Anna", "Rossi", BORN, phone=PHONE)
    return anna, registered(rita, now + timedelta(hours=1), "Ana", "Rossi", BORN)


def waiting(by: User) -> list[DuplicatePair]:
    return list(DuplicatePair.objects.of_records_seen_by(by).waiting(sealed_too=True))


def test_the_night_finds_who_is_here_twice_and_no_family(
    two: tuple[Patient, Patient], rita: User, now: datetime
) -> None:
    registered(rita, now, "Luca", "Rossi", date(2015, 1, 9), phone=PHONE)

    find_pairs(at=now)
    find_pairs(at=now + timedelta(days=1))

    (pair,) = waiting(rita)
    assert (pair.one, pair.other) == tuple(sorted(two, key=lambda each: each.pk))
    assert (pair.score, pair.reasons, pair.against) == (62, ["same_birth_date", "name_alike"], [])
    assert (pair.found_at, pair.checked_at) == (now, now + timedelta(days=1))


def people_at_random(seed: int, *, number: int) -> list[Patient]:
    """Write people down who share a little of everything, in many combinations; half of them are animals."""
    chance = Random(seed)  # noqa: S311 - names, no secrets
    for n in range(number):
        first, last = chance.choice(["Anna", "Ana", "Екатерина", "Wu", "Bea"]), chance.choice(["Rossi", "Rosi", "Li"])
        client = Client.objects.create(
            first_name=first,
            last_name=last,
            phone=chance.choice(["", "", "", PHONE, "+447700900119"]),
            email=chance.choice(["", "", "", "Rossi@mail.example"]),
        )
        if n % 5 == 0:
            ContactPoint.objects.create(client=client, system="phone", value=chance.choice([PHONE, "+447700900120"]))
        own = {"first_name": first, "last_name": last} if n % 2 else {"first_name": "Luna", "species": "Dog"}
        born = chance.choice([None, BORN, date(1990, 3, 5), date(1980, 5, 3), date(2001, 1, 1)])
        Patient.objects.create(client=client, birth_date=born, **own)
    rows = list(Patient.objects.select_related("client"))
    renew_search_keys(patient_ids=[row.pk for row in rows])
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_missed_who_would_be_found_by_comparing_each_with_each(
    in_clinic: TenantRef, now: datetime, seed: int
) -> None:
    rows = people_at_random(seed, number=40)

    find_pairs(at=now)

    every = {Pair.of(a.pk, b.pk): compare(facts_of(a), facts_of(b)) for a, b in combinations(rows, 2)}
    likely = {pair: (each.score, each.reasons[0]) for pair, each in every.items() if each.score >= LIKELY}
    found = {Pair(row.one_id, row.other_id): (row.score, row.reasons[0]) for row in DuplicatePair.objects.all()}
    assert found == likely
    assert len(likely) > 10


def test_what_hundreds_share_costs_no_comparison_of_each_with_each(
    in_clinic: TenantRef, rita: User, now: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setattr(selecting, "MOST_OF_ONE", 5)
    monkeypatch.setattr(selecting, "MOST_BORN_ON", 5)
    for number in range(12):
        client = Client.objects.create(first_name=f"Person {number}", last_name="", phone=PHONE)
        Patient.objects.create(client=client, first_name=f"Person{number} Alike", birth_date=date(1910, 1, 1))
    registered(rita, now, "Anna", "Rossi", date(1910, 1, 1), phone=PHONE)
    registered(rita, now, "Anna", "Rossi", date(1910, 1, 1), phone=PHONE)

    assert len(selecting.pairs_to_compare()) == 1  # by the phone with the name, and the day with the name


def test_an_identity_document_is_a_strong_reason_of_one_country(
    in_clinic: TenantRef, rita: User, now: datetime
) -> None:
    anna, other, third = (registered(rita, now, name, "") for name in ("Anna Rossi", "Anna Bianchi", "Anna Verdi"))
    for patient, country in ((anna, "IT"), (other, ""), (third, "FR")):
        details = IdentityDetails(kind="passport", number="YA 1234567", country=country)
        add_identity_document(patient=patient, of_client=patient is other, details=details, by=rita)

    find_pairs(at=now)

    pairs = {frozenset((row.one, row.other)): row.reasons for row in waiting(rita)}
    assert set(pairs) == {frozenset((anna, other)), frozenset((other, third))}
    assert all(reasons[0] == "same_identity_document" for reasons in pairs.values())


def test_an_answer_is_remembered_and_asked_again_for_a_new_reason_only(
    two: tuple[Patient, Patient], rita: User, now: datetime
) -> None:
    find_pairs(at=now)
    (pair,) = waiting(rita)

    tell_apart(pair=pair, seen=pair.reasons, by=rita, at=now)
    tell_apart(pair=pair, seen=pair.reasons, by=rita, at=now + timedelta(hours=1))
    find_pairs(at=now + timedelta(days=1))
    assert waiting(rita) == []
    (kept,) = DuplicatePair.objects.told_apart()
    assert (kept.answered_at, kept.answered_by_name) == (now, str(rita))
    assert AuditEntry.objects.filter(action="crm.patient.told_apart").count() == 2  # one of each record

    changed(two[1], by=rita, at=now, phone="07700 900999")  # another phone is no reason
    find_pairs(at=now + timedelta(days=2))
    assert waiting(rita) == []
    changed(two[1], by=rita, at=now, phone=PHONE)
    find_pairs(at=now + timedelta(days=3))
    assert [row.reasons for row in waiting(rita)] == [["same_birth_date", "name_alike", "same_phone"]]

    with pytest.raises(PairChanged):
        tell_apart(pair=pair, seen=pair.reasons, by=rita, at=now)
    changed(two[1], by=rita, at=now, phone="")
    find_pairs(at=now + timedelta(days=4))
    assert waiting(rita) == []
    ask_again(pair=pair, by=rita)
    ask_again(pair=pair, by=rita)
    assert waiting(rita) == [pair]
    assert AuditEntry.objects.filter(action="crm.patient.asked_again").count() == 2


def test_a_pair_that_is_none_any_more_goes_and_its_answer_stays(
    two: tuple[Patient, Patient], rita: User, now: datetime
) -> None:
    find_pairs(at=now)
    tell_apart(pair=waiting(rita)[0], seen=["same_birth_date", "name_alike"], by=rita, at=now)
    Patient.objects.filter(pk=two[1].pk).update(birth_date=None)
    find_pairs(at=now + timedelta(days=1))
    (row,) = DuplicatePair.objects.all()
    assert (row.score, row.reasons) == (0, [])

    ask_again(pair=row, by=rita)
    find_pairs(at=now + timedelta(days=2))
    assert not DuplicatePair.objects.exists()


def test_whoever_is_registered_or_changed_is_compared_at_once(
    in_clinic: TenantRef, rita: User, now: datetime, run_jobs: Callable[..., int], api: Any
) -> None:
    desk = api(rita)
    told = {"first_name": "Anna", "last_name": "Rossi", "birth_date": "1990-05-03", "client": {"first_name": "Anna"}}
    ids = [desk.post("/api/patients/", told).json()["id"] for _ in range(2)]
    for _ in range(2):  # told, and then compared
        run_jobs()
    assert [{str(row.one_id), str(row.other_id)} for row in waiting(rita)] == [set(ids)]

    answer = desk.patch(f"/api/patients/{ids[0]}/", {"birth_date": "1961-01-01"})
    assert answer.status_code == 200, answer.content
    for _ in range(2):
        run_jobs()
    assert waiting(rita) == []


def test_the_pair_of_a_merged_record_is_gone_until_the_merge_is_undone(
    two: tuple[Patient, Patient], rita: User, now: datetime
) -> None:
    find_pairs(at=now)
    (pair,) = waiting(rita)
    ids = [each.pk for each in two]
    mark = plan_of_patients([Patient.objects.get(pk=each) for each in ids]).mark
    merge = merge_patients(patient_ids=ids, choices={}, mark=mark, by=rita, at=now)

    assert waiting(rita) == []
    with pytest.raises(PairGone):
        tell_apart(pair=pair, seen=pair.reasons, by=rita, at=now)
    find_pairs(at=now + timedelta(days=1))
    undo_merge(merge=merge, by=rita, at=now + timedelta(days=2))
    find_pairs(at=now + timedelta(days=3))
    assert waiting(rita) == [pair]

    again = plan_of_patients([Patient.objects.get(pk=each) for each in ids])
    merge_patients(patient_ids=ids, choices={}, mark=again.mark, by=rita, at=now + timedelta(days=4))
    find_pairs(at=now + timedelta(days=40))
    assert not DuplicatePair.objects.exists()


def test_reasons_tell_nobody_what_they_may_not_see(
    in_clinic: TenantRef, rita: User, ana: User, now: datetime, api: Any, pages: Callable[..., Pages]
) -> None:
    code = "QQ123456C"
    by_code = [
        registered(rita, now, "Zoe", "Quill", tax_code=code),
        registered(rita, now, "Zoe", "Zeta", tax_code=code),
    ]
    for _ in range(2):
        registered(rita, now, "Ida", "Bell", BORN, tax_code="QQ654321A")
    find_pairs(at=now)
    first, second = api(rita).get("/api/patients/pairs/").json()["items"]
    assert (first["score"], first["reasons"][0], second["reasons"][0]) == (100, "same_tax_code", "same_tax_code")
    assert set(second["patient_ids"]) == {str(each.pk) for each in by_code}

    taken = {"role": "receptionist", "permission": "crm.view_identity", "reach": "none", "reason": "Not theirs."}
    RoleChange.objects.create(**taken, by_id=ana.pk, by_name="Ana", at=now)
    forget_membership(rita)
    (told,) = api(rita).get("/api/patients/pairs/").json()["items"]
    assert (told["score"], told["reasons"]) == (75, ["same_name", "same_birth_date"])
    page = pages(rita).get("/patients/pairs/").content.decode()
    assert ("tax code" in page, "Ida Bell" in page, "Zoe" in page) == (False, True, False)

    assert (
        api(rita).put(f"/api/patients/pairs/{told['id']}/difference/", {"reasons": told["reasons"]}).status_code == 200
    )
    assert api(rita).get("/api/patients/pairs/").json()["count"] == 0
    RoleChange.objects.create(**taken | {"reach": "all"}, by_id=ana.pk, by_name="Ana", at=now + timedelta(hours=1))
    forget_membership(rita)
    assert api(rita).get("/api/patients/pairs/").json()["count"] == 2  # the code is another reason, to who may see it


def test_the_list_is_for_who_may_merge_and_for_nobody_elsewhere(
    two: tuple[Patient, Patient], pages: Callable[..., Pages], api: Any, rita: User, bea: User, cai: User, ana: User,
    other: TenantRef, now: datetime,
) -> None:  # fmt: skip
    find_pairs(at=now)
    (pair,) = waiting(rita)
    at = f"/patients/pairs/{pair.pk}/difference/"

    assert pages(bea).get("/patients/pairs/").status_code == 403
    assert api(bea).put(f"/api{at}", {"reasons": []}).status_code == 403
    assert "Possible duplicates" not in pages(bea).get("/patients/").content.decode()
    assert "Rossi" not in pages(cai, other).get("/patients/pairs/").content.decode()
    assert pages(cai, other).post(at).status_code == 404
    assert "/patients/pairs/" in pages(ana).get("/patients/").content.decode()


def test_by_page_and_api_one_answers_and_takes_it_back(
    two: tuple[Patient, Patient], pages: Callable[..., Pages], api: Any, rita: User, now: datetime
) -> None:
    find_pairs(at=now)
    (pair,) = waiting(rita)
    desk, program = pages(rita), api(rita)
    at = f"/patients/pairs/{pair.pk}/difference/"

    page = desk.get("/patients/pairs/").content.decode()
    assert ("Same date of birth, name sounds alike" in page, "Not a duplicate" in page) == (True, True)
    assert f"/patients/{two[0].pk}/merge/?with={two[1].pk}" in page  # who was registered first would stay
    assert desk.get(at).status_code == 405
    desk.post(at, {"reason": []})
    assert waiting(rita) == [pair]  # without the reasons one has seen nothing
    desk.post(at, {"reason": ["same_birth_date", "name_alike"]})
    assert "Nobody seems to be here twice" in desk.get("/patients/pairs/").content.decode()
    assert "Two people, said" in desk.get("/patients/pairs/?answered").content.decode()
    assert program.get("/api/patients/pairs/", {"answered": True}).json()["count"] == 1
    desk.post(f"/patients/pairs/{pair.pk}/question/")
    (listed,) = program.get("/api/patients/pairs/").json()["items"]

    refused = program.put(f"/api{at}", {"reasons": ["same_birth_date"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate-pair-changed")
    assert program.put(f"/api{at}", {"reasons": listed["reasons"]}).json()["answered_by_name"] == str(rita)
    assert program.client.delete(f"/api{at}").json()["answered_at"] is None


def test_while_a_record_is_changed_the_hint_leaves_out_itself_and_whom_it_is_not(
    two: tuple[Patient, Patient], pages: Callable[..., Pages], rita: User, now: datetime
) -> None:
    desk = pages(rita)
    typed = {"first_name": "Anna", "last_name": "Rossi", "birth_date": "1990-05-03", "of": str(two[0].pk)}

    assert f'"of": "{two[0].pk}"' in desk.get(f"/patients/{two[0].pk}/edit/").content.decode()
    hint = desk.post("/patients/known/", typed).content.decode()
    assert (str(two[1].pk) in hint, str(two[0].pk) in hint) == (True, False)
    find_pairs(at=now)
    tell_apart(pair=waiting(rita)[0], seen=["same_birth_date", "name_alike"], by=rita, at=now)
    assert str(two[1].pk) not in desk.post("/patients/known/", typed).content.decode()
    more = desk.post("/patients/known/", {**typed, "last_name": "Bianchi", "first_name": "Ana"}).content.decode()
    assert str(two[1].pk) not in more
    changed(two[1], by=rita, at=now, email="rossi@mail.example")
    assert str(two[1].pk) in desk.post("/patients/known/", {**typed, "email": "rossi@mail.example"}).content.decode()
    assert desk.post("/patients/known/", {**typed, "of": "nobody"}).status_code == 404


def test_a_passport_is_found_while_typing_over_the_wire(
    two: tuple[Patient, Patient], api: Any, rita: User, bea: User
) -> None:
    details = IdentityDetails(kind="passport", number="YA1234567", country="IT")
    add_identity_document(patient=two[0], of_client=False, details=details, by=rita)

    (found,) = api(rita).post("/api/patients/duplicates/", {"identity_number": "ya 123 4567"}).json()
    assert (found["patient_id"], found["reasons"]) == (str(two[0].pk), [Reason.PAPER])
    assert api(bea).post("/api/patients/duplicates/", {"identity_number": "YA1234567"}).json() == []


def test_finding_reads_people_in_handfuls(two: tuple[Patient, Patient], now: datetime) -> None:
    with CaptureQueriesContext(connection) as few:
        find_pairs(at=now)
    people_at_random(1, number=60)
    with CaptureQueriesContext(connection) as many:
        find_pairs(at=now)

    assert len(many) == len(few)


@pytest.mark.usefixtures("own_database")
def test_two_who_answer_and_a_night_at_once_leave_one_answer(now: datetime) -> None:
    place = tenant_called("clinic")
    with use_platform():
        desk = User.objects.get(email="rita@clinic.example")
    with use(place):
        for first in ("Anna", "Ana"):
            registered(desk, now, first, "Rossi", BORN)
        find_pairs(at=now)
        pair = DuplicatePair.objects.get()

    def answer() -> None:
        with use(place):
            tell_apart(pair=pair, seen=pair.reasons, by=desk, at=now)

    def look() -> None:
        with use(place):
            find_pairs(at=now + timedelta(minutes=1))

    all_at_once([answer, look, answer, look, answer])

    with use(place):
        assert waiting(desk) == []
        assert DuplicatePair.objects.get().answered_by_name == str(desk)
        assert AuditEntry.objects.filter(action="crm.patient.told_apart").count() == 2
