"""What the billing's tests start from: a visit to be billed, and a Stripe of the test's own."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from identity.models import User
from infra.local.stripe_stand_in.delivery import signature
from infra.local.stripe_stand_in.server import StandIn
from kernel.money import Money
from modules.billing.domain.states import Method, Status
from modules.billing.models import Invoice, PackagePurchase, Payment, Treatment, TreatmentCode
from modules.billing.services import (
    CodeDetails,
    PackageDetails,
    WishedLine,
    add_code,
    add_package,
    add_treatment,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    issue_invoice,
    open_checkout_for,
    sell_package,
)
from modules.billing.services.ledger.checking import check_books
from modules.billing.services.links import pay_token
from modules.billing.services.paying import record_payment
from modules.crm.models import Note, Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient, save_note
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from modules.scheduling.services import set_status as set_state
from tenancy import TenantRef, use, use_platform
from tests.jobs import run_due_jobs

SECRET = "whsec_atrium_demo"
LATER = timedelta(minutes=10)
FOLLOW_UP, MASSAGE = "Follow-up", "Sports massage"
Book = Callable[..., Appointment]


def register(name: str, *, by: Any, at: datetime, email: str = "") -> Patient:
    first, _, last = name.partition(" ")
    contact = ContactDetails(
        first_name=first, last_name=last, email=email, street="2 Mill Lane", postal_code="LS1 4AP", city="Leeds"
    )
    return register_patient(patient=PatientDetails(first_name=first, last_name=last), contact=contact, by=by, at=at)


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test of billing does, the books are what the documents are afterwards; unless it tampers with them."""
    where = next((name for name in ("in_clinic", "place") if name in request.fixturenames), None)
    if where is None or "tamper" in request.fixturenames:
        yield
        return
    tenant = request.getfixturevalue(where)
    yield
    with use(tenant) if where == "place" else nullcontext():
        assert list(check_books()) == []


@pytest.fixture
def patient(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    return register("Patient B", by=rita, at=now, email="b@mail.example")


@pytest.fixture
def visit(in_clinic: TenantRef, patient: Patient, rita: User, bo: User, now: datetime) -> Appointment:
    """A follow-up with Bo, at 58.00."""
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=patient.pk,
        practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
        starts_at=now,
    )
    return book_appointment(wish=wish, by=rita, at=now)


@pytest.fixture
def draft(visit: Appointment, rita: User, now: datetime) -> Invoice:
    return draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)


@pytest.fixture
def issued(draft: Invoice, rita: User, now: datetime) -> Invoice:
    return issue_invoice(invoice=draft, by=rita, at=now)


@pytest.fixture
def bill(in_clinic: TenantRef, patient: Patient, rita: User, now: datetime) -> Callable[..., Invoice]:
    """`bill(minor)` drafts an invoice over so many pence, by hand."""

    def write(minor: int) -> Invoice:
        line = WishedLine(description="Something", unit_price=Money(minor, "GBP"))
        return draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=rita, at=now)

    return write


@pytest.fixture
def pay(rita: User, now: datetime) -> Callable[..., Payment]:
    """`pay(invoice, minor)` hands so many pence over the desk."""

    def hand_over(invoice: Invoice, minor: int, method: Method = Method.CASH) -> Payment:
        amount = Money(minor, invoice.currency)
        return record_payment(invoice=invoice, amount=amount, method=method, by=rita, at=now)

    return hand_over


@pytest.fixture
def ten(in_clinic: TenantRef, patient: Patient, rita: User, ana: User, now: datetime) -> PackagePurchase:
    """Ten follow-ups and one massage, sold to the patient now, for 91 days."""
    contents = {Service.objects.get(name=FOLLOW_UP).pk: 10, Service.objects.get(name=MASSAGE).pk: 1}
    details = PackageDetails(name="Ten and one", price=Money(50000, "GBP"), contents=contents, valid_days=91)
    package = add_package(details=details, by=ana)
    return sell_package(package=package, patient_id=patient.pk, by=rita, at=now)


@pytest.fixture
def book(in_clinic: TenantRef, patient: Patient, ten: PackagePurchase, rita: User, bo: User, now: datetime) -> Book:
    """`book(3)` books a follow-up with Bo in three days, from the package."""

    def book_one(day: int, *, service: str = FOLLOW_UP, **wish: Any) -> Appointment:
        wished = {
            "service_id": Service.objects.get(name=service).pk,
            "patient_id": patient.pk,
            "practitioner_id": Practitioner.objects.get(user_id=bo.pk).pk,
            "starts_at": now + timedelta(days=day),
            "package_id": ten.pk,
        }
        return book_appointment(wish=Wish(**(wished | wish)), by=rita, at=now)

    return book_one


def done(visit: Appointment, *, by: User, at: datetime) -> Appointment:
    for status in ("CHECKED_IN", "IN_PROGRESS", "COMPLETED"):
        visit = set_state(appointment=visit, status=status, by=by, at=at)
    return visit


class Stripe:
    """The stand-in, a payer's hands, and the post that brings its events when the test says so."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.knobs = stand_in.desk.knobs

    def pay(self, url: str, card: str = "pm_card_visa") -> int:
        """Press Pay on the page of a checkout. Return the status; where it leads is not followed."""
        form = urllib.parse.urlencode({"card": card}).encode()
        try:
            with urllib.request.build_opener(_Unfollowed).open(url, form, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code

    def events(self, kind: str = "", account: str = "") -> list[dict[str, Any]]:
        """Return the events so far, oldest first."""
        store = self.stand_in.desk.store
        accounts = [account] if account else [each["id"] for each in store.all("", "account")]
        found = [event for each in accounts for event in store.all(each, "event")]
        return [event for event in reversed(found) if kind in event["type"]]

    def sessions(self, account: str = "") -> list[dict[str, Any]]:
        store = self.stand_in.desk.store
        accounts = [account] if account else [each["id"] for each in store.all("", "account")]
        return [session for each in accounts for session in store.all(each, "checkout.session")]


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture
def stripe(tmp_path: Path, settings: Any) -> Iterator[Stripe]:
    running = StandIn(folder=tmp_path / "stripe").start()
    settings.STRIPE_API_BASE = running.url
    yield Stripe(running)
    running.stop()


def post_event(event: dict[str, Any]) -> Any:
    """Bring an event to the platform's door, signed."""
    body = json.dumps(event).encode()
    headers = {"host": settings.PLATFORM_HOST, "stripe-signature": signature(body, SECRET)}
    with use_platform():
        return Client(headers=headers).post("/webhooks/stripe/", body, content_type="application/json")


def work() -> None:
    """Do what the workers do, and what that causes within the next minute."""
    run_due_jobs(at=timezone.now() + timedelta(minutes=1))


@pytest.fixture
def token(stripe: Stripe, issued: Invoice) -> str:
    return pay_token(issued)


@pytest.fixture
def address(token: str, now: datetime) -> str:
    """The address of the gateway's page where the 58.00 are to be paid."""
    return open_checkout_for(token=token, at=now)


def stands(issued: Invoice) -> tuple[str, str, int]:
    row = Invoice.objects.get(pk=issued.pk)
    return row.status, str(row.paid), Payment.objects.filter(invoice=row).count()


PAID_ONCE = (Status.PAID, "58.00", 1)


def details(code: str = "MT", price: int = 2400, **more: Any) -> CodeDetails:
    usual = {"name": "Manual therapy", "unit": "15 minutes", "valid_from": date(2031, 1, 1), "tax_rate": Decimal(20)}
    return CodeDetails(code=code, price=Money(price, "GBP"), **(usual | more))


@pytest.fixture
def manual(in_clinic: TenantRef, ana: User) -> TreatmentCode:
    """Manual therapy, 24.00 per 15 minutes."""
    return add_code(details=details(), by=ana)


@pytest.fixture
def hot_pack(in_clinic: TenantRef, ana: User) -> TreatmentCode:
    """Shown on the bill, and paid with the visit."""
    return add_code(details=details("HP", 500, name="Hot pack", unit="session", is_included=True), by=ana)


@pytest.fixture
def note(visit: Appointment, bo: User, now: datetime) -> Note:
    text = {"plan": "Loosen it."}
    return save_note(patient=visit.patient, appointment_id=visit.pk, sections=text, shared=False, by=bo, at=now)


@pytest.fixture
def does(note: Note, bo: User, now: datetime) -> Callable[..., Treatment]:
    """`does(code, "2")`: Bo writes into the note that so much of it was done."""

    def do(code: TreatmentCode, quantity: str = "1", **more: Any) -> Treatment:
        return add_treatment(
            **{"note_id": note.pk, "by": bo, "at": now} | more, code_id=code.pk, quantity=Decimal(quantity)
        )

    return do
