"""What a new workspace finds in its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kernel.money import exponent
from modules.scheduling.models import Location, Room, Service
from modules.scheduling.services.practice import staffing
from tenants.opening import Opening


@dataclass(frozen=True, slots=True)
class Offered:
    """A service to start with. The price is in whole units of the tenant's currency, to be edited."""

    name: str
    minutes: int
    price: int
    after: int = 0
    tax: str = "0"
    category: int = 1


SERVICES: dict[str, tuple[Offered, ...]] = {
    "clinic": (
        Offered("Initial assessment", 60, 76, after=10, category=2),
        Offered("Follow-up", 45, 58, category=1),
        Offered("Sports massage", 60, 64, category=4),
        Offered("Hand therapy", 30, 48, category=6),
    ),
    "vet": (
        Offered("Consultation", 20, 45, after=5, tax="20", category=1),
        Offered("Vaccination", 15, 38, tax="20", category=2),
        Offered("Dental check", 30, 60, after=10, tax="20", category=3),
        Offered("Surgery", 90, 280, after=30, tax="20", category=7),
    ),
}
ROOMS = {"clinic": ("Room 1", "Room 2", "Gym"), "vet": ("Consulting room 1", "Consulting room 2", "Theatre")}


def furnish(opening: Opening) -> None:
    """Add a location, rooms, the vertical's usual services, and the owner as first practitioner."""
    tenant = opening.tenant
    location = Location.objects.create(name=tenant.name, time_zone=tenant.time_zone)
    Room.objects.bulk_create(
        Room(location=location, name=name, capacity=4 if name == "Gym" else 1)
        for name in ROOMS.get(tenant.vertical, ())
    )
    owner = staffing.add_practitioner(name=opening.owner_member.name, user_id=opening.owner.pk, by=opening.owner)
    offered = SERVICES.get(tenant.vertical, ())
    owner.services.add(*Service.objects.bulk_create(_service(each, tenant.currency) for each in offered))


def _service(offered: Offered, currency: str) -> Service:
    return Service(
        name=offered.name,
        duration=offered.minutes,
        buffer_after=offered.after,
        price_minor=offered.price * 10 ** exponent(currency),
        currency=currency,
        tax_rate=Decimal(offered.tax),
        category=offered.category,
    )
