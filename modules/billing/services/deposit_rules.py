"""By which rules a deposit is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.money import Money
from modules.billing.domain.deposits import deposit_on
from modules.billing.models import DepositRule, GatewayAccount
from modules.billing.models.deposits import LONGEST, SHORTEST
from modules.scheduling import public as scheduling
from tenancy import current_tenant

COLUMNS = ("percent", "amount_minor", "minutes")


class DepositsNeedCards(Conflict):
    """Nobody could pay it in time."""

    code = "deposits-need-cards"


class RuleNotValid(Invalid):
    code = "deposit-rule-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedRule:
    """Either a share of the price in per cent, or an amount. Without a service: for all that have no rule of theirs."""

    service_id: UUID | None = None
    percent: Decimal | None = None
    amount: Money | None = None
    minutes: int = 30


def cards_are_ready() -> bool:
    """Test whether people can pay online here by now."""
    return GatewayAccount.objects.filter(charges_enabled=True).exists()


@transaction.atomic
def set_rule(*, wish: WishedRule, by: Any) -> DepositRule:
    """Write the rule of a service, or the general one, in place of the one before.

    Raises `DepositsNeedCards` or `RuleNotValid`.
    """
    if not cards_are_ready():
        raise DepositsNeedCards(_("A deposit is paid by card, online. Set up payment by card first, under Billing."))
    check_rule(wish=wish)
    return write_rule(wish=wish, by=by)


@transaction.atomic
def write_rule(*, wish: WishedRule, by: Any) -> DepositRule:
    """Write a rule that was checked."""
    blank = DepositRule(service_id=wish.service_id, currency=current_tenant().currency)
    rule = DepositRule.objects.select_for_update().filter(service=wish.service_id).first() or blank
    before = audit.snapshot(rule, COLUMNS)
    for name, value in _columns(wish).items():
        setattr(rule, name, value)
    rule.save()
    is_new = rule is blank
    changes = audit.created(rule, ["service_id", *COLUMNS]) if is_new else audit.difference(before, rule)
    audit.record(action="billing.depositrule.set", of=rule, by=by, changes=changes)
    return rule


@transaction.atomic
def remove_rule(*, rule: DepositRule, by: Any) -> None:
    """Ask for no deposit by this rule any more. Those that were asked for stay as they are."""
    audit.record(action="billing.depositrule.removed", of=rule, by=by)
    rule.delete()


def terms(*, priced: Sequence[tuple[UUID, Money]]) -> scheduling.Terms | None:
    """Return what is to be paid before these services; None if nothing is, or if nobody could pay it online."""
    rules = {rule.service_id: rule for rule in DepositRule.objects.all()}
    parts, minutes = [], []
    for service_id, price in priced:
        rule = rules.get(service_id, rules.get(None))
        asked = deposit_on(price, percent=rule.percent, amount=rule.amount) if rule else None
        if rule is not None and asked:
            parts.append((service_id, asked))
            minutes.append(rule.minutes)
    if not parts or not cards_are_ready():
        return None
    return scheduling.Terms(parts=tuple(parts), minutes=min(minutes))


def check_rule(*, wish: WishedRule) -> None:
    """Raise `RuleNotValid`, which names the field."""
    services = {card.id for card in scheduling.services_offered()}
    percent, amount = wish.percent, wish.amount
    wrong = {
        "service_id": (
            wish.service_id is not None and wish.service_id not in services,
            _("This service is not offered."),
        ),
        "percent": (
            (percent is None) == (amount is None)
            or (percent is not None and not (0 <= percent <= 100 and percent == round(percent, 2))),
            _("Either a share of the price, from 0 to 100 per cent, or an amount."),
        ),
        "amount": (amount is not None and amount.minor <= 0, _("An amount is more than nothing.")),
        "minutes": (not SHORTEST <= wish.minutes <= LONGEST, _("Between 5 minutes and two days.")),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise RuleNotValid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)


def _columns(wish: WishedRule) -> dict[str, Any]:
    amount = wish.amount.minor if wish.amount is not None else None
    return {"percent": wish.percent, "amount_minor": amount, "minutes": wish.minutes}
