"""How what was billed agrees with the books: what else is revenue or tax there, and what is not yet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.money import Money
from modules.billing.domain.posting import Account
from modules.billing.domain.reports import Days
from modules.billing.models import Happening, LedgerLine
from modules.billing.selectors.reports.figures import Words

PAPERS = (Happening.ISSUED, Happening.CREDITED)
SESSIONS = (Happening.SESSION, Happening.SESSION_BACK)
REVENUE = (  # which accounts are moved by which happenings, and what that is called
    (_("Billed, without tax"), (Account.SALES, Account.DEPOSITS, Account.PACKAGES), PAPERS, -1),
    (_("Deposits billed before their visits, less those taken off bills"), (Account.DEPOSITS,), PAPERS, 1),
    (_("Packages billed, whose sessions are to come"), (Account.PACKAGES,), PAPERS, 1),
    (_("Sessions of packages that were had"), (Account.SALES,), SESSIONS, -1),
    (_("Packages called off, of which sessions were had"), (Account.SALES,), (Happening.PACKAGE_ENDED,), -1),
    (_("Deposits kept"), (Account.FEES,), (Happening.KEPT,), -1),
)
TAX = (
    (_("Tax of invoices, less that of credit notes"), (Account.TAX,), PAPERS, -1),
    (_("Tax of deposits that were paid back"), (Account.TAX,), (Happening.RETURNED,), -1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Steps from what was billed to what the books come to, in one currency. The steps add up to it."""

    steps: list[tuple[Words, Money]]
    booked: Money

    @property
    def holds(self) -> bool:
        return sum((amount for _label, amount in self.steps), Money.zero(self.booked.currency)) == self.booked


def of_revenue(user: Any, days: Days) -> list[Agreement]:
    return _agreements(user, days, steps=REVENUE, booked=(Account.SALES, Account.FEES))


def of_tax(user: Any, days: Days) -> list[Agreement]:
    return _agreements(user, days, steps=TAX, booked=(Account.TAX,))


def _agreements(user: Any, days: Days, *, steps: Any, booked: tuple[Account, ...]) -> list[Agreement]:
    rows = narrow(LedgerLine.objects.order_by(), user, "billing.view_ledger")
    accounts = {account.value for _label, moved, *_rest in steps for account in moved}.union(booked)
    lines = rows.filter(entry__day__range=(days.since, days.until), account__in=accounts)
    sums: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for each in lines.values("currency", "account", "entry__kind").annotate(sum=Sum("amount_minor")):
        sums[each["currency"]][each["account"], each["entry__kind"]] += int(each["sum"])
    return [_agreement(currency, sums[currency], steps, booked) for currency in sorted(sums)]


def _agreement(currency: str, moved: dict[tuple[str, str], int], steps: Any, booked: tuple[Account, ...]) -> Agreement:
    def of(accounts: tuple[Account, ...], kinds: tuple[str, ...] | None, sign: int) -> Money:
        found = (
            size for (account, kind), size in moved.items() if account in accounts and (not kinds or kind in kinds)
        )
        return Money(sign * sum(found), currency)

    told = [(label, of(accounts, kinds, sign)) for label, accounts, kinds, sign in steps]
    return Agreement(
        steps=[step for place, step in enumerate(told) if step[1] or not place], booked=of(booked, None, -1)
    )
