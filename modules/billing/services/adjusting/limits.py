"""How many per cent somebody may give off without asking: owners say it for each role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from access.membership import membership_of
from access.models import STAFF_ROLES, Role
from audit import recording as audit
from kernel.errors import Invalid, NotAllowed
from kernel.numbers import plain
from modules.billing.domain.sums import HUNDRED
from modules.billing.models import Adjustment, DiscountLimit

LIMITED_ROLES = [Role(role) for role in STAFF_ROLES if role != Role.OWNER]
# Until an owner says otherwise. Administrators stand in for owners; the desk has what a price list usually allows it.
USUAL: Mapping[str, Decimal | None] = {
    Role.OWNER: None,
    Role.ADMIN: None,
    Role.RECEPTIONIST: Decimal("10.00"),
    Role.PRACTITIONER: Decimal("0.00"),
}


class DiscountTooHigh(NotAllowed):
    """It is more than their role may give without asking."""

    code = "discount-too-high"


class LimitInvalid(Invalid):
    code = "discount-limit-invalid"


def limits_here() -> dict[str, Decimal | None]:
    """Return how many per cent each role may give without asking; None: as many as they like."""
    said = dict(DiscountLimit.objects.values_list("role", "percent"))
    return {role: said.get(role, USUAL[role]) for role in LIMITED_ROLES}


def limit_of(by: Any) -> Decimal | None:
    """Return how many per cent somebody may give without asking; None: as many as they like."""
    membership = membership_of(by)
    role = membership.role if membership else ""
    if role == Role.OWNER:
        return None
    return limits_here().get(role, Decimal(0))


@transaction.atomic
def set_limits(*, percents: Mapping[str, Decimal | None], by: Any) -> dict[str, Decimal | None]:
    """Say for roles how many per cent they may give; None: as many as they like. Raises `LimitInvalid`."""
    problems = {role: [_("Between 0 and 100 per cent.")] for role, percent in percents.items() if not _fits(percent)}
    if problems or not percents.keys() <= set(LIMITED_ROLES):
        raise LimitInvalid(
            _("A limit is between 0 and 100 per cent, for a role that is not the owners'."), fields=problems
        )
    before = limits_here()
    for role, percent in percents.items():
        if percent != before[role]:
            row, _made = DiscountLimit.objects.update_or_create(role=role, defaults={"percent": percent})
            audit.record(
                action="billing.discountlimit.set", of=row, by=by, changes={"percent": (before[role], percent)}
            )
    return limits_here()


def check_limit(*, limit: Decimal | None, of_line: Iterable[tuple[Adjustment, Decimal]]) -> None:
    """Raise `DiscountTooHigh` if what is off a price, with how many per cent each, is more than this limit.

    What somebody gave who may give more is theirs, and does not count.
    """
    if limit is None:
        return
    counted = sum(
        (
            percent
            for each, percent in of_line
            if each.is_discount and each.limit_percent is not None and each.limit_percent <= limit
        ),
        Decimal(0),
    )
    if counted > limit:
        told = {"limit": plain(limit), "wished": plain(counted.quantize(Decimal("0.01")))}
        sentence = (
            _("You may give up to %(limit)s %% without asking; this would be %(wished)s %%. Ask an owner.") % told
        )
        if not limit:
            sentence = _("You may give no discount without asking. Ask an owner.")
        raise DiscountTooHigh(sentence, fields={"percent": [sentence]})


def _fits(percent: Decimal | None) -> bool:
    return percent is None or (percent.is_finite() and 0 <= percent <= HUNDRED and percent == round(percent, 2))
