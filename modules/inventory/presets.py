"""What a new workspace finds on its shelf: believable items, and what each visit uses of them. All to be edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kernel.money import Money, exponent
from modules.inventory import services
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item
from modules.inventory.services import ItemDetails
from modules.scheduling import public as scheduling
from tenants.opening import Opening

EVERY_SERVICE = "*"


@dataclass(frozen=True, slots=True)
class Kept:
    """An item to start with. Money in the tenant's currency, to be rounded to what that currency has."""

    code: str
    name: str
    unit: str
    category: str
    price: str
    cost: str
    stock: str
    reorder: str
    tax: str = "20"
    barcode: str = ""


ITEMS: dict[str, tuple[Kept, ...]] = {
    "clinic": (
        Kept("KT-5", "Kinesiology tape 5 cm", "roll", "Taping", "9.50", "4.10", "40", "12"),
        Kept("MO-1", "Massage oil", "ml", "Treatment", "0.02", "0.01", "5000", "1000"),
        Kept("CR-1", "Couch roll", "sheet", "Hygiene", "0", "0.05", "600", "150"),
        Kept("TB-M", "Therapy band, medium", "piece", "Exercise", "12.00", "5.40", "25", "8"),
        Kept("TP-80", "Therapy putty 80 g", "piece", "Exercise", "7.90", "3.20", "15", "5"),
        Kept("IP-1", "Reusable ice pack", "piece", "Exercise", "6.50", "2.60", "20", "6"),
    ),
    "vet": (
        Kept("VX-DHP", "DHP-L vaccine", "dose", "Vaccines", "21.00", "9.80", "60", "20"),
        Kept("SY-2", "Syringe 2 ml", "piece", "Disposables", "0.40", "0.09", "400", "100"),
        Kept("GL-M", "Nitrile gloves, M", "pair", "Disposables", "0.30", "0.12", "500", "120"),
        Kept("SU-3", "Absorbable suture 3-0", "piece", "Surgery", "8.50", "3.90", "50", "15"),
        Kept("IF-1", "Isoflurane", "ml", "Surgery", "0.60", "0.22", "1000", "250"),
        Kept("DP-1", "Dental prophy paste", "cup", "Dental", "1.80", "0.60", "80", "20"),
        Kept("FT-D", "Spot-on for dogs", "pipette", "Retail", "11.90", "5.60", "40", "10", barcode="5012345000015"),
    ),
    "shop": (
        Kept("TB-28", "Inner tube 28 in", "piece", "Tyres", "6.90", "2.80", "60", "15", barcode="4026495000116"),
        Kept("TY-700", "Road tyre 700 x 28", "piece", "Tyres", "34.90", "18.50", "18", "6", barcode="4026495000123"),
        Kept("CH-11", "Chain, 11-speed", "piece", "Drivetrain", "29.90", "15.20", "14", "4", barcode="4524667000135"),
        Kept("BP-D", "Disc brake pads", "pair", "Brakes", "17.50", "7.90", "22", "8", barcode="4524667000142"),
        Kept("LU-100", "Chain lube 100 ml", "bottle", "Care", "8.90", "3.70", "30", "10", barcode="5060000000159"),
        Kept("HL-U", "Helmet, urban", "piece", "Safety", "59.00", "31.00", "9", "3", barcode="7340000000166"),
        Kept("LT-SET", "Light set, USB", "set", "Safety", "24.90", "11.80", "16", "5", barcode="4003318000173"),
    ),
}  # fmt: skip
# What one visit uses, by service and item.
MATERIALS: dict[str, dict[str, dict[str, str]]] = {
    "clinic": {
        EVERY_SERVICE: {"CR-1": "1"},
        "Initial assessment": {"TB-M": "1"},
        "Follow-up": {"KT-5": "1"},
        "Sports massage": {"MO-1": "30"},
        "Hand therapy": {"TP-80": "1"},
    },
    "vet": {
        EVERY_SERVICE: {"GL-M": "1"},
        "Vaccination": {"VX-DHP": "1", "SY-2": "1"},
        "Dental check": {"DP-1": "1"},
        "Surgery": {"SU-3": "2", "SY-2": "4", "IF-1": "25"},
    },
}


def furnish(opening: Opening) -> None:
    """Put the vertical's usual items on the list, with an opening stock to be counted, and the materials of visits."""
    items: dict[str, Item] = {}
    for kept in ITEMS.get(opening.tenant.vertical, ()):
        items[kept.code] = services.add_item(details=_details(kept, opening.tenant.currency), by=opening.owner)
        services.move_stock(
            item=items[kept.code],
            kind=Kind.INBOUND,
            quantity=Decimal(kept.stock),
            reason="Opening stock: count and correct it",
            by=opening.owner,
            at=opening.at,
        )
    _set_materials(opening, items)


def _set_materials(opening: Opening, items: Mapping[str, Item]) -> None:
    used = MATERIALS.get(opening.tenant.vertical, {})
    for service in scheduling.services_offered():
        wanted = {**used.get(EVERY_SERVICE, {}), **used.get(service.name, {})}
        quantities = {items[code]: Decimal(quantity) for code, quantity in wanted.items()}
        services.add_materials(service_id=service.id, used=quantities, by=opening.owner)


def _details(kept: Kept, currency: str) -> ItemDetails:
    return ItemDetails(
        code=kept.code,
        name=kept.name,
        unit=kept.unit,
        category=kept.category,
        barcode=kept.barcode,
        price=_money(kept.price, currency),
        cost=_money(kept.cost, currency),
        tax_rate=Decimal(kept.tax),
        reorder_point=Decimal(kept.reorder),
    )


def _money(amount: str, currency: str) -> Money:
    """Return an example price, rounded to what the currency has."""
    return Money(10 ** exponent(currency), currency).times(Decimal(amount))
