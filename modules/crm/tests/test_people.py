"""Details of people and animals, weights and deaths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.fields import FieldNotAllowed
from audit.models import AuditEntry
from identity.models import User
from modules.crm.domain.microchips import NotAMicrochip, read_chip
from modules.crm.domain.weights import HEIGHT, WIDTH, NotAWeight, Weighed, curve_of, read_weight, shown
from modules.crm.models import Client, Patient, Weight
from modules.crm.services import (
    ChipTaken,
    ContactDetails,
    DeathInvalid,
    NotRegistrable,
    PatientDetails,
    change_patient,
    note_death,
    register_patient,
    take_death_back,
)
from modules.scheduling.models import Appointment, Service, WaitingEntry
from modules.scheduling.services import Wait, Wish, add_entry, book_appointment
from notify.models import Message
from privacy.fields import digests_in
from tenancy import TenantRef, use
from tests.doors import Pages

CHIP = "276098100000123"


def register(by: User, at: datetime, **details: Any) -> Patient:
    patient = PatientDetails(**{"first_name": "Rex", "species": "Dog"} | details)
    contact = ContactDetails(first_name="Ann", last_name="Lee", phone="07700 900118")
    return register_patient(patient=patient, contact=contact, by=by, at=at)


# Tax codes and organisations


def test_a_tax_code_that_does_not_agree_is_refused_in_a_sentence(
    in_clinic: TenantRef, rita: User, now: datetime
) -> None:
    details = PatientDetails(
        first_name="Mario", last_name="Rossi", birth_date=date(1980, 1, 2), tax_code="RSSMRA80A01H501U"
    )

    with pytest.raises(NotRegistrable) as refused:
        register_patient(patient=details, contact=ContactDetails(first_name="Mario", country="IT"), by=rita, at=now)

    assert refused.value.fields == {
        "tax_code": [
            "This tax code says another date of birth.",
            "From what is written here it begins with RSSMRA80A02.",
        ]
    }
    assert not Client.objects.exists()


def test_somebody_is_found_by_a_tax_code_that_nobody_reads_in_the_database(
    in_clinic: TenantRef, other: TenantRef, rita: User, now: datetime
) -> None:
    mario = register(rita, now, first_name="Mario", species="", tax_code="rss mra-80a01 h501u")

    (digest,) = digests_in(Patient, "tax_code", "RSSMRA80A01H501U")

    assert Patient.objects.get(tax_code_digest=digest) == mario
    assert Patient.objects.get().tax_code == "RSSMRA80A01H501U"
    assert "RSS" not in str(AuditEntry.objects.get(action="crm.patient.registered").changes)
    assert digest not in digests_in(Client, "tax_code", "RSSMRA80A01H501U")
    with use(other):
        assert digest not in digests_in(Patient, "tax_code", "RSSMRA80A01H501U")


def test_whoever_may_not_see_a_tax_code_does_not_write_one(in_clinic: TenantRef, bo: User, now: datetime) -> None:
    with pytest.raises(FieldNotAllowed):
        register(bo, now, tax_code="12")


def test_a_childs_client_keeps_their_name_when_the_child_is_renamed(
    in_clinic: TenantRef, pages: Callable[..., Pages], rita: User, now: datetime
) -> None:
    child = register(rita, now, first_name="Tom", last_name="Lee", species="", microchip="", tax_code="X1")
    form = {"first_name": "Thomas", "last_name": "Lee", "phone": "07700 900118", "tax_code": "X1"}

    assert pages(rita).post(f"/patients/{child.pk}/edit/", form).status_code == 302

    child = Patient.objects.select_related("client").get()
    assert (child.name, child.client.name) == ("Thomas Lee", "Ann Lee")


def test_a_shop_keeps_nothing_clinical_of_customers(shop: TenantRef, sam: User, now: datetime) -> None:
    with use(shop):
        with pytest.raises(NotRegistrable) as refused:
            register(sam, now)
        firm = ContactDetails(organisation="Acme Ltd", first_name="Ann", last_name="Lee")
        customer = register_patient(patient=PatientDetails(first_name="Acme Ltd"), contact=firm, by=sam, at=now)

    assert list(refused.value.fields) == ["species"]
    assert (customer.client.name, customer.client.person_name) == ("Acme Ltd", "Ann Lee")


# Microchips


def test_a_chip_is_borne_by_one_living_animal(in_clinic: TenantRef, rita: User, now: datetime) -> None:
    rex = register(rita, now, microchip="276 0981 0000 0123")
    assert rex.microchip == CHIP
    with pytest.raises(ChipTaken):
        register(rita, now, microchip=CHIP)
    with pytest.raises(IntegrityError), transaction.atomic():  # two at one time
        Patient.objects.create(client=rex.client, first_name="Rex", microchip=CHIP)

    note_death(patient=rex, died_on=now.date(), by=rita, at=now)
    assert register(rita, now, microchip=CHIP).microchip == CHIP
    with pytest.raises(ChipTaken):
        take_death_back(patient=rex, by=rita)


@pytest.mark.parametrize("text", ["27609810000012", "27609810000012a", "999098100000123", "000098100000123"])
def test_what_no_reader_shows_is_no_chip(text: str) -> None:
    with pytest.raises(NotAMicrochip):
        read_chip(text)


# Weights


@pytest.mark.parametrize(
    ("text", "grams"), [("4.2", 4200), ("4,2 kg", 4200), ("850 g", 850), (" 31KG ", 31_000), ("0,035", 35)]
)
def test_a_weight_is_read_as_people_write_it(text: str, grams: int) -> None:
    assert read_weight(text) == grams
    assert read_weight(shown(grams)) == grams


@pytest.mark.parametrize("text", ["", "heavy", "0", "-3", "4.2 lb", "1,234.5", "99999999"])
def test_what_is_no_weight_is_refused(text: str) -> None:
    with pytest.raises(NotAWeight):
        read_weight(text)


START = datetime(2000, 1, 1, tzinfo=UTC)
moments = st.integers(0, 40 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


@given(weighed=st.lists(st.builds(Weighed, moments, st.integers(1, 10_000_000)), min_size=2, max_size=30))
def test_a_curve_stays_in_its_frame_and_rises_with_the_weight(weighed: list[Weighed]) -> None:
    points, in_order = curve_of(weighed), sorted(weighed)

    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in points)
    assert [point.x for point in points] == sorted(point.x for point in points)
    for one, then, weight, next_weight in zip(points, points[1:], in_order, in_order[1:], strict=False):
        assert then.y <= one.y if next_weight.grams >= weight.grams else then.y >= one.y


def test_a_weight_that_makes_no_sense_is_kept_in_the_form(
    in_clinic: TenantRef, pages: Callable[..., Pages], rita: User, now: datetime
) -> None:
    rex, desk = register(rita, now), pages(rita)

    refused = desk.post(f"/patients/{rex.pk}/weights/", {"weight": "heavy"})
    taken = desk.post(f"/patients/{rex.pk}/weights/", {"weight": "31,5 kg"})

    assert (refused.status_code, taken.status_code) == (422, 302)
    assert b'value="heavy"' in refused.content
    assert "Write a weight such as 4.2 kg or 850 g." in refused.content.decode()
    assert str(Weight.objects.get()) == "31.5 kg"
    assert b"31.5 kg" in desk.get(f"/patients/{rex.pk}/").content


# Deaths


def test_a_death_calls_off_what_is_to_come_and_writes_to_nobody(
    in_clinic: TenantRef, rita: User, soon: datetime, run_jobs: Callable[..., int]
) -> None:
    now = timezone.now()
    rex, luna = register(rita, now), register(rita, now, first_name="Luna")
    service = Service.objects.get(name="Follow-up")
    visits = [
        book_appointment(
            wish=Wish(service_id=service.pk, patient_id=who.pk, starts_at=soon + timedelta(days=day)), by=rita, at=now
        )
        for who, day in ((rex, 0), (rex, 1), (luna, 2))
    ]
    add_entry(wait=Wait(patient_id=rex.pk, service_id=service.pk, first_day=now.date()), by=rita, at=now)
    Message.objects.all().delete()

    note_death(patient=rex, died_on=now.date(), by=rita, at=now)
    for _ in range(2):  # told twice
        run_jobs()

    states = [Appointment.objects.get(pk=visit.pk).status for visit in visits]
    assert states == ["CANCELLED", "CANCELLED", visits[2].status]
    assert not WaitingEntry.objects.live().exists()
    assert not Message.objects.exists()
    assert take_death_back(patient=rex, by=rita).ended_at is None


@pytest.mark.parametrize("day", [date(2990, 1, 1), date(2019, 12, 31)], ids=["to come", "before birth"])
def test_a_death_on_a_day_that_cannot_be_is_refused(day: date, in_clinic: TenantRef, rita: User, now: datetime) -> None:
    rex = register(rita, now, birth_date=date(2020, 1, 1))

    with pytest.raises(DeathInvalid):
        note_death(patient=rex, died_on=day, by=rita, at=now)
    assert Patient.objects.get().is_animal
    assert Patient.objects.get().died_on is None


def test_a_tax_code_is_followed_by_its_digest_when_it_changes(in_clinic: TenantRef, rita: User, now: datetime) -> None:
    rex = register(rita, now)
    contact = ContactDetails(first_name="Ann", last_name="Lee", phone="07700 900118", tax_code="ab 12")

    change_patient(
        patient=rex, details=PatientDetails(first_name="Rex", species="Dog"), contact=contact, by=rita, at=now
    )

    assert Client.objects.get(tax_code_digest__in=digests_in(Client, "tax_code", "AB12")) == rex.client
