"""Many hands at one shelf: real threads, real commits, a database of the test's own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest
from django.db.models import Sum

from identity.models import User
from kernel.ids import new_id
from modules.crm.services import ContactDetails, PatientDetails, begin_note, register_patient
from modules.crm.services.care import take_into_care
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, ServiceMaterial, Shortage, StockMove, UsedMaterial
from modules.inventory.services import (
    InsufficientStock,
    Sold,
    consume_for_visit,
    count_stock,
    move_stock,
    resolve_shortage,
    sell,
    set_material,
)
from modules.inventory.services.visits import AlreadyResolved
from modules.scheduling.models import Service
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Api
from tests.test_concurrency import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def owner() -> User:
    with use_platform():
        return User.objects.get(email="ana@clinic.example")


def shelf(place: TenantRef, owner: User, at: datetime, code: str, count: int) -> Item:
    with use(place):
        item = Item.objects.get(code=code)
        count_stock(item=item, counted=Decimal(count), by=owner, at=at)
        return item


def is_sound(place: TenantRef, item: Item) -> Decimal:
    """Check that what is on hand is the ledger's sum, and return it."""
    with use(place):
        on_hand = Item.objects.get(pk=item.pk).on_hand
        assert on_hand == StockMove.objects.filter(item=item).aggregate(sum=Sum("delta"))["sum"]
        return on_hand


def test_of_fifty_who_take_one_of_twenty_exactly_twenty_get_one(place: TenantRef, owner: User, now: datetime) -> None:
    """I3: never below zero, and the sentence for everybody who came too late."""
    item = shelf(place, owner, now, "TB-M", 20)
    body = {"item_id": str(item.pk), "quantity": 1, "transaction_type": "OUTBOUND"}
    doors = [Api(place, owner) for _ in range(50)]

    answers = all_at_once([lambda door=door: door.post("/api/inventory/transactions/", body) for door in doors])

    assert Counter(answer.status_code for answer in answers) == {201: 20, 422: 30}
    refusals = {answer.json()["detail"] for answer in answers if answer.status_code == 422}
    assert refusals == {"Insufficient stock. You have 0 but tried to remove 1."}
    assert sorted(a.json()["on_hand"] for a in answers if a.status_code == 201) == list(range(20))
    assert is_sound(place, item) == 0


def test_sales_of_the_same_two_items_from_both_ends_never_deadlock(
    place: TenantRef, owner: User, now: datetime
) -> None:
    first, second = shelf(place, owner, now, "TB-M", 15), shelf(place, owner, now, "TP-80", 15)

    def sale(turn: int) -> bool:
        items = (first, second) if turn % 2 else (second, first)
        lines = [Sold(item_id=item.pk, quantity=Decimal(1), line_id=new_id()) for item in items]
        with use(place):
            try:
                sell(lines=lines, by=owner, at=now)
            except InsufficientStock:
                return False
        return True

    sold = all_at_once([lambda turn=turn: sale(turn) for turn in range(24)])

    assert sold.count(True) == 15
    assert (is_sound(place, first), is_sound(place, second)) == (0, 0)


def test_of_two_notes_that_use_the_last_piece_one_gets_it(place: TenantRef, owner: User, now: datetime) -> None:
    item = shelf(place, owner, now, "TB-M", 1)
    with use(place):
        names = {"first_name": "Paul", "last_name": "Test"}
        paul = register_patient(patient=PatientDetails(**names), contact=ContactDetails(**names), by=owner, at=now)
        take_into_care(patient=paul, user_id=owner.pk, reason="Treats him.", by=owner, at=now)
        notes = [begin_note(patient=paul, by=owner, at=now).pk for _ in range(4)]
    paths = [f"/api/inventory/notes/{note_id}/materials/" for note_id in notes]
    body, doors = {"item_id": str(item.pk), "quantity": 1}, [Api(place, owner) for _ in paths]

    answers = all_at_once(
        [lambda door=door, path=path: door.post(path, body) for door, path in zip(doors, paths, strict=True)]
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 422: 3}
    assert is_sound(place, item) == 0
    with use(place):
        assert UsedMaterial.objects.count() == 1


def test_news_of_one_visit_heard_by_eight_workers_is_acted_on_once(
    place: TenantRef, owner: User, now: datetime
) -> None:
    item, visit = shelf(place, owner, now, "TB-M", 20), new_id()
    with use(place):
        service = Service.objects.get(name="Hand therapy")
        ServiceMaterial.objects.all().delete()
        set_material(service_id=service.pk, item=item, quantity=Decimal(3), by=owner)

    def hear() -> None:
        with use(place):
            consume_for_visit(appointment_id=visit, service_ids=[service.pk], by_id=None, at=now)

    all_at_once([hear] * 8)

    assert is_sound(place, item) == 17


def test_a_shortage_resolved_by_two_at_once_is_taken_once(place: TenantRef, owner: User, now: datetime) -> None:
    item = shelf(place, owner, now, "TB-M", 1)
    with use(place):
        service = Service.objects.get(name="Hand therapy")
        ServiceMaterial.objects.all().delete()
        set_material(service_id=service.pk, item=item, quantity=Decimal(3), by=owner)
        consume_for_visit(appointment_id=new_id(), service_ids=[service.pk], by_id=None, at=now)
        shortage = Shortage.objects.get()
        move_stock(item=item, kind=Kind.INBOUND, quantity=Decimal(9), by=owner, at=now)

    def resolve() -> bool:
        with use(place):
            try:
                resolve_shortage(shortage=shortage, by=owner, at=now)
            except AlreadyResolved:
                return False
        return True

    assert sorted(all_at_once([resolve] * 6)) == [False] * 5 + [True]
    assert is_sound(place, item) == 7
