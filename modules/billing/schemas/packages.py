"""The wire shapes of packages: on offer, sold, and their ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from kernel.money import Money
from modules.billing.models import (
    LONGEST_NOTICE,
    USUAL_NOTICE,
    Package,
    PackagePurchase,
    PackageRules,
    UnitEntry,
)
from modules.billing.services import PackageDetails, Rest
from modules.scheduling.public import UnitState


class ContentIn(Schema):
    """So many sessions of a service."""

    service_id: UUID
    sessions: int = Field(ge=1, le=100)


class PackageIn(Schema):
    """A package to offer. The price is of the whole, tax included, in the workspace's currency.

    `for_family`: all for whom the same client pays draw from it. `is_transferable`: what is left can be passed on.
    """

    name: str = Field(max_length=100)
    price: Amount
    tax_rate: Decimal = Field(Decimal(0), ge=0, le=100, decimal_places=2)
    valid_days: int = Field(365, ge=1, le=3650)
    for_family: bool = False
    is_transferable: bool = False
    contents: Annotated[list[ContentIn], Field(min_length=1, max_length=10)]

    def details(self, currency: str) -> PackageDetails:
        contents: dict[UUID, int] = {}
        for each in self.contents:
            contents[each.service_id] = contents.get(each.service_id, 0) + each.sessions
        return PackageDetails(
            name=self.name,
            price=Money.parse(self.price, currency),
            tax_rate=self.tax_rate,
            valid_days=self.valid_days,
            for_family=self.for_family,
            is_transferable=self.is_transferable,
            contents=contents,
        )


class ContentOut(Schema):
    service_id: UUID
    service_name: str
    sessions: int


class PackageOut(Schema):
    id: UUID
    name: str
    price: str
    currency: str
    tax_rate: str
    valid_days: int
    for_family: bool
    is_transferable: bool
    contents: list[ContentOut]

    @staticmethod
    def of(package: Package) -> PackageOut:
        return PackageOut(
            id=package.pk,
            name=package.name,
            price=str(package.price),
            currency=package.currency,
            tax_rate=str(package.tax_rate),
            valid_days=package.valid_days,
            for_family=package.for_family,
            is_transferable=package.is_transferable,
            contents=[
                ContentOut(service_id=each.service_id, service_name=each.service.name, sessions=each.sessions)
                for each in package.contents.all()
            ],
        )


class PackageRulesIn(Schema):
    """What uses a session up although nobody came; otherwise it is given back.

    `notice_days`: so many days before its last day whoever has sessions left of a package is written to; 0: never.
    """

    keep_when_late: bool = True
    keep_when_missed: bool = True
    notice_days: int = Field(USUAL_NOTICE, ge=0, le=LONGEST_NOTICE)


class PackageRulesOut(PackageRulesIn):
    @staticmethod
    def of(rules: PackageRules) -> PackageRulesOut:
        return PackageRulesOut.model_validate(rules, from_attributes=True)


class SaleIn(Schema):
    """Sell a package to a patient. Its draft invoice is drawn up with it."""

    package_id: UUID
    patient_id: UUID


class PurchasesIn(Schema):
    """Filters."""

    patient_id: UUID | None = None


class UnitOut(Schema):
    """One session: which of how many of its service, and the visit that it is for."""

    service_id: UUID
    number: int
    total: int
    state: Literal["FREE", "RESERVED", "USED"]
    appointment_id: UUID | None


class TransferIn(Schema):
    """Who has what is left from now on, and why."""

    patient_id: UUID
    reason: str = Field(min_length=1, max_length=200)


class PauseIn(Schema):
    """Freeze a package: nothing is drawn from it for visits from that day on, until it is resumed."""

    first_day: date
    reason: str = Field(min_length=1, max_length=200)


class ResumptionIn(Schema):
    """Let it go on: `on` is the first day on which it is drawn from again. Its last day moves by the days between."""

    on: date


class PauseOut(Schema):
    """Days on which a package is frozen: until the day before `resumed_on`; null while nobody has said when."""

    first_day: date
    resumed_on: date | None
    reason: str


class PurchaseOut(Schema):
    """A package that was bought. `expires_on` is the last day. `left`, `booked` and `used` add up to `bought`."""

    id: UUID
    package_id: UUID
    patient_id: UUID
    name: str
    bought: int
    left: int
    booked: int
    used: int
    sold_at: Moment
    expires_on: date
    called_off: bool
    for_family: bool
    is_transferable: bool
    pauses: list[PauseOut]
    sessions: list[UnitOut]

    @staticmethod
    def of(purchase: PackagePurchase) -> PurchaseOut:
        units = list(purchase.units.all())
        states = [unit.state for unit in units]
        return PurchaseOut(
            id=purchase.pk,
            package_id=purchase.package_id,
            patient_id=purchase.patient_id,
            name=purchase.name,
            bought=purchase.bought,
            left=states.count(UnitState.FREE),
            booked=states.count(UnitState.RESERVED),
            used=states.count(UnitState.USED),
            sold_at=purchase.sold_at,
            expires_on=purchase.expires_on,
            called_off=purchase.ended_at is not None,
            for_family=purchase.for_family,
            is_transferable=purchase.is_transferable,
            pauses=[PauseOut.model_validate(pause, from_attributes=True) for pause in purchase.pauses.all()],
            sessions=[UnitOut.model_validate(unit, from_attributes=True) for unit in units],
        )


class SoldOut(PurchaseOut):
    """What was sold, and the draft that bills it."""

    invoice_id: UUID


class RestOut(Schema):
    """What is left, and its share of what was billed and not credited yet, tax included."""

    left: int
    booked: int
    used: int
    value: str
    currency: str

    @staticmethod
    def of(rest: Rest) -> RestOut:
        return RestOut(
            left=rest.left, booked=rest.booked, used=rest.used, value=str(rest.value), currency=rest.value.currency
        )


class GiveUpIn(Schema):
    """Why. It stands on the credit note."""

    reason: str = Field(min_length=1, max_length=200)


class GivenUpOut(Schema):
    """The credit note; null if what was left cost nothing."""

    credit_note_id: UUID | None


class EntryOut(Schema):
    """A line of the ledger. `reason` says why a session was given back, or used although nobody came."""

    kind: Literal["RESERVED", "USED", "GIVEN_BACK"]
    number: int
    service_id: UUID
    appointment_id: UUID
    reason: Literal["", "CANCELLED", "LATE", "NO_SHOW", "LAPSED", "CHANGED"]
    at: Moment
    by_name: str

    @staticmethod
    def of(entry: UnitEntry) -> EntryOut:
        return EntryOut.model_validate(
            {
                "kind": entry.kind,
                "number": entry.unit.number,
                "service_id": entry.unit.service_id,
                "appointment_id": entry.appointment_id,
                "reason": entry.reason,
                "at": entry.at,
                "by_name": entry.by_name,
            }
        )
