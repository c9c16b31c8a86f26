"""What the stock's tests start from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.models import User
from kernel.ids import new_id
from kernel.money import Money
from modules.crm.models import Note
from modules.crm.services import ContactDetails, PatientDetails, begin_note, register_patient, save_note, sign_note
from modules.crm.services.care import take_into_care
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, ServiceMaterial, Shortage, UsedMaterial
from modules.inventory.services import ItemDetails, add_item, consume_for_visit, move_stock, set_material, use_material
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef


def make_item(code: str, *, by: Any, at: datetime, stock: str = "5", reorder_point: str = "0") -> Item:
    """Put an item on the list and `stock` of it on the shelf."""
    details = ItemDetails(
        code=code,
        name=f"Item {code}",
        price=Money(650, "GBP"),
        cost=Money(260, "GBP"),
        tax_rate=Decimal(20),
        reorder_point=Decimal(reorder_point),
    )
    item = add_item(details=details, by=by)
    if Decimal(stock):
        move_stock(item=item, kind=Kind.INBOUND, quantity=Decimal(stock), by=by, at=at)
        item.refresh_from_db()
    return item


@pytest.fixture
def tape(in_clinic: TenantRef, ana: User, now: datetime) -> Item:
    """Five rolls, to be reordered at two."""
    return make_item("TAPE", by=ana, at=now, reorder_point="2")


@pytest.fixture
def follow_up(in_clinic: TenantRef) -> Service:
    return Service.objects.get(name="Follow-up")


@pytest.fixture
def shortage(tape: Item, follow_up: Service, ana: User, now: datetime) -> Shortage:
    """A follow-up used nine rolls where the ledger had five."""
    ServiceMaterial.objects.all().delete()
    set_material(service_id=follow_up.pk, item=tape, quantity=Decimal(9), by=ana)
    consume_for_visit(appointment_id=new_id(), service_ids=[follow_up.pk], by_id=None, at=now)
    return Shortage.objects.get()


@pytest.fixture
def book(follow_up: Service, rita: User, bo: User, now: datetime) -> Callable[[datetime], Appointment]:
    """`book(starts_at)` books Paul's follow-up with Bo."""
    names = {"first_name": "Paul", "last_name": "Test"}
    paul = register_patient(patient=PatientDetails(**names), contact=ContactDetails(**names), by=rita, at=now)
    bos_calendar = Practitioner.objects.get(user_id=bo.pk)

    def book_one(starts_at: datetime) -> Appointment:
        wish = Wish(service_id=follow_up.pk, patient_id=paul.pk, practitioner_id=bos_calendar.pk, starts_at=starts_at)
        return book_appointment(wish=wish, by=rita, at=now)

    return book_one


@pytest.fixture
def asks_as_often() -> Callable[..., None]:
    """`asks_as_often(browser, path, add_one=…)`: a page asks the database as often for three rows as for one."""

    def queries(browser: Any, path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        return len(captured)

    def check(browser: Any, path: str, *, add_one: Callable[[int], Any]) -> None:
        add_one(0)
        queries(browser, path)  # whatever is looked up once per process
        one = queries(browser, path)
        add_one(1)
        add_one(2)
        assert queries(browser, path) == one
        assert one <= 20

    return check


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def stock_of(item: Item) -> Decimal:
    return Item.objects.get(pk=item.pk).on_hand


@pytest.fixture
def note(in_clinic: TenantRef, rita: User, bo: User, now: datetime) -> Note:
    """A note without a visit, by Bo, who treats Paul."""
    names = {"first_name": "Paul", "last_name": "Test"}
    paul = register_patient(patient=PatientDetails(**names), contact=ContactDetails(**names), by=rita, at=now)
    take_into_care(patient=paul, user_id=bo.pk, reason="Treats him.", by=rita, at=now)
    return begin_note(patient=paul, by=bo, at=now)


@pytest.fixture
def signed(note: Note, bo: User, now: datetime) -> Note:
    return sign(note, by=bo, at=now)


def sign(note: Note, *, by: User, at: datetime) -> Note:
    note.plan = "Tape."
    note.save()
    return sign_note(note=note, by=by, at=at)


@pytest.fixture
def visit_note(book: Callable[[datetime], Appointment], bo: User, now: datetime) -> Note:
    visit = book(now)
    words = {"plan": "Tape."}
    return save_note(patient=visit.patient, appointment_id=visit.pk, sections=words, shared=False, by=bo, at=now)


@pytest.fixture
def uses(note: Note, tape: Item, bo: User, now: datetime) -> Callable[..., UsedMaterial]:
    """`uses("2")`: Bo writes down that so much tape was used."""

    def use(quantity: str = "1", **more: Any) -> UsedMaterial:
        return use_material(
            **{"note_id": note.pk, "item_id": tape.pk, "by": bo, "at": now} | more, quantity=Decimal(quantity)
        )

    return use
