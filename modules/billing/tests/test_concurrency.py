"""Many at one invoice, one series, one page: real threads, real commits, a database of the test's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method, Status
from modules.billing.handlers import hear_stripe
from modules.billing.models import (
    CheckoutSession,
    GatewayAccount,
    Invoice,
    InvoiceLine,
    NumberSeries,
    Payment,
    UnitEntry,
)
from modules.billing.services import (
    CodeDetails,
    NothingToPay,
    PackageDetails,
    WishedLine,
    add_code,
    add_package,
    add_treatment,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    ensure_account,
    issue_invoice,
    open_checkout_for,
    record_payment,
    sell_package,
)
from modules.billing.services.links import pay_token
from modules.billing.tests.conftest import Stripe, post_event, register, work
from modules.crm.models import Patient
from modules.crm.services import begin_note
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.public import PackageRefused
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Api
from tests.test_concurrency import all_at_once
from webhooks.events import StripeObjectChanged
from webhooks.models import StripeEvent

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def desk() -> User:
    with use_platform():
        return User.objects.get(email="rita@clinic.example")


@pytest.fixture
def somebody(place: TenantRef, desk: User, now: datetime) -> Patient:
    with use(place):
        return register("Patient B", by=desk, at=now, email="b@mail.example")


def drafts(place: TenantRef, desk: User, patient: Patient, at: datetime, count: int, minor: int = 100) -> list[Invoice]:
    line = WishedLine(description="x", unit_price=Money(minor, "GBP"))
    with use(place):
        return [draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=desk, at=at) for _ in range(count)]


def test_one_invoice_issued_ten_times_at_once_takes_one_number(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    (draft,) = drafts(place, desk, somebody, now, 1)
    doors = [Api(place, desk) for _ in range(10)]

    answers = all_at_once([lambda door=door: door.post(f"/api/billing/invoices/{draft.pk}/issue/") for door in doors])

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["number"] for answer in answers}) == 1
    with use(place):
        assert NumberSeries.objects.get().next == 2


def test_one_visit_billed_from_ten_sides_at_once_has_one_invoice(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    with use(place):
        service = Service.objects.get(name="Follow-up")
        wish = Wish(service_id=service.pk, patient_id=somebody.pk, starts_at=now)
        visit = book_appointment(wish=wish, by=desk, at=now)
    doors = [Api(place, desk) for _ in range(10)]
    body = {"appointment_id": str(visit.pk)}

    answers = all_at_once([lambda door=door: door.post("/api/billing/invoices/", body) for door in doors])

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    with use(place):
        assert Invoice.objects.count() == InvoiceLine.objects.count() == 1


def test_of_ten_halves_paid_at_once_two_are_taken(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    (draft,) = drafts(place, desk, somebody, now, 1, minor=10000)
    body = {"invoice_id": str(draft.pk), "amount": "50.00", "payment_method": "cash"}
    doors = [Api(place, desk) for _ in range(10)]

    answers = all_at_once([lambda door=door: door.post("/api/billing/payments/", body) for door in doors])

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 2, 409: 8}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"nothing-to-pay"}
    with use(place):
        invoice = Invoice.objects.get()
        assert (invoice.status, invoice.paid_minor, Payment.objects.count()) == (Status.PAID, 10000, 2)


def test_a_line_written_while_the_invoice_is_issued_is_refused_or_counted(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    """Past every service: the database alone lets nobody slip a line into an invoice that is being issued."""
    waiting = drafts(place, desk, somebody, now, 8)

    def slip_in(invoice: Invoice) -> bool:
        line = InvoiceLine(
            invoice=invoice, position=9, description="slipped in", quantity=1, unit_price_minor=1, tax_rate=0,
            net_minor=1, tax_minor=0, gross_minor=1, currency="GBP",
        )  # fmt: skip
        return quietly(lambda: line.save(force_insert=True))

    def quietly(call: Callable[[], Any]) -> bool:
        try:
            with use(place), transaction.atomic():
                call()
        except DatabaseError:
            return False
        return True

    def issue(invoice: Invoice) -> bool:
        return quietly(lambda: issue_invoice(invoice=invoice, by=desk, at=now))

    all_at_once([lambda i=i, call=call: call(i) for i in waiting for call in (slip_in, issue)])

    with use(place):
        for invoice in Invoice.objects.exclude(number=None).prefetch_related("lines"):
            assert sum(line.gross_minor for line in invoice.lines.all()) == invoice.gross_minor


@pytest.fixture
def issued(place: TenantRef, desk: User, somebody: Patient, now: datetime) -> Invoice:
    (draft,) = drafts(place, desk, somebody, now, 1, minor=5800)
    with use(place):
        return issue_invoice(invoice=draft, by=desk, at=now)


@pytest.fixture
def token(place: TenantRef, issued: Invoice, stripe: Stripe) -> Iterator[str]:
    with use(place):
        yield pay_token(issued)


def in_room(place: TenantRef, call: Callable[[], Any]) -> Callable[[], Any]:
    def inside() -> Any:
        with use(place):
            return call()

    return inside


def test_eight_who_open_the_page_at_once_get_the_same_page(
    place: TenantRef, token: str, stripe: Stripe, now: datetime
) -> None:
    """The account is made in the same moment, too: once."""
    pages = all_at_once([in_room(place, lambda: open_checkout_for(token=token, at=now))] * 8)

    assert len(set(pages)) == len(stripe.sessions()) == 1
    assert len(stripe.stand_in.desk.store.all("", "account")) == 1


def paid_page(place: TenantRef, token: str, stripe: Stripe, now: datetime) -> dict[str, Any]:
    """Pay the page; return the event that tells of it."""
    with use(place):
        address = open_checkout_for(token=token, at=now)
    assert stripe.pay(address) == 303
    (event,) = stripe.events("checkout.session.completed")
    return event


def payments(place: TenantRef) -> tuple[str, int, int]:
    with use(place):
        return Invoice.objects.get().status, Invoice.objects.get().paid_minor, Payment.objects.count()


def test_an_event_delivered_eight_times_at_the_same_moment_pays_once(
    place: TenantRef, token: str, stripe: Stripe, now: datetime
) -> None:
    event = paid_page(place, token, stripe, now)

    answers = all_at_once([lambda: post_event(event)] * 8)
    work()

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["is_new"] for answer in answers].count(True) == 1
    assert payments(place) == (Status.PAID, 5800, 1)
    with use_platform():
        assert StripeEvent.objects.filter(type="checkout.session.completed").count() == 1


def test_the_same_payment_heard_from_eight_events_at_once_is_written_once(
    place: TenantRef, token: str, stripe: Stripe, now: datetime
) -> None:
    event = paid_page(place, token, stripe, now)
    news = StripeObjectChanged(type=event["type"], object_id=event["data"]["object"]["id"], event_id=event["id"])

    all_at_once([in_room(place, lambda: hear_stripe(news))] * 8)

    assert payments(place) == (Status.PAID, 5800, 1)


def test_cash_and_card_at_the_same_moment_are_both_on_the_books_or_one_is_refused(
    place: TenantRef, issued: Invoice, desk: User, token: str, stripe: Stripe, now: datetime
) -> None:
    event = paid_page(place, token, stripe, now)
    news = StripeObjectChanged(type=event["type"], object_id=event["data"]["object"]["id"], event_id=event["id"])

    def cash() -> bool:
        try:
            record_payment(invoice=issued, amount=Money(5800, "GBP"), method=Method.CASH, by=desk, at=now)
        except NothingToPay:
            return False
        return True

    taken, _ = all_at_once([in_room(place, cash), in_room(place, lambda: hear_stripe(news))])

    count = 2 if taken else 1
    assert payments(place) == (Status.PAID, 5800 * count, count)


def test_an_account_asked_for_by_six_at_once_is_one(place: TenantRef, stripe: Stripe, now: datetime) -> None:
    all_at_once([in_room(place, lambda: ensure_account(at=now))] * 6)

    with use(place):
        assert GatewayAccount.objects.get().connected_at is not None
    assert len(stripe.stand_in.desk.store.all("", "account")) == 1


def test_the_page_that_was_opened_while_cash_was_taken_asks_for_no_more_than_is_owed(
    place: TenantRef, issued: Invoice, desk: User, token: str, stripe: Stripe, now: datetime
) -> None:
    def cash() -> None:
        record_payment(invoice=issued, amount=Money(800, "GBP"), method=Method.CASH, by=desk, at=now)

    all_at_once([in_room(place, cash), in_room(place, lambda: open_checkout_for(token=token, at=now))])
    work()
    with use(place):
        open_checkout_for(token=token, at=timezone.now() + timedelta(minutes=1))
        (live,) = CheckoutSession.objects.live()

    assert live.amount_minor == 5000
    assert [each["amount_total"] for each in stripe.sessions() if each["status"] == "open"] == [5000]


def test_of_twenty_who_book_from_a_package_with_three_left_three_have_one(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    with use(place):
        service = Service.objects.get(name="Follow-up")
        details = PackageDetails(name="Three", price=Money(15000, "GBP"), contents={service.pk: 3})
        three = sell_package(package=add_package(details=details, by=desk), patient_id=somebody.pk, by=desk, at=now)
    starts = [now + timedelta(days=7 * week + day) for week in range(4) for day in range(5)]

    def book(starts_at: datetime) -> int | None:
        wish = Wish(service_id=service.pk, patient_id=somebody.pk, starts_at=starts_at, package_id=three.pk)
        try:
            with use(place), transaction.atomic():
                return book_appointment(wish=wish, by=desk, at=now).package_number
        except PackageRefused:
            return None

    numbers = all_at_once([lambda each=each: book(each) for each in starts])

    assert sorted(filter(None, numbers)) == [1, 2, 3]
    with use(place):
        assert Appointment.objects.filter(patient=somebody).count() == 3
        assert three.units.filter(state="FREE").count() == 0


def test_the_ledger_itself_gives_a_session_once_however_many_reach_for_it(
    place: TenantRef, desk: User, somebody: Patient, now: datetime
) -> None:
    """Behind the services: nobody waits for the purchase, and the trigger alone is the judge."""
    with use(place):
        service = Service.objects.get(name="Follow-up")
        details = PackageDetails(name="One", price=Money(5000, "GBP"), contents={service.pk: 1})
        one = sell_package(package=add_package(details=details, by=desk), patient_id=somebody.pk, by=desk, at=now)
        unit = one.units.get()
        wishes = [
            Wish(service_id=service.pk, patient_id=somebody.pk, starts_at=now + timedelta(days=d)) for d in range(5)
        ]
        visits = [book_appointment(wish=wish, by=desk, at=now) for wish in wishes]

    def reach(visit: Appointment) -> bool:
        try:
            with use(place), transaction.atomic():
                UnitEntry.objects.create(unit=unit, appointment=visit, kind="RESERVED", at=now)
        except DatabaseError:
            return False
        return True

    assert sum(all_at_once([lambda each=each: reach(each) for each in visits])) == 1


def test_six_who_bill_the_same_treatment_make_one_further_invoice(
    place: TenantRef, somebody: Patient, desk: User, now: datetime
) -> None:
    with use_platform():
        bo = User.objects.get(email="bo@clinic.example")
    with use(place):
        service = Service.objects.get(name="Follow-up")
        practitioner = Practitioner.objects.get(user_id=bo.pk)
        wish = Wish(service_id=service.pk, patient_id=somebody.pk, practitioner_id=practitioner.pk, starts_at=now)
        visit = book_appointment(wish=wish, by=desk, at=now)
        issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=desk, at=now), by=desk, at=now)
        details = CodeDetails(code="MT", name="Manual", price=Money(2400, "GBP"), valid_from=now.date())
        code = add_code(details=details, by=desk)
        note = begin_note(patient=somebody, appointment_id=visit.pk, by=bo, at=now)
        add_treatment(note_id=note.pk, code_id=code.pk, quantity=Decimal(1), by=bo, at=now)
    body, doors = {"appointment_id": str(visit.pk)}, [Api(place, desk) for _ in range(6)]

    answers = all_at_once([lambda door=door: door.post("/api/billing/further-invoices/", body) for door in doors])

    assert Counter(answer.status_code for answer in answers) == {201: 6}
    assert len({answer.json()["id"] for answer in answers}) == 1
    with use(place):
        assert InvoiceLine.objects.filter(treatment__isnull=False).count() == 1
