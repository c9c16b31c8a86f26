"""Several profiles in one account: whom somebody answers for, what they see of them, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.models import Member
from identity.models import User
from modules.billing.services import draft_invoice_for_visit, issue_invoice
from modules.crm import public as crm
from modules.crm.domain.profiles import Right
from modules.crm.models import Client, InvolvementRole, Patient
from modules.crm.selectors import own_records, who_can_see
from modules.crm.services import (
    ContactDetails,
    Part,
    PatientDetails,
    change_involvement,
    claim_records,
    involve,
    register_patient,
)
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use
from tests.doors import Api, Pages


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


CHILDS_BIRTHDAY = date(2024, 6, 1)


@pytest.fixture
def child(in_clinic: TenantRef, rita: User) -> Patient:
    """Lea, about whom her mother is written to."""
    return register_patient(
        patient=PatientDetails(first_name="Lea", last_name="Lund", birth_date=CHILDS_BIRTHDAY),
        contact=ContactDetails(first_name="Mona", last_name="Lund", email="lund@mail.example"),
        by=rita,
        at=timezone.now(),
    )


@pytest.fixture
def visit(child: Patient, bo: User, rita: User, soon: datetime) -> Appointment:
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=child.pk,
        practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
        starts_at=soon,
    )
    return book_appointment(wish=wish, by=rita, at=timezone.now())


@pytest.fixture
def pia_is(child: Patient, pia: User, rita: User) -> Callable[..., Any]:
    """`pia_is("guardian")` gives Pia, whose own record it also makes hers, a role towards the child."""

    def become(role: str, **days: Any) -> Any:
        pias = Client.objects.filter(user_id=pia.pk).first()
        contact = None if pias else ContactDetails(first_name="Pia", email="pia@clinic.example")
        part = Part(role=role, since=days.get("since") or timezone.localdate(), until=days.get("until"))
        who = {"client_id": pias.pk if pias else None, "contact": contact}
        row = involve(patient=child, part=part, **who, by=rita, at=timezone.now())
        claim_records(user=pia, verified_emails=["pia@clinic.example"], at=timezone.now())
        return row

    return become


def rights_of(user: User, patient: Patient) -> set[str]:
    return {right for each in crm.profiles_of(user.pk) if each.patient.id == patient.pk for right in each.rights}


WHAT_EACH_SEES = {
    "client": {"record", "sign"},
    "owner": {"record", "sign"},
    "guardian": {"record", "sign"},
    "consenter": {"sign"},
    "authoriser": {"sign"},
    "payer": {"bills"},
    "emergency": set(),
}


@pytest.mark.parametrize("role", InvolvementRole.values)
def test_what_an_account_sees_follows_from_what_it_is_to_somebody(
    role: str, child: Patient, visit: Appointment, pia: User, rita: User, pia_is: Any, pages: Any, api: Any
) -> None:
    """The pages, the API, the queries of all modules and the page that says who can see: one answer."""
    invoice = issue_invoice(
        invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=timezone.now()),
        by=rita,
        at=timezone.now(),
    )
    pia_is(role)
    rights = WHAT_EACH_SEES[role]
    portal: Pages = pages(pia)
    wire: Api = api(pia)

    assert rights_of(pia, child) == rights
    sees, signs, pays = (right in rights for right in ("record", "sign", "bills"))
    assert (wire.get(f"/api/patients/{child.pk}/").status_code == 200) is sees
    assert ("Lea" in text_of(portal.get("/my/documents/"))) is sees
    assert (portal.get(f"/my/visits/{visit.pk}/").status_code == 200) is sees
    assert ("Lea" in text_of(portal.get("/my/consents/"))) is signs
    assert (wire.get(f"/api/patients/{child.pk}/consents/").status_code == 200) is signs
    assert (portal.get(f"/my/bills/{invoice.pk}/").status_code == 200) is pays
    assert ("Lea" in text_of(portal.get("/my/profiles/"))) is bool(rights)
    assert (pia.pk in {each.user_id for each in who_can_see(child)}) is sees
    assert (child.pk in own_records(pia)[0]) is sees


def test_a_role_that_ends_is_none_from_that_moment_on(
    child: Patient, visit: Appointment, pia: User, rita: User, pia_is: Any, pages: Any
) -> None:
    row = pia_is("guardian", since=timezone.localdate() - timedelta(days=9))
    portal: Pages = pages(pia)
    assert portal.get(f"/my/visits/{visit.pk}/").status_code == 200
    portal.post("/my/profile/", {"profile": str(child.pk)})

    ended = Part(role=row.role, since=row.since, until=timezone.localdate())
    change_involvement(involvement=row, part=ended, seen=None, by=rita)

    assert rights_of(pia, child) == set()
    assert portal.get(f"/my/visits/{visit.pk}/").status_code == 404
    assert "Lea" not in text_of(portal.get("/my/")) + text_of(portal.get("/my/documents/"))


def test_who_is_no_longer_written_to_sees_nothing_from_that_moment_on(
    child: Patient, visit: Appointment, pia: User, rita: User, pages: Any
) -> None:
    claim_records(user=pia, verified_emails=["lund@mail.example"], at=timezone.now())
    assert pages(pia).get(f"/my/visits/{visit.pk}/").status_code == 200

    other = ContactDetails(first_name="Ola", last_name="Lund")
    involve(patient=child, client_id=None, contact=other, part=Part(role="client"), by=rita, at=timezone.now())

    assert pages(pia).get(f"/my/visits/{visit.pk}/").status_code == 404
    assert crm.profiles_of(pia.pk) == []


def test_a_role_that_begins_tomorrow_is_none_today(child: Patient, pia: User, pia_is: Any) -> None:
    pia_is("guardian", since=timezone.localdate() + timedelta(days=1))

    assert rights_of(pia, child) == set()


def test_a_payer_sees_no_bill_of_the_time_before(
    child: Patient, visit: Appointment, pia: User, rita: User, pia_is: Any, pages: Any
) -> None:
    before = timezone.now() - timedelta(days=3)
    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=before)
    invoice = issue_invoice(invoice=draft, by=rita, at=before)
    pia_is("payer")

    assert pages(pia).get(f"/my/bills/{invoice.pk}/").status_code == 404


def test_one_who_shares_an_address_does_not_get_the_other_ones_record_by_coming_again(
    child: Patient, pia: User, rita: User
) -> None:
    """A couple under one e-mail: the second record is claimed by its own date of birth, never because it is left."""
    at = timezone.now()
    partner = register_patient(
        patient=PatientDetails(first_name="Ola", last_name="Lund", birth_date=date(1985, 5, 5)),
        contact=ContactDetails(first_name="Ola", last_name="Lund", email="lund@mail.example"),
        by=rita,
        at=at,
    )
    claim_records(user=pia, verified_emails=["lund@mail.example"], at=at, birth_date=CHILDS_BIRTHDAY)

    assert claim_records(user=pia, verified_emails=["lund@mail.example"], at=at) == []
    assert {each.patient.name for each in crm.profiles_of(pia.pk)} == {"Lea Lund"}
    found = claim_records(user=pia, verified_emails=["lund@mail.example"], at=at, birth_date=date(1985, 5, 5))
    assert found == [partner.client]


def test_another_profile_is_found_by_its_date_of_birth_and_not_by_trying_dates(
    child: Patient, pia: User, rita: User, pages: Any
) -> None:
    register_patient(
        patient=PatientDetails(first_name="Pia", birth_date=date(1980, 2, 29)),
        contact=ContactDetails(first_name="Pia", email="pia@clinic.example"),
        by=rita,
        at=timezone.now(),
    )
    claim_records(user=pia, verified_emails=["pia@clinic.example"], at=timezone.now())
    Client.objects.filter(pk=child.client_id).update(email="pia@clinic.example")
    portal: Pages = pages(pia)

    for born in ("1999-01-01", "2024-06-02"):
        refused = portal.post("/my/profiles/", {"birth_date": born})
        assert refused.status_code == 422
        assert "No record with that date." in text_of(refused)
    assert portal.post("/my/profiles/", {"birth_date": "2024-06-01"})["Location"] == "/my/profiles/"
    assert {each.patient.name for each in crm.profiles_of(pia.pk)} == {"Lea Lund", "Pia"}
    tried = [portal.post("/my/profiles/", {"birth_date": "1999-01-01"}).status_code for _ in range(8)]
    assert tried[-1] == 429


def test_one_of_several_is_chosen_and_no_other_can_be(
    child: Patient, visit: Appointment, pia: User, rita: User, bo: User, pia_is: Any, pages: Any, other: TenantRef
) -> None:
    pia_is("guardian")
    own = register_patient(
        patient=PatientDetails(first_name="Pia", last_name="Vale"),
        contact=None,
        client_id=Client.objects.get(user_id=pia.pk).pk,
        by=rita,
        at=timezone.now(),
    )
    stranger = register_patient(
        patient=PatientDetails(first_name="Zoe"), contact=ContactDetails(first_name="Zoe"), by=rita, at=timezone.now()
    )
    portal: Pages = pages(pia)
    both = text_of(portal.get("/my/documents/"))
    assert "Lea Lund" in both
    assert "Pia Vale" in both

    answer = portal.post("/my/profile/", {"profile": str(own.pk), "next": "/my/documents/"})
    assert answer["Location"] == "/my/documents/"
    assert [each["patient"].pk for each in portal.get("/my/documents/").context["people"]] == [own.pk]
    assert "Follow-up" not in text_of(portal.get("/my/"))

    portal.post("/my/profile/", {"profile": str(stranger.pk)})
    assert len(portal.get("/my/documents/").context["people"]) == 2
    assert portal.get(f"/my/documents/{stranger.pk}/new/").status_code == 404
    with use(other):
        assert crm.profiles_of(pia.pk) == []


def test_with_one_profile_nobody_is_asked_to_choose(child: Patient, pia: User, pages: Any) -> None:
    claim_records(user=pia, verified_emails=["lund@mail.example"], at=timezone.now())

    assert Member.objects.of_user(pia.pk).exists()
    assert "/my/profile/" not in pages(pia).get("/my/").content.decode()
    assert "/my/profile/" not in pages(pia).get("/my/documents/").content.decode()


def test_nobody_is_not_whoever_has_no_account(child: Patient) -> None:
    assert not crm.answered_for_by(None, Right.RECORD).exists()
