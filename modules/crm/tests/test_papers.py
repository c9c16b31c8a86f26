"""Identity documents and insurances: kept once, found by those who may, and said in time when they end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.roles import change_right
from identity.models import User
from modules.crm.domain.contacts.countries import countries, country_name
from modules.crm.domain.contacts.validity import Standing, standing_on
from modules.crm.models import Client, Coverage, IdentityDocument, Patient
from modules.crm.selectors.contacts.coverages import coverages_lapsed
from modules.crm.selectors.contacts.identity import patients_with_identity_number
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.crm.services.contacts.coverages import (
    CoverageClash,
    CoverageDetails,
    CoverageInvalid,
    add_coverage,
    change_coverage,
    remove_coverage,
)
from modules.crm.services.contacts.identity import (
    IdentityDetails,
    IdentityInvalid,
    IdentityKnown,
    add_identity_document,
    change_identity_document,
    remove_identity_document,
)
from modules.crm.services.contacts.rights import ChangedMeanwhile, NotTheirsToKeep
from tenancy import TenantRef
from tests.doors import Api, Pages

DAY = date(2026, 3, 2)
LONG_AGO, LAST_YEAR = date(2019, 1, 1), date(2025, 12, 31)
PASSPORT = IdentityDetails(kind="passport", number="C01 X00-T47", country="DE", valid_until=LAST_YEAR)


def registered(by: User, name: str = "Pia", owner: str = "", **details: Any) -> Patient:
    contact = ContactDetails(first_name=owner or name)
    patient = PatientDetails(first_name=name, **details)
    return register_patient(patient=patient, contact=contact, by=by, at=timezone.now())


@pytest.fixture
def pat(in_clinic: TenantRef, rita: User) -> Patient:
    return registered(rita)


def insure(patient: Patient, by: User, insurer: str = "Hale", **said: Any) -> Coverage:
    details = CoverageDetails(**{"kind": "private", "insurer": insurer} | said)
    return add_coverage(patient=patient, details=details, by=by)


days = st.dates(LONG_AGO, DAY + timedelta(days=4000))


@given(first=st.none() | days, last=st.none() | days, day=days)
def test_a_paper_holds_on_its_first_and_last_day_and_on_none_beside(
    first: date | None, last: date | None, day: date
) -> None:
    holds = (first is None or first <= day) and (last is None or day <= last)

    assert (standing_on(day, first=first, last=last) in (Standing.VALID, Standing.ENDING)) == holds


def test_countries_have_the_names_of_the_viewers_language() -> None:
    assert (country_name("DE", language="it"), country_name("DE", language="pt-br")) == ("Germania", "Alemanha")
    assert country_name("??", language="en") == "??"
    in_german = [code for code, _ in countries("de")]
    assert (len(in_german), in_german.index("AT") < in_german.index("PE")) == (
        249,
        True,
    )  # Ö is sorted as o


# Identity documents


def test_a_paper_is_kept_once_of_a_person_however_its_number_is_typed(pat: Patient, rita: User) -> None:
    kept = add_identity_document(patient=pat, of_client=False, details=PASSPORT, by=rita)

    assert kept.number == "C01X00T47"
    again = IdentityDetails(kind="passport", number="c01x00t47", country="de")
    with pytest.raises(IdentityKnown):
        add_identity_document(patient=pat, of_client=False, details=again, by=rita)
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityDocument.objects.create(patient=pat, kind="passport", country="DE", number="C01X00T47")
    assert b"C01X00T47" not in _stored()


def _stored() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, '') FROM crm_identitydocument t")
        (text,) = cursor.fetchone()
    return str(text).encode()


def test_whoever_may_see_papers_finds_by_their_number_and_nobody_else_does(
    pat: Patient, rita: User, ana: User, bo: User
) -> None:
    rex = registered(rita, "Rex", "Ann", species="Dog")
    add_identity_document(patient=pat, of_client=False, details=PASSPORT, by=rita)
    add_identity_document(patient=rex, of_client=True, details=PASSPORT, by=rita)

    for user, found in ((rita, {pat, rex}), (ana, {pat, rex}), (bo, set()), (None, set())):
        rows = Patient.objects.all()
        assert set(rows.matching("c01 x00 t47", seen_by=user)) == found
    assert set(patients_with_identity_number("C01X00T47")) == {pat, rex}
    assert patients_with_identity_number(" ") == []


def test_what_makes_no_sense_on_a_paper_is_refused(pat: Patient, rita: User, bo: User) -> None:
    rex = registered(rita, "Rex", "Ann", species="Dog")
    wrong = [{"number": " "}, {"kind": "library_card"}, {"country": "XX"}]

    for said in wrong:
        details = IdentityDetails(**{"kind": "passport", "number": "1"} | said)
        with pytest.raises(IdentityInvalid):
            add_identity_document(patient=pat, of_client=False, details=details, by=rita)
    with pytest.raises(IdentityInvalid):
        add_identity_document(patient=rex, of_client=False, details=PASSPORT, by=rita)
    with pytest.raises(NotTheirsToKeep):
        add_identity_document(patient=pat, of_client=False, details=PASSPORT, by=bo)


def test_a_new_passport_takes_the_place_of_the_old_one_and_the_old_one_stays_known(pat: Patient, rita: User) -> None:
    row = add_identity_document(patient=pat, of_client=False, details=PASSPORT, by=rita)
    newer = IdentityDetails(kind="passport", number="C02", country="DE")

    change_identity_document(document=row, patient=pat, details=newer, seen=1, by=rita)
    with pytest.raises(ChangedMeanwhile):
        change_identity_document(document=row, patient=pat, details=PASSPORT, seen=1, by=rita)
    remove_identity_document(document=row, patient=pat, by=rita)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_label, version FROM crm_identitydocument_history ORDER BY pgh_created_at")
        assert cursor.fetchall() == [("update", 1), ("delete", 2)]


def test_the_desk_keeps_papers_on_the_page_and_what_was_typed_stays_when_it_is_refused(
    pat: Patient, pages: Pages, rita: User, bo: User
) -> None:
    address = f"/patients/{pat.pk}/identity/new/"
    typed = {"kind": "passport", "country": "IT", "number": "YA1", "valid_until": "2020-01-01", "issued_by": "Roma"}

    assert pages(bo).get(address).status_code == 403
    refused = pages(rita).post(address, typed | {"number": ""})
    assert (refused.status_code, b'value="Roma"' in refused.content) == (422, True)
    assert pages(rita).post(address, typed).status_code == 302
    shown = pages(rita).get(f"/patients/{pat.pk}/").content.decode()
    assert "YA1" in shown
    assert "Expired" in shown
    row = IdentityDocument.objects.get()
    assert pages(rita).post(f"/patients/{pat.pk}/identity/{row.pk}/", typed | {"number": "YA2"}).status_code == 302
    assert pages(rita).post(f"/patients/{pat.pk}/identity/{row.pk}/remove/").status_code == 302
    assert not IdentityDocument.objects.exists()


def test_papers_over_the_wire_change_only_as_they_were_last_seen(pat: Patient, api: Api, rita: User) -> None:
    address = f"/api/patients/{pat.pk}/identity-documents/"

    made = api(rita).post(address, {"kind": "passport", "number": "YA1", "country": "IT"}).json()
    one = f"{address}{made['id']}/"
    changed = api(rita).client.patch(one, '{"number": "YA2"}', "application/json", headers={"If-Match": '"1"'})
    late = api(rita).client.patch(one, '{"number": "YA3"}', "application/json", headers={"If-Match": '"1"'})

    assert (changed.json()["number"], changed.json()["country"], changed["ETag"]) == ("YA2", "IT", '"2"')
    assert (late.status_code, late.json()["code"]) == (409, "changed-meanwhile")
    assert api(rita).patch(one, {"number": None}).status_code == 422
    assert [each["number"] for each in api(rita).get(address).json()["items"]] == ["YA2"]
    assert api(rita).client.delete(one).status_code == 204


# Insurances


def test_two_insurances_are_not_first_on_one_day(pat: Patient, rita: User) -> None:
    insure(pat, rita, "Hale", valid_until=LAST_YEAR)

    insure(pat, rita, "Sunna", valid_from=LAST_YEAR + timedelta(days=1))
    with pytest.raises(CoverageClash, match="Hale is number 1"):
        insure(pat, rita, "Morrow", valid_until=LAST_YEAR)
    insure(pat, rita, "Morrow", rank=2)
    with pytest.raises(CoverageClash, match="kept for that time already"):
        insure(pat, rita, "morrow", rank=3)


def test_the_payer_of_an_insurance_is_an_organisation_and_names_it(pat: Patient, rita: User) -> None:
    firm = registered(rita, "Ann", "Ann").client
    with pytest.raises(CoverageInvalid):
        insure(pat, rita, "", payer_id=firm.pk)

    Client.objects.filter(pk=firm.pk).update(organisation="Hale Insurance")

    assert insure(pat, rita, "", payer_id=firm.pk).insurer == "Hale Insurance"
    with pytest.raises(CoverageInvalid):
        insure(pat, rita, "", rank=2)
    with pytest.raises(CoverageInvalid):
        insure(pat, rita, valid_from=DAY, valid_until=LAST_YEAR, rank=2)


def test_an_insurance_that_is_over_is_told_in_one_query_for_all(
    pat: Patient, rita: User, bo: User, pages: Pages
) -> None:
    others = [registered(rita, name) for name in ("Never", "Goes on", "Second")]
    insure(pat, rita, "Old", valid_until=LONG_AGO)
    insure(pat, rita, "Hale", valid_from=LONG_AGO + timedelta(days=1), valid_until=LAST_YEAR)
    insure(others[1], rita, valid_until=DAY)
    insure(others[2], rita, "Hale", valid_until=LAST_YEAR)
    insure(others[2], rita, "Sunna", rank=2)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        lapsed = coverages_lapsed([pat.pk, *(each.pk for each in others)], on=DAY, seen_by=rita)

    assert (lapsed, len(queries)) == ({pat.pk: ("Hale", LAST_YEAR)}, 1)
    assert coverages_lapsed([pat.pk], on=DAY, seen_by=bo) == {}  # not in his care
    assert "Insurance ended on 31 Dec 2025 (Hale)" in pages(rita).get(f"/patients/{pat.pk}/").content.decode()


def test_an_insurance_is_kept_by_the_desk_on_page_and_wire(pat: Patient, pages: Pages, api: Api, rita: User) -> None:
    typed = {"insurer": "Hale", "kind": "private", "number": "A 12", "rank": "1", "valid_from": "2025-01-01"}
    new = f"/patients/{pat.pk}/coverages/new/"

    assert pages(rita).post(new, typed).status_code == 302
    row = Coverage.objects.get()
    refused = pages(rita).post(new, typed | {"insurer": "Sunna", "copayment": "10 a visit"})
    assert (refused.status_code, b"10 a visit" in refused.content) == (422, True)
    one = f"/api/patients/{pat.pk}/coverages/{row.pk}/"
    assert api(rita).patch(one, {"valid_until": "2025-12-31"}).json()["number"] == "A12"
    page = f"/patients/{pat.pk}/coverages/{row.pk}/"
    stale = pages(rita).post(page, typed | {"version": "1"})
    assert (stale.status_code, b"Somebody changed this" in stale.content) == (422, True)
    assert pages(rita).post(page, typed | {"version": "2", "valid_until": "2026-01-31"}).status_code == 302
    assert (
        api(rita).post(f"/api/patients/{pat.pk}/coverages/", {"kind": "private", "insurer": "Hale"}).status_code == 409
    )
    assert api(rita).client.delete(one).status_code == 204


def test_whoever_may_not_see_numbers_keeps_the_one_that_stands(
    pat: Patient, rita: User, ana: User, pages: Pages, api: Api
) -> None:
    row = insure(pat, rita, number="A12")
    for right in ("crm.view_identity", "crm.change_identity"):
        change_right(role="receptionist", permission=right, reach=None, reason="No.", by=ana, at=timezone.now())
    desk = pages(rita)
    address = f"/patients/{pat.pk}/coverages/{row.pk}/"

    assert "A12" not in desk.get(address).content.decode()
    assert desk.post(address, {"insurer": "Hale AG", "kind": "private", "rank": "1", "number": "X"}).status_code == 302
    refused = api(rita).patch(f"/api{address}", {"number": "X"})

    row.refresh_from_db()
    assert (row.insurer, row.number) == ("Hale AG", "A12")
    assert (refused.status_code, refused.json()["code"]) == (403, "field-not-allowed")


def test_an_insurance_that_never_was_is_taken_back(pat: Patient, rita: User, bo: User) -> None:
    row = insure(pat, rita)
    with pytest.raises(NotTheirsToKeep):
        change_coverage(coverage=row, details=CoverageDetails(kind="private", insurer="X"), seen=None, by=bo)

    remove_coverage(coverage=row, by=rita)

    assert not Coverage.objects.exists()
