"""What pages read of the shelf."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, Window

from kernel.money import Money
from modules.crm import public as crm
from modules.inventory.models import RUNNING_LOW, Item, ServiceMaterial, Shortage, StockMove, UsedMaterial
from modules.scheduling import public as scheduling

APPOINTMENT = "appointment"
FOUND, USUAL = 8, 6
LATEST = 60  # of somebody's entries, to tell what is usual with them


@dataclass(frozen=True, slots=True)
class NotedUse:
    material: UsedMaterial
    is_lacking: bool  # of the ledger, until somebody counts


@dataclass(frozen=True, slots=True)
class TakenByVisit:
    """What a visit takes by itself: it has, or it will when it is completed."""

    is_done: bool
    rows: list[tuple[Item, Decimal]]

    @property
    def item_ids(self) -> set[UUID]:
        return {item.pk for item, _quantity in self.rows}


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


def noted_in_visit(appointment_id: UUID, *, seen_by: Any) -> QuerySet[UsedMaterial]:
    """Return what the note of a visit says was used besides, for whoever reads that note."""
    rows = UsedMaterial.objects.in_notes_of(seen_by).filter(note__appointment_id=appointment_id)
    return rows.standing().for_display()


def materials_of_note(note: Any, *, user: Any) -> dict[str, Any]:
    """Return what a note's page shows of them; the note is the model, or its card."""
    by_visit = taken_by_visit(note.appointment_id)
    may_use = user.has_perm("inventory.take_stock") and crm.may_add_to_note(note.pk, by=user)
    return {
        "note": note,
        "used": used_in_note(note.pk),
        "by_visit": by_visit,
        "of_visit": by_visit.item_ids if by_visit else set(),
        "may_use": may_use,
        "usual": usual_materials(user.pk) if may_use and not note.is_signed else [],
    }


def used_in_note(note_id: UUID) -> list[NotedUse]:
    """Return what a note says was used, each with whether the ledger still lacks it."""
    rows = list(UsedMaterial.objects.filter(note=note_id).for_display())
    lacking = set(
        Shortage.objects.open().filter(material_id__in=[row.pk for row in rows]).values_list("material_id", flat=True)
    )
    return [NotedUse(row, row.pk in lacking) for row in rows]


def taken_by_visit(appointment_id: UUID | None) -> TakenByVisit | None:
    """Return what a visit takes by the materials of its services, besides its note; None if there is nothing."""
    visit = scheduling.find_visit(appointment_id) if appointment_id else None
    if visit is None or visit.came_to_nothing:
        return None
    if visit.status == "COMPLETED":
        rows = [(move.item, move.quantity) for move in used_in_visit(visit.id)]
        rows += [(shortage.item, shortage.quantity) for shortage in missed_in_visit(visit.id)]
        return TakenByVisit(is_done=True, rows=rows) if rows else None
    times = Counter([visit.service_id, *(done.id for done in visit.further)])
    materials = ServiceMaterial.objects.filter(service__in=times).select_related("item").order_by("item__name")
    needed: dict[Item, Decimal] = defaultdict(Decimal)
    for material in materials:
        needed[material.item] += material.quantity * times[material.service_id]
    return TakenByVisit(is_done=False, rows=list(needed.items())) if needed else None


def usual_materials(user_id: UUID) -> list[Item]:
    """Return the few things that somebody notes the most, of what they noted last."""
    latest = UsedMaterial.objects.filter(by_id=user_id, item__ended_at=None).order_by("-at", "-pk")
    often = Counter(latest.values_list("item_id", flat=True)[:LATEST]).most_common(USUAL)
    items = Item.objects.in_bulk([item_id for item_id, _times in often])
    return [items[item_id] for item_id, _times in often]


def items_found(user: Any, text: str) -> list[Item]:
    """Return what somebody who types, or scans, means: exactly this code or barcode, else what matches, by name."""
    text, shelf = text.strip(), Item.objects.visible_to(user).current()
    if not text:
        return []
    exact = list(shelf.filter(Q(barcode=text) | Q(code__iexact=text)))
    return exact or list(shelf.matching(text).order_by("name", "pk")[:FOUND])
