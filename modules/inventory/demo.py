"""Four weeks of a shelf: taken from by hand, filled up each Monday, counted once, and out of one thing.

What visits used is in the ledger already when this runs; what a shop sells over the counter is still to come.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum

from modules.crm import public as crm
from modules.inventory import services
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, Shortage, StockMove
from modules.inventory.services import InsufficientStock
from modules.scheduling import public as scheduling

if TYPE_CHECKING:
    from tenants.demo import Stage

WEEKS_BACK = 4
UNLOADED = time(8, 40)
PUT_AWAY = timedelta(minutes=25)


class Habits(NamedTuple):
    """How a kind of practice lives with its shelf."""

    supplier: str
    taken_by_hand: tuple[str, ...]  # codes
    taken_for: str
    counted: str
    sold_in_a_week: tuple[int, int]  # of each item, as the one who orders expects
    used_in_notes: tuple[tuple[str, str], ...] = ()  # of the next visit of a service, what is laid out for it


HABITS = {
    "clinic": Habits(
        "MediSupply",
        ("CR-1", "MO-1"),
        "For the treatment rooms",
        "MO-1",
        (0, 0),
        (("Follow-up", "IP-1"), ("Sports massage", "KT-5")),
    ),
    "vet": Habits(
        "VetDirect",
        ("GL-M", "SY-2"),
        "For a house call",
        "SY-2",
        (0, 0),
        (("Vaccination", "VX-DHP"), ("Consultation", "FT-D")),
    ),
    "shop": Habits("Velo Trade", ("TB-28", "LU-100"), "Used in the workshop", "LU-100", (2, 4)),
}


def seed(stage: Stage) -> None:
    shelf = {item.code: item for item in Item.objects.current().order_by("code")}
    scarce = min(shelf.values(), key=lambda item: (item.fullness, item.code))
    kept = [item for item in shelf.values() if item != scarce]
    mondays = list(_mondays(stage))
    usual = _levels(at=mondays[0])
    for monday in mondays:
        _receive(stage, kept, usual, at=monday)
        _see_to_shortages(stage, until=monday, not_before=monday + PUT_AWAY)
        _take_by_hand(stage, shelf, usual, after=monday)
    _receive_too_little(stage, scarce, at=mondays[-1])
    _see_to_shortages(stage, until=stage.now, not_before=mondays[-1] + PUT_AWAY)
    _count(stage, shelf[HABITS[stage.tenant.vertical].counted])
    _let_run_low(stage, scarce)
    _use_in_notes(stage, shelf)


def _use_in_notes(stage: Stage, shelf: dict[str, Item]) -> None:
    """Have whoever treats next have begun the note, with what they have laid out; the first entry was a slip."""
    known = {service.name: service.id for service in scheduling.services_offered()}
    for service, code in HABITS[stage.tenant.vertical].used_in_notes:
        visit = scheduling.next_visit_of(known[service], after=stage.now) if service in known else None
        treats = next((each for each in stage.people.values() if visit and each.pk == visit.practitioner_user_id), None)
        if visit is None or treats is None:
            continue
        at = stage.now - timedelta(minutes=stage.chance.randint(20, 90))
        who: dict[str, Any] = {"by": treats, "at": at}
        note_id = crm.begin_note_of_visit(patient_id=visit.patient_id, appointment_id=visit.id, **who)
        used: dict[str, Any] = {"note_id": note_id, "item_id": shelf[code].pk, "even_if_missing": True}
        slip = services.use_material(**used, quantity=Decimal(2), **who)
        services.take_back_material(material=slip, **who)
        services.use_material(**used, quantity=Decimal(1), **who)


def _mondays(stage: Stage) -> Iterator[datetime]:
    """Yield when the deliveries came: each Monday's that is over by now."""
    zone = ZoneInfo(stage.tenant.time_zone)
    today = stage.now.astimezone(zone).date()
    for weeks_ago in range(WEEKS_BACK, -1, -1):
        monday = today - timedelta(days=today.weekday(), weeks=weeks_ago)
        unloaded = datetime.combine(monday, UNLOADED, zone)
        if unloaded < stage.now:
            yield unloaded


def _levels(*, at: datetime) -> dict[UUID, Decimal]:
    """Return what was on the shelf at a moment, by item."""
    moves = StockMove.objects.filter(at__lte=at).order_by()
    return dict(moves.values_list("item").annotate(Sum("delta")))


def _receive(stage: Stage, items: list[Item], usual: dict[UUID, Decimal], *, at: datetime) -> None:
    """Bring each item back to its usual level, with what visits went without, and what the counter is going to sell."""
    levels, missed = _levels(at=at), _missed(until=at)
    for item in items:
        usual[item.pk] += stage.chance.randint(*HABITS[stage.tenant.vertical].sold_in_a_week)
        _deliver(stage, item, usual[item.pk] - levels[item.pk] + missed.get(item.pk, 0), at=at)


def _receive_too_little(stage: Stage, item: Item, *, at: datetime) -> None:
    """Of what is scarce there comes just enough for the visits that went without it, but for the last one."""
    missed = list(Shortage.objects.open().filter(item=item).order_by("noted_at").values_list("quantity", flat=True))
    _deliver(stage, item, sum(missed[:-1], Decimal(0)), at=at)


def _deliver(stage: Stage, item: Item, quantity: Decimal, *, at: datetime) -> None:
    if quantity > 0:
        supplier = HABITS[stage.tenant.vertical].supplier
        _move(stage, item, Kind.INBOUND, quantity, reason=f"Delivery, {supplier}", at=at)


def _missed(*, until: datetime) -> dict[UUID, Decimal]:
    """Return how much visits went without up to a moment, by item."""
    shortages = Shortage.objects.open().filter(noted_at__lte=until).order_by()
    return dict(shortages.values_list("item").annotate(Sum("quantity")))


def _see_to_shortages(stage: Stage, *, until: datetime, not_before: datetime) -> None:
    """Take off what visits went without, where there is enough of it by now."""
    for shortage in Shortage.objects.open().filter(noted_at__lte=until).order_by("noted_at", "pk"):
        with suppress(InsufficientStock):
            at = max(shortage.noted_at, not_before)
            services.resolve_shortage(shortage=shortage, by=stage.people["reception"], at=at)


def _take_by_hand(stage: Stage, shelf: dict[str, Item], usual: dict[UUID, Decimal], *, after: datetime) -> None:
    habits = HABITS[stage.tenant.vertical]
    for code in habits.taken_by_hand:
        share = Decimal(stage.chance.randint(3, 8)) / 100
        at = after + timedelta(days=stage.chance.randint(1, 3), hours=stage.chance.randint(0, 7))
        quantity = (usual[shelf[code].pk] * share).to_integral_value(ROUND_UP)
        if at < stage.now:
            _move(stage, shelf[code], Kind.OUTBOUND, quantity, reason=habits.taken_for, at=at)


def _count(stage: Stage, item: Item) -> None:
    """Find a fiftieth less than the ledger says: spilt, broken, or not written down."""
    item.refresh_from_db()
    missing = (item.on_hand / 50).to_integral_value(ROUND_UP)
    at = stage.now - timedelta(days=1, hours=stage.chance.randint(1, 5))
    services.count_stock(
        item=item, counted=item.on_hand - missing, reason="Monthly count", by=stage.people["reception"], at=at
    )


def _let_run_low(stage: Stage, item: Item) -> None:
    item.refresh_from_db()
    if not item.is_low:
        too_many = item.on_hand - item.reorder_point
        _move(stage, item, Kind.OUTBOUND, too_many, reason="Faulty batch: sent back", at=stage.now - timedelta(hours=3))


def _move(stage: Stage, item: Item, kind: Kind, quantity: Decimal, **details: Any) -> None:
    """Write a move as the desk does; one that the shelf cannot give is not made."""
    with suppress(InsufficientStock):
        services.move_stock(item=item, kind=kind, quantity=quantity, by=stage.people["reception"], **details)
