"""Many who take numbers at once, and some who die with one in their hands: no gap, nothing twice, one chain."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from threading import Event, Timer

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from identity.models import User
from modules.billing.domain.states import DocumentKind, Status
from modules.billing.models import Invoice, NumberSeries
from modules.billing.services import WishedPrefix, draft_invoice_for_visit, issue_invoice, set_prefix
from modules.billing.services.chaining import verify
from modules.billing.tests.test_concurrency import desk, drafts, place, somebody
from modules.crm.models import Patient
from modules.scheduling.models import Location, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use, use_platform
from tests.together import all_at_once

__all__ = ["desk", "place", "somebody"]  # fixtures

pytestmark = pytest.mark.usefixtures("own_database")


def test_thirty_two_who_issue_at_once_get_their_numbers_without_a_gap(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    """B4, also while every fifth one fails half way. Each is linked to the one before it."""
    waiting = drafts(place, desk, somebody, now, 40)

    def issue(number: int, invoice: Invoice) -> str | None:
        with use(place), transaction.atomic():
            issued = issue_invoice(invoice=invoice, by=desk, at=now)
            if number % 5 == 4:
                transaction.set_rollback(True)
                return None
            return issued.number

    numbers = all_at_once([lambda n=n, i=i: issue(n, i) for n, i in enumerate(waiting)])

    assert sorted(filter(None, numbers)) == [f"2031-{number:04d}" for number in range(1, 33)]
    with use(place):
        assert NumberSeries.objects.get().next == 33
        assert Invoice.objects.filter(status=Status.DRAFT).count() == 8
        assert (verify().documents, verify().findings) == (32, [])


def test_a_session_that_is_killed_with_a_number_in_its_hands_leaves_no_gap(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    """Its connection goes between the number and the commit, while others wait for theirs."""
    waiting = drafts(place, desk, somebody, now, 9)
    has_number, may_die = Event(), Event()

    def die(invoice: Invoice) -> str | None:
        with contextlib.suppress(OperationalError, InterfaceError), use(place), transaction.atomic():
            number = issue_invoice(invoice=invoice, by=desk, at=now).number
            has_number.set()
            may_die.wait(timeout=10)
            connection.connection.pgconn.finish()  # as if the process were killed: Postgres hears nothing more of it
            return number
        connection.close()
        return None

    def issue(invoice: Invoice) -> str | None:
        has_number.wait(timeout=10)
        Timer(0.3, may_die.set).start()
        with use(place), transaction.atomic():
            return issue_invoice(invoice=invoice, by=desk, at=now).number

    doomed, *others = waiting
    numbers = all_at_once([lambda: die(doomed), *(lambda each=each: issue(each) for each in others)])

    assert has_number.is_set()
    assert numbers[0] is None
    assert sorted(numbers[1:]) == [f"2031-{number:04d}" for number in range(1, 9)]
    with use(place):
        assert Invoice.objects.get(pk=doomed.pk).status == Status.DRAFT
        assert (verify().documents, verify().findings) == (8, [])


def test_series_of_a_year_begin_once_however_many_begin_them(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    """The practice's and a location's, with a prefix that is kept from the year before; by sixteen at once."""
    with use_platform():
        ana = User.objects.get(email="ana@clinic.example")
    with use(place):
        where = Location.objects.get()
        wish = WishedPrefix(kind=DocumentKind.INVOICE, location_id=where.pk, prefix="NORTH", year=2031)
        set_prefix(wish=wish, by=ana, at=now)
        service = Service.objects.get(name="Follow-up")
        wishes = [
            Wish(service_id=service.pk, patient_id=somebody.pk, starts_at=now + timedelta(days=7 * n)) for n in range(8)
        ]
        visits = [book_appointment(wish=wish, by=desk, at=now) for wish in wishes]
        there = [draft_invoice_for_visit(appointment_id=visit.pk, by=desk, at=now) for visit in visits]
    waiting = [*there, *drafts(place, desk, somebody, now, 8)]

    def issue(invoice: Invoice) -> str | None:
        with use(place), transaction.atomic():
            return issue_invoice(invoice=invoice, by=desk, at=now + timedelta(days=366)).number

    numbers = all_at_once([lambda each=each: issue(each) for each in waiting])

    assert sorted(filter(None, numbers)) == [
        *(f"2032-{number:04d}" for number in range(1, 9)),
        *(f"NORTH-2032-{number:04d}" for number in range(1, 9)),
    ]
