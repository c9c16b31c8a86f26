"""More than one phone and e-mail: in order, shared in a family, found, and nothing lost when another is first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from modules.crm.models import Client, ContactPoint, DuplicatePair, Patient, SearchKey
from modules.crm.selectors import Described, find_described
from modules.crm.selectors.contacts.points import ways_to
from modules.crm.services import ContactDetails, PatientDetails, find_pairs, register_patient
from modules.crm.services.contacts.points import (
    MOST,
    PointDetails,
    PointInvalid,
    PointKnown,
    add_contact_point,
    make_first,
    remove_contact_point,
    set_contact_points,
)
from modules.crm.services.contacts.rights import NotTheirsToKeep
from tenancy import TenantRef
from tests.doors import Api, Pages

FIRST, WORK, FAMILY = "+447700900001", "+447700900002", "+447700900003"


def registered(by: User, name: str, phone: str = FIRST, email: str = "") -> Patient:
    contact = ContactDetails(first_name=name, last_name="Lee", phone=phone, email=email)
    patient = PatientDetails(first_name=name, last_name="Lee")
    return register_patient(patient=patient, contact=contact, by=by, at=timezone.now())


@pytest.fixture
def pat(in_clinic: TenantRef, rita: User) -> Patient:
    return registered(rita, "Pat")


def phone(number: str, **said: Any) -> PointDetails:
    return PointDetails(system="phone", value=number, **said)


def shown(client: Client, by: User) -> list[tuple[str, bool]]:
    return [(way.value, way.is_first) for way in ways_to(client, seen_by=by)]


def test_another_is_first_by_a_swap_and_what_was_said_of_each_stays(pat: Patient, rita: User) -> None:
    point = add_contact_point(client=pat.client, details=phone("07700 900002", use="work", note="after 17"), by=rita)

    make_first(point=point, by=rita)

    client = Client.objects.get(pk=pat.client_id)
    assert (client.phone, shown(client, rita)) == (WORK, [(WORK, True), (FIRST, False)])
    assert ways_to(client, seen_by=rita)[0].row == point
    make_first(point=ContactPoint.objects.get(value=FIRST), by=rita)
    client.refresh_from_db()
    assert shown(client, rita) == [(FIRST, True), (WORK, False)]
    assert ContactPoint.objects.get(pk=point.pk).note == "after 17"


def test_lines_replace_lines_and_the_first_is_filled_if_there_is_none(in_clinic: TenantRef, rita: User) -> None:
    client = registered(rita, "Ann", phone="").client
    mail = PointDetails(system="email", value=" Ann@Work.Example ", label="office")

    set_contact_points(client=client, points=[phone(WORK), mail, phone("07700 900003")], by=rita)
    kept = ContactPoint.objects.get(system="email").pk
    set_contact_points(client=client, points=[phone(FAMILY), mail], by=rita)

    client.refresh_from_db()
    assert (client.phone, client.email) == (WORK, "ann@work.example")
    assert shown(client, rita) == [(WORK, True), (FAMILY, False), ("ann@work.example", True)]
    assert ContactPoint.objects.get(system="email").pk == kept
    set_contact_points(client=client, points=[], by=rita)
    assert shown(client, rita) == [(WORK, True), ("ann@work.example", True)]


def test_what_nobody_could_ring_or_write_to_is_refused(pat: Patient, rita: User, bo: User) -> None:
    wrong = [phone("12"), phone(" "), PointDetails(system="email", value="ann@"), PointDetails(system="fax", value="1")]
    for details in [*wrong, phone(WORK, use="old")]:
        with pytest.raises(PointInvalid):
            add_contact_point(client=pat.client, details=details, by=rita)
    row = add_contact_point(client=pat.client, details=phone(WORK), by=rita)
    with pytest.raises(PointKnown):
        add_contact_point(client=pat.client, details=phone("0 77 00 90 00 02"), by=rita)
    with pytest.raises(NotTheirsToKeep):
        make_first(point=row, by=bo)
    for number in range(MOST - 1):
        add_contact_point(client=pat.client, details=phone(f"+4477009001{number:02}"), by=rita)
    with pytest.raises(PointInvalid):
        add_contact_point(client=pat.client, details=phone(FAMILY), by=rita)


def test_people_are_found_by_every_phone_and_email_they_have(pat: Patient, rita: User) -> None:
    row = add_contact_point(client=pat.client, details=phone(WORK), by=rita)
    mail = PointDetails(system="email", value="lee@quarry.example")
    add_contact_point(client=pat.client, details=mail, by=rita)

    for text in ("900002", "quarry"):
        assert list(Patient.objects.matching(text, seen_by=rita)) == [pat]
        assert list(Client.objects.matching(text)) == [pat.client]
    described = Described(first_name="Pat", last_name="Lee", contact="07700 900002")
    assert find_described(described, country="GB") == pat
    remove_contact_point(point=row, by=rita)
    assert list(Patient.objects.matching("900002", seen_by=rita)) == []
    ContactPoint.objects.create(client=pat.client, system="phone", value=FAMILY)
    assert SearchKey.objects.get(patient=pat).is_stale


def test_a_family_shares_a_number_and_only_whoever_may_know_of_the_others_is_told(
    pat: Patient, rita: User, pages: Pages
) -> None:
    mum = registered(rita, "Mum", phone=FAMILY)
    add_contact_point(client=pat.client, details=phone(FAMILY, label="her mother"), by=rita)

    told = [way.also_of for way in ways_to(pat.client, seen_by=rita)]
    assert told == [(), ("Mum Lee",)]
    assert [way.also_of for way in ways_to(mum.client, seen_by=rita)] == [("Pat Lee",)]
    page = pages(rita).get(f"/patients/{pat.pk}/").content.decode()
    assert "also of: Mum Lee" in page
    assert "her mother" in page


def test_lines_come_and_go_in_the_form_and_nothing_that_was_typed_is_lost(
    pat: Patient, rita: User, pages: Pages
) -> None:
    browser, address = pages(rita), f"/patients/{pat.pk}/edit/"
    line = {"points-0-system": "phone", "points-0-value": "nonsense", "points-0-note": "only after 17"}
    typed = {"first_name": "Patricia", "last_name": "Lee", "phone": FIRST, "points-INITIAL_FORMS": "0"}
    typed |= {"points-TOTAL_FORMS": "1", **line}

    more = browser.post(address, typed | {"add_line": "1"})
    less = browser.post(address, typed | {"remove_line": "0"}).content.decode()
    refused = browser.post(address, typed)

    page = more.content.decode()
    assert (more.status_code, "points-1-value" in page, "Patricia" in page, "nonsense" in page) == (200, *[True] * 3)
    assert ("points-0-value" in less, "Patricia" in less) == (False, True)
    assert (refused.status_code, "is not a phone number" in refused.content.decode()) == (422, True)
    assert Patient.objects.get(pk=pat.pk).first_name == "Pat"
    assert browser.post(address, typed | {"points-0-value": "07700 900002"}).status_code == 302
    assert ContactPoint.objects.get().note == "only after 17"
    row = ContactPoint.objects.get()
    assert browser.post(f"/patients/{pat.pk}/contacts/{row.pk}/first/").status_code == 302
    assert Client.objects.get(pk=pat.client_id).phone == WORK


def test_a_registration_keeps_its_lines_or_nothing_at_all(in_clinic: TenantRef, rita: User, pages: Pages) -> None:
    typed = {"first_name": "Zoe", "points-TOTAL_FORMS": "2", "points-INITIAL_FORMS": "0", "points-1-system": "phone"}
    typed |= {"points-0-system": "email", "points-0-value": "zoe@home.example", "points-0-use": "home"}

    assert pages(rita).post("/patients/new/", typed | {"points-1-value": "x"}).status_code == 422
    assert not Patient.objects.filter(first_name="Zoe").exists()
    assert pages(rita).post("/patients/new/", typed).status_code == 302
    assert Client.objects.get(first_name="Zoe").email == "zoe@home.example"


def test_contact_points_over_the_wire(pat: Patient, rita: User, api: Api) -> None:
    address = f"/api/patients/{pat.pk}/contact-points/"
    work = {"system": "phone", "value": "07700 900002", "use": "work"}

    made = api(rita).post(address, work).json()["items"]
    one = f"{address}{made[1]['id']}/"
    assert api(rita).patch(one, {"note": "after 17"}).json()["items"][1]["note"] == "after 17"
    swapped = api(rita).post(f"{one}first/").json()["items"]

    assert [(each["value"], each["is_first"], each["use"]) for each in swapped] == [
        (WORK, True, "work"),
        (FIRST, False, ""),
    ]
    assert api(rita).post(address, work | {"value": "1"}).status_code == 422
    assert api(rita).client.delete(one).status_code == 204
    assert len(api(rita).get(address).json()["items"]) == 2  # the first stays, without words


def waiting(by: User) -> list[DuplicatePair]:
    return list(DuplicatePair.objects.of_records_seen_by(by).waiting(sealed_too=True))


def test_a_further_phone_or_e_mail_counts_at_once_and_at_night_as_the_first_one_does(
    in_clinic: TenantRef, rita: User, run_jobs: Callable[..., int]
) -> None:
    anna = registered(rita, "Anna")
    other = registered(rita, "Anna", phone="")
    run_jobs()
    assert waiting(rita) == []  # not by a name alone

    def further(patient: Patient, number: str) -> ContactPoint:
        return add_contact_point(client=patient.client, details=phone(number), by=rita)

    points = [further(other, "07700 900555"), further(anna, "07700 900777"), further(other, "07700 900777")]
    for _ in range(2):  # told, and then compared
        run_jobs()
    assert [row.reasons for row in waiting(rita)] == [["same_name", "same_phone"]]

    DuplicatePair.objects.all().delete()
    find_pairs(at=timezone.now())
    assert [row.reasons for row in waiting(rita)] == [["same_name", "same_phone"]]

    remove_contact_point(point=points[2], by=rita)
    for _ in range(2):
        run_jobs()
    assert waiting(rita) == []
