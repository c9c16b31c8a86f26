"""What a workspace measures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from kernel.locking import lock_row
from modules.crm.domain.measures import MOST_DECIMALS, UCUM, Bounds
from modules.crm.models import MeasureKind

ONCE = ("unit", "decimals")  # what stays as it was said first
LATER = ("name", "lowest", "highest", "normal_low", "normal_high")


class MeasureInvalid(Invalid):
    code = "measure-invalid"

    @classmethod
    def at(cls, name: str, sentence: str) -> MeasureInvalid:
        """Return what is wrong with one field."""
        return cls(sentence, fields={name: [sentence]})


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureKindDetails:
    name: str
    unit: str
    lowest: Decimal
    highest: Decimal
    decimals: int = 0
    normal_low: Decimal | None = None
    normal_high: Decimal | None = None

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            lowest=self.lowest, highest=self.highest, normal_low=self.normal_low, normal_high=self.normal_high
        )


@transaction.atomic
def add_measure_kind(*, details: MeasureKindDetails, by: Any) -> MeasureKind:
    """Offer something to measure. Raises `MeasureInvalid`."""
    values = _checked(details)
    try:
        with transaction.atomic():
            kind = MeasureKind.objects.create(**values)
    except IntegrityError:
        raise _taken() from None
    audit.record(action="crm.measurekind.added", of=kind, by=by, changes=audit.created(kind, list(values)))
    return kind


@transaction.atomic
def change_measure_kind(*, kind: MeasureKind, details: MeasureKindDetails, by: Any) -> MeasureKind:
    """Call it otherwise, or say anew what can be and what is usual. Its unit and decimals stay."""
    values = _checked(details)
    locked: MeasureKind = lock_row(MeasureKind.objects.all(), kind.pk)
    if any(values[name] != getattr(locked, name) for name in ONCE):
        sentence = _("Unit and decimals stay as they are. Add another measure instead, and end this one.")
        raise MeasureInvalid.at("unit", sentence)
    before = audit.snapshot(locked, LATER)
    for name in LATER:
        setattr(locked, name, values[name])
    if changes := audit.difference(before, locked):
        try:
            with transaction.atomic():
                locked.save(update_fields=list(changes))
        except IntegrityError:
            raise _taken() from None
        audit.record(action="crm.measurekind.changed", of=locked, by=by, changes=changes)
    return locked


@transaction.atomic
def end_measure_kind(*, kind: MeasureKind, by: Any, at: datetime) -> MeasureKind:
    """Offer it no more. What was measured stays."""
    locked: MeasureKind = lock_row(MeasureKind.objects.all(), kind.pk)
    if locked.ended_at is None:
        locked.ended_at = at
        locked.save(update_fields=["ended_at"])
        audit.record(action="crm.measurekind.ended", of=locked, by=by, changes={"ended_at": (None, at)})
    return locked


def _checked(details: MeasureKindDetails) -> dict[str, Any]:
    values = asdict(details) | {"name": " ".join(details.name.split())}
    if not values["name"]:
        raise MeasureInvalid.at("name", _("A name is needed."))
    if not UCUM.fullmatch(details.unit):
        raise MeasureInvalid.at("unit", _("Write the unit by UCUM, such as kg, cm, deg, Cel, /min or {score}."))
    if not 0 <= details.decimals <= MOST_DECIMALS:
        raise MeasureInvalid.at("decimals", _("At most %(most)s decimals.") % {"most": MOST_DECIMALS})
    if not details.bounds.are_in_order:
        raise MeasureInvalid.at("lowest", _("Lowest, normal and highest go up in this order."))
    return values


def _taken() -> MeasureInvalid:
    return MeasureInvalid.at("name", _("There is one of that name already."))
