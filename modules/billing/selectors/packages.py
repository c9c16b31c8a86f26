"""What became of the packages that were bought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from modules.billing.models import PackagePurchase, PackageUnit, UnitEntry
from modules.scheduling import public as scheduling


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A session of a package, and its visit as far as somebody may see that."""

    unit: PackageUnit
    visit: scheduling.Visit | None


@dataclass(frozen=True, slots=True)
class Story:
    """What became of a package: each session, how many are what, and every entry of its ledger, newest first."""

    purchase: PackagePurchase
    lines: list[UnitLine]
    entries: list[UnitEntry]

    def _count(self, state: str) -> int:
        return sum(line.unit.state == state for line in self.lines)

    @property
    def frozen_from(self) -> date | None:
        return next((pause.first_day for pause in self.purchase.pauses.all() if pause.resumed_on is None), None)

    @property
    def left(self) -> int:
        return self._count("FREE")

    @property
    def booked(self) -> int:
        return self._count("RESERVED")

    @property
    def used(self) -> int:
        return self._count("USED")


def story_of(purchase: PackagePurchase, *, seen_by: Any) -> Story:
    return stories_of([purchase], seen_by=seen_by)[0]


def stories_of(purchases: Iterable[PackagePurchase], *, seen_by: Any) -> list[Story]:
    """Return what became of each, in as many queries for ten as for one."""
    bought = list(purchases)
    units = [unit for purchase in bought for unit in purchase.units.all()]
    visits = scheduling.find_visits([each.appointment_id for each in units if each.appointment_id], seen_by=seen_by)
    entries: dict[UUID, list[UnitEntry]] = {purchase.pk: [] for purchase in bought}
    for entry in UnitEntry.objects.filter(unit__in=units).select_related("unit__service").order_by("-at", "-pk"):
        entries[entry.unit.purchase_id].append(entry)
    return [
        Story(
            purchase=purchase,
            lines=[
                UnitLine(unit, visits.get(unit.appointment_id) if unit.appointment_id else None)
                for unit in purchase.units.all()
            ],
            entries=entries[purchase.pk],
        )
        for purchase in bought
    ]
