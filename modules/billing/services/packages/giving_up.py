"""Give up what is left of a package: what was billed for it is credited, and nobody draws from it any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from kernel.money import Money
from modules.billing.domain.sums import shared_out
from modules.billing.models import Invoice, PackagePurchase
from modules.billing.services.correcting import WishedCredit, credit_invoice
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.services.ledger import enter_package_end
from modules.billing.services.packages.calling_off import PackageInUse, call_off
from modules.scheduling.public import UnitState


class NothingToGiveUp(Conflict):
    """It was called off before, or every session of it is used."""

    code = "package-nothing-left"


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a package: sessions, and their share of what was billed and not credited, tax included."""

    left: int
    booked: int
    used: int
    value: Money

    @property
    def is_whole(self) -> bool:
        return not (self.booked or self.used)


def rest_of(purchase: PackagePurchase) -> Rest:
    """Return what is left of a package. Every session has the same share of its price; the shares add up to it."""
    states = list(purchase.units.order_by("pk").values_list("state", flat=True))
    are_left = [state == UnitState.FREE for state in states]
    return Rest(
        left=states.count(UnitState.FREE),
        booked=states.count(UnitState.RESERVED),
        used=states.count(UnitState.USED),
        value=Money(value_of(purchase=purchase, are_left=are_left), purchase.currency),
    )


def value_of(*, purchase: PackagePurchase, are_left: Sequence[bool]) -> int:
    """Return what these sessions, in the order they were made, come to in minor units."""
    line = purchase.line
    shares = shared_out(line.gross_minor - line.credited_minor, [1] * purchase.bought)
    return sum(share for share, is_left in zip(shares, are_left, strict=True) if is_left)


@transaction.atomic
def give_up_rest(*, purchase: PackagePurchase, reason: str, by: Any, at: datetime) -> Invoice | None:
    """Credit the sessions that are left and call the package off. Return the credit note; None if they cost nothing.

    What was paid for them is the client's credit then. Sessions that were had stay billed.
    Raises `ReasonNeeded`, `PackageInUse` while sessions are booked, `NothingToGiveUp`, or `NotCreditable` for a draft.
    """
    if not reason.strip():
        sentence = _("Say why it is given up.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    invoice = Invoice.objects.select_for_update(no_key=True, of=("self",)).get(lines__purchase=purchase)
    locked = PackagePurchase.objects.select_for_update(no_key=True).get(pk=purchase.pk)
    rest = rest_of(locked)
    if locked.ended_at is not None or (not rest.left and not rest.booked):
        raise NothingToGiveUp(_("Nothing is left of %(package)s.") % {"package": locked.name})
    if rest.booked:
        sentence = _("Sessions of %(package)s are booked. Cancel those visits first, or wait until they are over.")
        raise PackageInUse(sentence % {"package": locked.name})
    credit_note = _credit(invoice, locked, rest, reason=reason, by=by, at=at)
    locked.refresh_from_db(fields=["ended_at"])  # credited as a whole, it was called off with its invoice
    if locked.ended_at is None:
        because = {"sessions": (None, rest.left), "reason": (None, reason.strip())}
        call_off(purchase=locked, by=by, at=at, because=because)
        if invoice.is_issued:
            enter_package_end(purchase=locked)
    return credit_note


def _credit(
    invoice: Invoice, purchase: PackagePurchase, rest: Rest, *, reason: str, by: Any, at: datetime
) -> Invoice | None:
    if not rest.value and invoice.is_issued:
        return None
    amount = None if rest.is_whole else rest.value
    wish = WishedCredit(line_id=purchase.line_id, amount=amount)
    return credit_invoice(invoice=invoice, wished=[wish], reason=reason, by=by, at=at)
