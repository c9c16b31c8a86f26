"""What visits use up."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from identity.models import User
from kernel.ids import new_id
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, ServiceMaterial, Shortage, StockMove
from modules.inventory.services import (
    InsufficientStock,
    consume_for_visit,
    count_stock,
    move_stock,
    resolve_shortage,
    set_material,
)
from modules.inventory.services.catalogue import UnknownService
from modules.inventory.services.visits import AlreadyResolved
from modules.inventory.tests.conftest import make_item
from modules.scheduling.models import Service
from tenancy import TenantRef

VISIT = new_id()


@pytest.fixture
def wrapping(in_clinic: TenantRef, tape: Item, ana: User) -> Service:
    """A service of which each visit uses two rolls, and nothing else."""
    service = Service.objects.get(name="Follow-up")
    ServiceMaterial.objects.all().delete()
    set_material(service_id=service.pk, item=tape, quantity=Decimal(2), by=ana)
    return service


def complete(service: Service, at: datetime, *, by: User | None = None, visit: Any = VISIT) -> None:
    consume_for_visit(appointment_id=visit, service_ids=[service.pk], by_id=by.pk if by else None, at=at)


def stock_of(item: Item) -> Decimal:
    return Item.objects.get(pk=item.pk).on_hand


def test_a_completed_visit_takes_its_materials_off_the_shelf(
    wrapping: Service, tape: Item, bo: User, now: datetime
) -> None:
    """E2E-03"""
    complete(wrapping, now, by=bo)

    move = StockMove.objects.get(kind=Kind.USE)
    assert stock_of(tape) == 3
    assert (move.item_id, move.delta, move.cause_type, move.cause_id) == (tape.pk, -2, "appointment", VISIT)
    assert (move.by_id, move.by_name) == (bo.pk, "Bo")


def test_the_same_visit_told_twice_takes_once(wrapping: Service, tape: Item, now: datetime) -> None:
    complete(wrapping, now)
    complete(wrapping, now)

    assert stock_of(tape) == 3


def test_services_that_need_the_same_item_take_it_together(
    wrapping: Service, tape: Item, ana: User, now: datetime
) -> None:
    massage = Service.objects.get(name="Sports massage")
    set_material(service_id=massage.pk, item=tape, quantity=Decimal(1), by=ana)

    consume_for_visit(appointment_id=VISIT, service_ids=[wrapping.pk, massage.pk], by_id=None, at=now)

    assert stock_of(tape) == 2


def test_where_there_is_not_enough_nothing_is_taken_and_the_shortage_is_seen(
    wrapping: Service, tape: Item, ana: User, now: datetime
) -> None:
    oil = make_item("OIL", by=ana, at=now, stock="100")
    set_material(service_id=wrapping.pk, item=oil, quantity=Decimal(30), by=ana)
    set_material(service_id=wrapping.pk, item=tape, quantity=Decimal(6), by=ana)

    complete(wrapping, now)
    complete(wrapping, now)

    shortage = Shortage.objects.open().get()
    assert (shortage.item_id, shortage.quantity, shortage.appointment_id) == (tape.pk, 6, VISIT)
    assert (stock_of(tape), stock_of(oil)) == (5, 70)


def test_a_shortage_is_made_good_once_the_stock_is_there(
    wrapping: Service, tape: Item, ana: User, rita: User, now: datetime
) -> None:
    set_material(service_id=wrapping.pk, item=tape, quantity=Decimal(6), by=ana)
    complete(wrapping, now)
    shortage = Shortage.objects.get()
    with pytest.raises(InsufficientStock):
        resolve_shortage(shortage=shortage, by=rita, at=now)

    move_stock(item=tape, kind=Kind.INBOUND, quantity=Decimal(4), by=rita, at=now)
    resolve_shortage(shortage=shortage, by=rita, at=now)

    assert stock_of(tape) == 3
    assert not Shortage.objects.open().exists()
    with pytest.raises(AlreadyResolved):
        resolve_shortage(shortage=shortage, by=rita, at=now)


def test_a_count_settles_what_visits_went_without(
    wrapping: Service, tape: Item, ana: User, rita: User, now: datetime
) -> None:
    """What was used is gone from the shelf that was counted: taking it off once more would be wrong."""
    set_material(service_id=wrapping.pk, item=tape, quantity=Decimal(6), by=ana)
    complete(wrapping, now)
    oil = make_item("OIL", by=ana, at=now, stock="0")
    set_material(service_id=wrapping.pk, item=oil, quantity=Decimal(1), by=ana)
    complete(wrapping, now, visit=new_id())

    assert count_stock(item=tape, counted=Decimal(5), by=rita, at=now) is None

    assert Shortage.objects.open().get().item_id == oil.pk
    with pytest.raises(AlreadyResolved):
        resolve_shortage(shortage=Shortage.objects.filter(item=tape)[0], by=rita, at=now)


def test_a_service_without_materials_takes_nothing(wrapping: Service, tape: Item, ana: User, now: datetime) -> None:
    set_material(service_id=wrapping.pk, item=tape, quantity=Decimal(0), by=ana)
    complete(wrapping, now)

    assert stock_of(tape) == 5


def test_materials_belong_to_services_that_are_offered(tape: Item, ana: User) -> None:
    with pytest.raises(UnknownService):
        set_material(service_id=new_id(), item=tape, quantity=Decimal(1), by=ana)


def test_every_preset_service_has_materials_on_the_shelf(in_clinic: TenantRef) -> None:
    for service in Service.objects.all():
        materials = ServiceMaterial.objects.filter(service=service).select_related("item")
        assert materials
        assert all(each.item.on_hand >= each.quantity for each in materials)


def test_a_shop_starts_with_items_and_no_materials(shop: TenantRef) -> None:
    from tenancy import use

    with use(shop):
        assert Item.objects.count() == 7
        assert not ServiceMaterial.objects.exists()
