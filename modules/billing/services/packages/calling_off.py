"""Take the sale of a package back, while nothing of it is used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.billing.models import InvoiceLine, PackagePurchase
from modules.scheduling.public import UnitState


class PackageInUse(Conflict):
    """Sessions of it are booked or used."""

    code = "package-in-use"


@transaction.atomic
def call_off_purchases(*, lines: Iterable[InvoiceLine], by: Any, at: datetime) -> None:
    """End what these lines sold. Raises `PackageInUse` if any session of it is booked or used."""
    for purchase in PackagePurchase.objects.select_for_update(no_key=True).filter(line__in=lines, ended_at=None):
        if purchase.units.exclude(state=UnitState.FREE.value).exists():
            sentence = _("Sessions of %(package)s are booked or used. Its invoice stays until they are given back.")
            raise PackageInUse(sentence % {"package": purchase.name})
        call_off(purchase=purchase, by=by, at=at)


def call_off(
    *, purchase: PackagePurchase, by: Any, at: datetime, because: dict[str, tuple[Any, Any]] | None = None
) -> None:
    """Let nobody draw from a purchase any more. Its row is locked by the caller."""
    purchase.ended_at = at
    purchase.save(update_fields=["ended_at"])
    changes = {"ended_at": (None, at)} | (because or {})
    audit.record(action="billing.package.called_off", of=purchase, by=by, changes=changes)
