"""Packages of sessions: sold, drawn from, given back; and what that does to the bill of a visit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.models import User
from kernel.errors import Conflict
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, PackagePurchase, PackageUnit, UnitEntry
from modules.billing.services import (
    PackageDetails,
    PackageEnded,
    PackageInUse,
    RulesOfPackages,
    add_package,
    draft_after_visit,
    draft_invoice_for_visit,
    end_package,
    sell_package,
    set_rules_of_packages,
    void_draft,
)
from modules.billing.tests.conftest import FOLLOW_UP, MASSAGE, Book, done, register
from modules.crm.models import Patient
from modules.scheduling.models import Appointment, Service, Side
from modules.scheduling.public import PackageRefused, UnitState
from modules.scheduling.services import CallOff, Move, Wish, book_appointment, cancel_appointment, move_appointment
from modules.scheduling.services import set_status as set_state
from modules.scheduling.services.series.packages import UnknownPackage


def ledger() -> list[tuple[str, int, str]]:
    rows = UnitEntry.objects.order_by("at", "pk").values_list("kind", "unit__number", "reason")
    return list(rows)


def counts(purchase: PackagePurchase) -> dict[str, int]:
    states = list(purchase.units.values_list("state", flat=True))
    return {state.value: states.count(state.value) for state in UnitState}


def test_a_package_is_sold_on_a_draft_of_its_own_and_keeps_what_it_was(ten: PackagePurchase, ana: User) -> None:
    line = ten.line
    ten.package.contents.all().delete()

    assert (line.invoice.status, line.description, str(line.gross)) == (Status.DRAFT, "Ten and one", "500.00")
    assert line.detail == "10 × Follow-up, 1 × Sports massage, until 2 Jun 2031"
    assert counts(ten) == {"FREE": 11, "RESERVED": 0, "USED": 0}


def test_a_visit_says_which_session_it_is_and_costs_nothing(book: Book, rita: User, now: datetime) -> None:
    first, second = book(1), book(2)
    massage = Service.objects.get(name="Hand therapy")
    third = book(3, further_service_ids=(massage.pk,))

    numbers = [(each.package_number, each.package_total) for each in (first, second, third)]
    assert numbers == [(1, 10), (2, 10), (3, 10)]
    bill = draft_invoice_for_visit(appointment_id=third.pk, by=rita, at=now)
    lines = [(line.description, str(line.gross)) for line in bill.lines.all()]
    assert lines == [("Follow-up", "0.00"), ("Hand therapy", "48.00")]
    assert bill.lines.all()[0].detail.startswith("From package Ten and one, session 3 of 10. ")


def test_nothing_is_billed_by_itself_for_a_visit_that_is_paid_already(book: Book, rita: User, now: datetime) -> None:
    visit, before = done(book(0), by=rita, at=now), Invoice.objects.count()

    assert draft_after_visit(appointment_id=visit.pk, at=now) is None
    assert Invoice.objects.count() == before
    assert ledger() == [("RESERVED", 1, ""), ("USED", 1, "")]


def test_a_cancelled_visit_gives_its_session_back_and_taken_back_it_has_the_same(
    book: Book, ten: PackagePurchase, rita: User, now: datetime
) -> None:
    first, second = book(7), book(8)
    cancel_appointment(appointment=first, cancellation=CallOff(), by=rita, at=now)
    assert counts(ten)["FREE"] == 10

    again = set_state(appointment=first, status="SCHEDULED", by=rita, at=now)

    assert (again.package_number, second.package_number) == (1, 2)
    assert ledger()[2:] == [("GIVEN_BACK", 1, "CANCELLED"), ("RESERVED", 1, "")]


@pytest.mark.parametrize(
    ("keeps", "side", "given_back"),
    [(True, Side.PATIENT, False), (False, Side.PATIENT, True), (True, Side.PRACTICE, True)],
    ids=["the patient was late", "the practice does not mind", "the practice was late itself"],
)
def test_what_a_late_cancellation_costs_is_the_practices_to_say(
    book: Book, ten: PackagePurchase, ana: User, rita: User, now: datetime, keeps: bool, side: Side, given_back: bool
) -> None:
    set_rules_of_packages(rules=RulesOfPackages(keep_when_late=keeps), by=ana)
    visit = book(0, starts_at=now + timedelta(hours=1))

    cancel_appointment(appointment=visit, cancellation=CallOff(side=side), by=rita, at=now)

    assert counts(ten)["FREE"] == (11 if given_back else 10)
    assert (ledger()[-1][0], ledger()[-1][2]) == (
        ("GIVEN_BACK", "CANCELLED" if side == Side.PRACTICE else "LATE") if given_back else ("USED", "LATE")
    )


def test_who_was_given_up_and_comes_after_all_has_their_session_again(
    book: Book, ten: PackagePurchase, rita: User, now: datetime
) -> None:
    visit = book(0)
    set_state(appointment=visit, status="NO_SHOW", by=rita, at=now)
    assert counts(ten) == {"FREE": 10, "RESERVED": 0, "USED": 1}

    visit = set_state(appointment=visit, status="SCHEDULED", by=rita, at=now)

    assert (visit.package_number, counts(ten)) == (1, {"FREE": 10, "RESERVED": 1, "USED": 0})


def test_a_visit_keeps_its_session_when_it_moves_but_never_past_the_last_day(
    book: Book, rita: User, now: datetime
) -> None:
    visit = book(1)
    moved = move_appointment(appointment=visit, to=Move(starts_at=now + timedelta(days=91)), by=rita, at=now)
    assert moved.package_number == 1

    with pytest.raises(PackageRefused, match="valid until Mon 2 Jun 2031"):
        move_appointment(appointment=visit, to=Move(starts_at=now + timedelta(days=92)), by=rita, at=now)
    with pytest.raises(PackageRefused, match="valid until"):
        book(92)


def test_another_service_in_the_visit_gives_the_session_back(
    book: Book, ten: PackagePurchase, rita: User, now: datetime
) -> None:
    visit = book(1)
    other = Service.objects.get(name="Hand therapy")

    moved = move_appointment(appointment=visit, to=Move(service_ids=(other.pk,)), by=rita, at=now)

    assert (moved.package_id, moved.package_number, counts(ten)["FREE"]) == (None, None, 11)


def test_a_package_pays_for_its_own_patient_service_and_number_of_sessions(
    book: Book, ten: PackagePurchase, rita: User, cai: User, now: datetime
) -> None:
    book(1, service=MASSAGE)

    for wrong in (
        {"service": MASSAGE},
        {"service": "Hand therapy"},
        {"patient_id": register("X Y", by=rita, at=now).pk},
    ):
        with pytest.raises(PackageRefused):
            book(2, **wrong)
    with pytest.raises(UnknownPackage):
        book(2, package_id=ten.package_id)
    assert Appointment.objects.count() == 1


def test_a_discarded_draft_calls_its_package_off_unless_it_is_in_use(
    book: Book, ten: PackagePurchase, rita: User, now: datetime
) -> None:
    visit = book(7)
    with pytest.raises(PackageInUse):
        void_draft(invoice=ten.line.invoice, by=rita, at=now)
    cancel_appointment(appointment=visit, cancellation=CallOff(), by=rita, at=now)

    void_draft(invoice=ten.line.invoice, by=rita, at=now)

    with pytest.raises(PackageRefused, match="called off"):
        book(8)


def test_what_is_off_offer_is_not_sold(ten: PackagePurchase, patient: Patient, rita: User, now: datetime) -> None:
    end_package(package=ten.package, by=rita, at=now)

    with pytest.raises(PackageEnded):
        sell_package(package=ten.package, patient_id=patient.pk, by=rita, at=now)


def test_postgres_refuses_what_does_not_follow_from_the_ledger(book: Book, ten: PackagePurchase, now: datetime) -> None:
    visit, other = book(1), book(2, package_id=None)
    taken, free = ten.units.get(appointment=visit), ten.units.filter(state="FREE").first()
    attempts: list[Callable[[], Any]] = [
        lambda: UnitEntry.objects.create(unit=taken, appointment=other, kind="RESERVED", at=now),
        lambda: UnitEntry.objects.create(unit=taken, appointment=other, kind="GIVEN_BACK", at=now),
        lambda: UnitEntry.objects.create(unit=free, appointment=other, kind="USED", at=now),
        lambda: UnitEntry.objects.create(unit=free, appointment=visit, kind="RESERVED", at=now),
        lambda: UnitEntry.objects.update(kind="USED"),
        lambda: PackageUnit.objects.filter(pk=taken.pk).update(state="FREE", appointment=None),
        lambda: PackageUnit.objects.create(purchase=ten, service=taken.service, number=11, total=11),
        lambda: PackagePurchase.objects.update(bought=12),
        lambda: PackageUnit.objects.filter(purchase=ten)._raw_delete("default"),
    ]

    for attempt in attempts:
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
            attempt()


deeds = st.lists(
    st.tuples(st.sampled_from(["book", "cancel", "late", "no-show", "restore", "complete", "move"]), st.integers(0, 3)),
    max_size=14,
)


@given(deeds)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_what_was_bought_is_booked_used_or_left_and_no_session_is_had_twice(
    patient: Patient, rita: User, ana: User, bo: User, now: datetime, deeds: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        service = Service.objects.get(name=FOLLOW_UP)
        details = PackageDetails(name="Three", price=Money(0, "GBP"), contents={service.pk: 3}, valid_days=30)
        three = sell_package(package=add_package(details=details, by=ana), patient_id=patient.pk, by=rita, at=now)
        visits: list[Appointment] = []
        for number, (deed, which) in enumerate(deeds):
            day = now + timedelta(days=7 + number // 5 * 7 + number % 5)  # a weekday
            try:
                with transaction.atomic():
                    _do(deed, visits, which, three, service, day, by=rita, at=now)
            except Conflict:
                pass  # it does not go from its state to that one, or nothing is left
            _check(three)
        transaction.set_rollback(True)


def _do(
    deed: str,
    visits: list[Appointment],
    which: int,
    purchase: PackagePurchase,
    service: Service,
    day: datetime,
    *,
    by: User,
    at: datetime,
) -> None:
    if deed == "book":
        wish = Wish(service_id=service.pk, patient_id=purchase.patient_id, starts_at=day, package_id=purchase.pk)
        visits.append(book_appointment(wish=wish, by=by, at=at))
    elif visits:
        visit = Appointment.objects.get(pk=visits[which % len(visits)].pk)
        if deed in {"cancel", "late"}:
            then = visit.starts_at - timedelta(hours=1) if deed == "late" else at
            cancel_appointment(appointment=visit, cancellation=CallOff(side=Side.PATIENT), by=by, at=then)
        elif deed == "complete":
            done(visit, by=by, at=at)
        elif deed == "move":
            move_appointment(appointment=visit, to=Move(starts_at=day), by=by, at=at)
        else:
            set_state(appointment=visit, status={"no-show": "NO_SHOW", "restore": "SCHEDULED"}[deed], by=by, at=at)


def _check(purchase: PackagePurchase) -> None:
    held = {
        "RESERVED": {"SCHEDULED", "CHECKED_IN", "IN_PROGRESS"},
        "USED": {"COMPLETED", "CANCELLED", "NO_SHOW"},
    }
    units = list(purchase.units.select_related("appointment"))
    assert sum(counts(purchase).values()) == purchase.bought == 3
    for unit in units:
        if unit.appointment is not None:
            visit = unit.appointment
            assert visit.status in held[unit.state]
            assert (visit.package_id, visit.package_number) == (purchase.pk, unit.number)
    going_on = Appointment.objects.filter(package_id=purchase.pk).exclude(status__in=["CANCELLED", "NO_SHOW"])
    assert {visit.pk for visit in going_on} <= {unit.appointment_id for unit in units}
