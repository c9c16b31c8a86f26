"""Two change one record at once: neither overwrites the other, and both know."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from modules.crm.models import ContactPoint, Patient
from modules.crm.services import ContactDetails, PatientDetails, change_patient, register_patient
from modules.crm.services.contacts.points import PointDetails, set_contact_points
from modules.crm.services.states import RecordChanged, state_of
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

PHONE, OTHER, EMAIL = "+442079460018", "+442079460019", "vera@mail.example"
PATIENT = PatientDetails(first_name="Vera", last_name="Stone")
CONTACT = ContactDetails(first_name="Vera", last_name="Stone", phone=PHONE, email=EMAIL)


@pytest.fixture
def vera(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    return register_patient(patient=PATIENT, contact=CONTACT, by=rita, at=now)


def fields_of(response: Any) -> dict[str, str]:
    """Return what a browser would send back of a form: the value of each of its fields, or of the choice chosen."""
    page = response.content.decode()
    fields = {
        unescape(match["name"]): unescape(match["value"] or "")
        for match in re.finditer(r'<input[^>]*? name="(?P<name>[^"]+)"(?:[^>]*? value="(?P<value>[^"]*)")?', page)
    }
    for name, inside in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        fields[name] = chosen.group(1) if chosen else ""
    return fields


def test_what_two_change_in_different_fields_is_both_kept(vera: Patient, pages: Any, rita: User, ana: User) -> None:
    desk, owner, at = pages(rita), pages(ana), f"/patients/{vera.pk}/edit/"
    of_desk, of_owner = fields_of(desk.get(at)), fields_of(owner.get(at))

    first = owner.post(at, of_owner | {"city": "Leeds"})
    second = desk.post(at, of_desk | {"phone": OTHER})
    again = desk.post(at, fields_of(second))

    assert (first.status_code, second.status_code, again.status_code) == (302, 409, 302)
    assert "Nothing was overwritten" in second.content.decode()
    vera.client.refresh_from_db()
    assert (vera.client.city, vera.client.phone) == ("Leeds", OTHER)


def test_where_both_changed_one_field_each_sees_what_the_other_put_there(
    vera: Patient, pages: Any, rita: User, ana: User
) -> None:
    desk, owner, at = pages(rita), pages(ana), f"/patients/{vera.pk}/edit/"
    of_desk, of_owner = fields_of(desk.get(at)), fields_of(owner.get(at))
    owner.post(at, of_owner | {"city": "Leeds"})

    second = desk.post(at, of_desk | {"city": "York"})
    shown = fields_of(second)
    third = desk.post(at, shown | {"city": "York"})

    assert "Meanwhile somebody put “Leeds” here." in second.content.decode()
    assert (shown["city"], shown["initial-city"]) == ("York", "Leeds")
    vera.client.refresh_from_db()
    assert (third.status_code, vera.client.city) == (302, "York")


def test_a_line_that_somebody_added_meanwhile_is_not_taken_away(
    vera: Patient, pages: Any, rita: User, ana: User
) -> None:
    desk, at = pages(rita), f"/patients/{vera.pk}/edit/"
    before = fields_of(desk.get(at))
    set_contact_points(client=vera.client, points=[PointDetails(system="phone", value=OTHER)], by=ana)
    mine = {"points-TOTAL_FORMS": "1", "points-0-system": "email", "points-0-value": "v@mail.example"}

    refused = desk.post(at, before | mine | {"points-0-use": "", "points-0-label": "", "points-0-note": ""})
    saved = desk.post(at, fields_of(refused))

    assert (refused.status_code, saved.status_code) == (409, 302)
    assert {point.value for point in ContactPoint.objects.all()} == {OTHER, "v@mail.example"}


def test_by_api_a_change_is_made_to_what_was_seen_or_not_at_all(vera: Patient, api: Any, rita: User) -> None:
    desk, at = api(rita), f"/api/patients/{vera.pk}/"
    seen = desk.get(at)["ETag"]

    first = desk.patch(at, {"city": "Leeds"}, **{"If-Match": seen})
    stale = desk.patch(at, {"city": "York"}, **{"If-Match": seen})
    newer = desk.patch(at, {"city": "York"}, **{"If-Match": first["ETag"]})
    whoever = desk.patch(at, {"street": "1 Long Lane"})

    assert (first.status_code, stale.status_code, newer.status_code, whoever.status_code) == (200, 409, 200, 200)
    assert stale.json()["code"] == "record-changed"
    assert f'"{stale.json()["current"]["state"]}"' == first["ETag"]


def test_a_state_tells_nothing_of_what_it_is_made_of(vera: Patient, ana: User, now: datetime) -> None:
    twin = register_patient(patient=PATIENT, contact=CONTACT, by=ana, at=now)

    assert re.fullmatch(r"[0-9a-f]{32}", state_of(vera))
    assert state_of(twin) != state_of(vera)


@pytest.mark.usefixtures("own_database")
def test_of_two_who_save_at_the_same_moment_one_is_told(soon: datetime) -> None:
    place, at = tenant_called("clinic"), soon - timedelta(days=7)
    with use_platform():
        desk = User.objects.get(email="rita@clinic.example")
    with use(place):
        vera = register_patient(patient=PATIENT, contact=CONTACT, by=desk, at=at)
        seen = state_of(vera)

    def moves_to(city: str) -> str:
        with use(place):
            found = Patient.objects.select_related("client").get(pk=vera.pk)
            moved = ContactDetails(first_name="Vera", last_name="Stone", phone=PHONE, email=EMAIL, city=city)
            try:
                change_patient(patient=found, details=PATIENT, contact=moved, seen=seen, by=desk, at=timezone.now())
            except RecordChanged:
                return ""
            return city

    said = all_at_once([lambda: moves_to("Leeds"), lambda: moves_to("York"), lambda: moves_to("Hull")])

    with use(place):
        assert [city for city in said if city] == [Patient.objects.get(pk=vera.pk).client.city]
