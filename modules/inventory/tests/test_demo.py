"""The demo's shelf looks lived with, and the same wherever it is made."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from identity.models import User
from kernel.ids import new_id
from modules.inventory import demo, selectors
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, ServiceMaterial, Shortage, StockMove
from modules.inventory.services import consume_for_visit
from modules.scheduling.models import Service
from tenancy import TenantRef, use
from tenants.demo import PRACTICES, Stage


def stage_of(tenant: TenantRef, *, reception: User, now: datetime) -> Stage:
    practice = next(each for each in PRACTICES if each.vertical == tenant.vertical)
    return Stage(practice, tenant, {"reception": reception}, random.Random("demo"), now)


@pytest.fixture
def opened(in_clinic: TenantRef) -> datetime:
    """When the opening stock was put on the shelf."""
    return StockMove.objects.latest("at").at


def moves() -> list[tuple[Any, ...]]:
    return list(StockMove.objects.order_by("item__code", "at", "pk").values_list("item__code", "kind", "delta"))


def seed_fortnight_of_visits(now: datetime) -> None:
    """More first visits than there were bands for: 25, reordered at eight."""
    service = Service.objects.get(name="Initial assessment")
    ServiceMaterial.objects.exclude(item__code="TB-M").delete()
    for number in range(28):
        at = now - timedelta(hours=12 * (28 - number))
        consume_for_visit(appointment_id=new_id(), service_ids=[service.pk], by_id=None, at=at)


def test_there_are_deliveries_takings_one_count_and_something_low(
    in_clinic: TenantRef, opened: datetime, rita: User
) -> None:
    demo.seed(stage_of(in_clinic, reception=rita, now=opened + timedelta(weeks=5)))

    deliveries = StockMove.objects.filter(kind=Kind.INBOUND, reason="Delivery, MediSupply")
    assert deliveries.dates("at", "week").count() >= 3
    assert StockMove.objects.filter(kind=Kind.OUTBOUND).count() >= 5
    count = StockMove.objects.get(kind=Kind.ADJUSTMENT)
    assert count.delta < 0
    assert Item.objects.running_low().count() == 1


def test_what_visits_went_without_was_delivered_but_for_the_last(
    in_clinic: TenantRef, opened: datetime, rita: User
) -> None:
    now = opened + timedelta(weeks=5)
    seed_fortnight_of_visits(now)
    assert Shortage.objects.open().count() == 3

    demo.seed(stage_of(in_clinic, reception=rita, now=now))

    band = Item.objects.get(code="TB-M")
    assert band.is_out
    assert Shortage.objects.open().get().item == band


def test_no_shelf_was_ever_emptier_than_empty(in_clinic: TenantRef, opened: datetime, rita: User) -> None:
    now = opened + timedelta(weeks=5)
    seed_fortnight_of_visits(now)

    demo.seed(stage_of(in_clinic, reception=rita, now=now))

    for item in Item.objects.all():
        assert min(move.balance for move in selectors.ledger_of(item)) >= Decimal(0)
    assert StockMove.objects.latest("at").at <= now


def test_it_is_the_same_each_time_it_is_made(shop: TenantRef, sol: User) -> None:
    tellings = []
    for _ in range(2):
        with use(shop), transaction.atomic():
            opened = StockMove.objects.latest("at").at
            demo.seed(stage_of(shop, reception=sol, now=opened + timedelta(weeks=5)))
            tellings.append(moves())
            transaction.set_rollback(True)

    assert tellings[0] == tellings[1]
