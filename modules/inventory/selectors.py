"""What pages read of the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, Window

from kernel.money import Money
from modules.inventory.models import RUNNING_LOW, Item, ServiceMaterial, Shortage, StockMove
from modules.scheduling import public as scheduling

APPOINTMENT = "appointment"


@dataclass(frozen=True, slots=True)
class Figures:
    """The shelf in numbers: what is on the list, and what it has cost."""

    items: int
    value: Money
    low: int
    out: int
    shortages: int


def figures(user: Any, *, currency: str) -> Figures:
    cost = ExpressionWrapper(F("on_hand") * F("cost_minor"), DecimalField(max_digits=40, decimal_places=3))
    found = (
        Item.objects.visible_to(user)
        .current()
        .aggregate(
            items=Count("pk"),
            value=Sum(cost),
            low=Count("pk", filter=RUNNING_LOW),
            out=Count("pk", filter=Q(on_hand=0)),
        )
    )
    value = Money(1, currency).times(found.pop("value") or Decimal(0))
    return Figures(**found, value=value, shortages=Shortage.objects.open().count())


def categories(user: Any) -> list[str]:
    """Return the categories of what is on the list, by name."""
    named = Item.objects.visible_to(user).current().exclude(category="")
    return list(named.order_by("category").values_list("category", flat=True).distinct())


def ledger_of(item: Item) -> QuerySet[StockMove]:
    """Return an item's moves, the newest first, each with the `balance` that it left."""
    balance = Window(Sum("delta"), order_by=[F("at").asc(), F("pk").asc()])
    return item.moves.annotate(balance=balance).order_by("-at", "-pk")


def services_using(item: Item) -> list[tuple[scheduling.ServiceCard, Decimal]]:
    """Return the services whose visits use an item, each with how much."""
    used = dict(ServiceMaterial.objects.filter(item=item).values_list("service_id", "quantity"))
    return [(service, used[service.id]) for service in scheduling.services_offered() if service.id in used]


def used_in_visit(appointment_id: UUID) -> QuerySet[StockMove]:
    moves = StockMove.objects.filter(cause_type=APPOINTMENT, cause_id=appointment_id)
    return moves.select_related("item").order_by("item__name")


def missed_in_visit(appointment_id: UUID) -> QuerySet[Shortage]:
    open_ones = Shortage.objects.open().filter(appointment_id=appointment_id)
    return open_ones.select_related("item").order_by("item__name")


def needed_for_visit(service_id: UUID) -> QuerySet[ServiceMaterial]:
    return ServiceMaterial.objects.filter(service=service_id).select_related("item").order_by("item__name")
