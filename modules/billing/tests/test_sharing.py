"""A package for the whole family, and one that is passed on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import DomainError
from kernel.money import Money
from modules.billing.models import PackagePurchase
from modules.billing.services import (
    NotTransferable,
    PackageDetails,
    PackageInUse,
    UnknownPatient,
    add_package,
    sell_package,
    transfer_package,
)
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.services.packages import drawing
from modules.billing.tests.conftest import FOLLOW_UP, Book, done, register
from modules.crm.models import Patient
from modules.crm.services import PatientDetails, register_patient
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.public import PackageRefused
from modules.scheduling.services.series.package_courses import PackageCourseWish, schedule_package
from tenancy import TenantRef

DAY = timedelta(days=1)


@pytest.fixture
def child(patient: Patient, rita: User, now: datetime) -> Patient:
    """Of whom the same client is written to, and pays."""
    details = PatientDetails(first_name="Child", last_name="B")
    return register_patient(patient=details, contact=None, client_id=patient.client_id, by=rita, at=now)


@pytest.fixture
def stranger(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    return register("Patient C", by=rita, at=now)


@pytest.fixture
def shared(patient: Patient, ana: User, rita: User, now: datetime) -> PackagePurchase:
    """Five follow-ups for the family, which can be passed on."""
    contents = {Service.objects.get(name=FOLLOW_UP).pk: 5}
    details = PackageDetails(
        name="Five", price=Money(25000, "GBP"), contents=contents, valid_days=91, for_family=True, is_transferable=True
    )
    return sell_package(package=add_package(details=details, by=ana), patient_id=patient.pk, by=rita, at=now)


def pass_on(purchase: PackagePurchase, to: Patient, *, by: User, at: datetime, reason: str = "A present") -> None:
    transfer_package(purchase=purchase, to_id=to.pk, reason=reason, by=by, at=at)


def test_all_of_the_family_draw_from_it_and_nobody_else(
    book: Book,
    shared: PackagePurchase,
    ten: PackagePurchase,
    child: Patient,
    stranger: Patient,
    rita: User,
    now: datetime,
) -> None:
    ours = book(1, package_id=shared.pk)
    theirs = book(2, package_id=shared.pk, patient_id=child.pk)

    assert (ours.package_number, theirs.package_number) == (1, 2)
    usable = {each.pk: drawing.of_patient(each.pk, on=now.date(), seen_by=rita) for each in (child, stranger)}
    assert [card.id for card in usable[child.pk]] == [shared.pk]
    assert usable[stranger.pk] == []
    for package_id, patient_id in ((shared.pk, stranger.pk), (ten.pk, child.pk)):
        with pytest.raises(PackageRefused, match="not theirs"):
            book(3, package_id=package_id, patient_id=patient_id)


def test_the_rest_is_scheduled_for_whoever_of_the_family_comes(
    shared: PackagePurchase, child: Patient, stranger: Patient, rita: User, bo: User, now: datetime
) -> None:
    usual: dict[str, Any] = {
        "package_id": shared.pk,
        "first_day": now.date() + DAY,
        "sessions": 2,
        "practitioner_ids": (Practitioner.objects.get(user_id=bo.pk).pk,),
    }
    schedule_package(wish=PackageCourseWish(**usual, patient_id=child.pk), by=rita, at=now)
    with pytest.raises(PackageRefused), transaction.atomic():
        schedule_package(wish=PackageCourseWish(**usual, patient_id=stranger.pk), by=rita, at=now)

    assert set(Appointment.objects.values_list("patient", flat=True)) == {child.pk}
    assert shared.units.filter(state="RESERVED").count() == 2


def test_what_is_left_is_passed_on_and_both_records_say_so(
    book: Book, shared: PackagePurchase, patient: Patient, stranger: Patient, rita: User, now: datetime
) -> None:
    done(book(0, package_id=shared.pk), by=rita, at=now)

    pass_on(shared, stranger, by=rita, at=now)

    with pytest.raises(PackageRefused, match="not theirs"):
        book(1, package_id=shared.pk)
    assert book(1, package_id=shared.pk, patient_id=stranger.pk).package_number == 2
    had = PackagePurchase.objects.get(pk=shared.pk)
    assert (had.patient_id, had.client_id) == (stranger.pk, stranger.client_id)
    assert had.line.invoice.patient_id == patient.pk
    entries = AuditEntry.objects.filter(action__in=["billing.package.passed_on", "billing.package.received"])
    assert set(entries.values_list("action", "subject_id")) == {
        ("billing.package.passed_on", patient.pk),
        ("billing.package.received", stranger.pk),
    }


@pytest.mark.parametrize(
    ("which", "reason", "days", "refused"),
    [
        ("ten", "A present", 0, NotTransferable),
        ("shared", " ", 0, ReasonNeeded),
        ("shared", "A present", 92, NotTransferable),
    ],
    ids=["sold for one person", "no reason", "expired"],
)
def test_a_package_is_passed_on_while_it_may_be(
    request: pytest.FixtureRequest,
    stranger: Patient,
    rita: User,
    now: datetime,
    which: str,
    reason: str,
    days: int,
    refused: type[DomainError],
) -> None:
    with pytest.raises(refused):
        pass_on(request.getfixturevalue(which), stranger, by=rita, at=now + days * DAY, reason=reason)


def test_nothing_that_is_booked_is_passed_on_nor_to_whom_it_is_already(
    book: Book, shared: PackagePurchase, patient: Patient, stranger: Patient, rita: User, now: datetime
) -> None:
    with pytest.raises(NotTransferable, match="already"):
        pass_on(shared, patient, by=rita, at=now)
    with pytest.raises(UnknownPatient):
        transfer_package(purchase=shared, to_id=shared.pk, reason="A present", by=rita, at=now)
    book(7, package_id=shared.pk)

    with pytest.raises(PackageInUse):
        pass_on(shared, stranger, by=rita, at=now)


def test_postgres_lets_go_of_what_is_transferable_and_free_only(
    book: Book, shared: PackagePurchase, ten: PackagePurchase, stranger: Patient
) -> None:
    book(7, package_id=shared.pk)

    for purchase in (shared, ten):
        with pytest.raises(DatabaseError), transaction.atomic():
            PackagePurchase.objects.filter(pk=purchase.pk).update(patient=stranger)
    with pytest.raises(DatabaseError), transaction.atomic():
        PackagePurchase.objects.filter(pk=ten.pk).update(is_transferable=True)


def test_the_page_and_the_api_pass_it_on(
    pages: Any, api: Any, shared: PackagePurchase, patient: Patient, stranger: Patient, rita: User, bo: User
) -> None:
    address, body = f"/packages/{shared.pk}/transfer/", {"patient": str(stranger.pk), "reason": "A present"}

    nobody = pages(rita).post(address, {"reason": "A present"})
    done = pages(rita).post(address, body)

    assert (nobody.status_code, done.status_code, pages(bo).get(address).status_code) == (422, 302, 403)
    back = {"patient_id": str(patient.pk), "reason": "Not wanted"}
    answer = api(rita).post(f"/api/billing/purchases/{shared.pk}/transfers/", back)
    assert (answer.status_code, answer.json()["patient_id"]) == (201, str(patient.pk))
