"""Say what the accountant calls our accounts, and hand the books over in the DATEV format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from kernel.money import exponent
from modules.billing.domain.charts import PER_RATE, PRESETS, Chart, Key, Number
from modules.billing.domain.datev import MOST_DECIMALS, Batch, fiscal_year_of, written
from modules.billing.domain.posting import Account
from modules.billing.domain.reports import Days
from modules.billing.models import AccountantRules, AccountNumber, LedgerEntry, LedgerLine
from modules.billing.models.accountant import LONGEST_NUMBER, SHORTEST_NUMBER
from modules.billing.selectors import accountant as selectors
from modules.billing.selectors import ledger
from modules.billing.services.letterhead import letterhead
from tenancy import current_tenant

CONSULTANTS, CLIENTS = range(1001, 10_000_000), range(1, 100_000)  # as DATEV gives them out


class AccountantNotValid(Invalid):
    code = "accountant-invalid"


class NotExportable(Invalid):
    """What is missing before the books can go out, all of it; `fields` says it one by one."""

    code = "export-incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedAccountant:
    """The numbers of the practice at its accountant, and of its accounts. An empty number is none."""

    consultant: int | None = None
    client: int | None = None
    first_month: int = 1
    account_length: int = SHORTEST_NUMBER
    chart: Chart = Chart.OWN
    numbers: Mapping[Key, Number] = field(default_factory=dict)


def accountant_rules() -> AccountantRules:
    return AccountantRules.objects.first() or AccountantRules()


@transaction.atomic
def set_accountant(*, wish: WishedAccountant, by: Any) -> AccountantRules:
    """Write all of it anew. Raises `AccountantNotValid`."""
    _check(wish)
    rules = accountant_rules()
    before = audit.snapshot(rules, ("consultant", "client", "first_month", "account_length", "chart"))
    known = _numbers()
    for name in before:
        setattr(rules, name, getattr(wish, name))
    rules.save()
    AccountNumber.objects.all().delete()
    AccountNumber.objects.bulk_create(
        AccountNumber(account=account, tax_rate=rate, number=number.number, is_automatic=number.is_automatic)
        for (account, rate), number in wish.numbers.items()
        if number.number
    )
    changes = audit.difference(before, rules)
    if known != _numbers():
        changes["numbers"] = (known, _numbers())
    audit.record(action="billing.accountantrules.set", of=rules, by=by, changes=changes)
    return rules


@transaction.atomic
def take_over_chart(*, chart: Chart, by: Any) -> AccountantRules:
    """Take over what our accounts are in a usual chart; what the chart does not have stays as it was."""
    rules = accountant_rules()
    wish = WishedAccountant(
        consultant=rules.consultant,
        client=rules.client,
        first_month=rules.first_month,
        account_length=rules.account_length,
        chart=chart,
        numbers=selectors.numbers() | PRESETS.get(chart, {}),
    )
    return set_accountant(wish=wish, by=by)


def datev_batch(*, days: Days, by: Any, at: datetime) -> bytes:
    """Return the books of these days as a DATEV batch, and note in the log that they went out.

    Raises `NotExportable` with everything that is missing.
    """
    rules, known = accountant_rules(), selectors.numbers()
    entries = LedgerEntry.objects.visible_to(by).filter(day__range=(days.since, days.until))
    if missing := [*_missing(rules, days), *_missing_in_books(entries, known)]:
        raise NotExportable(" ".join(missing), fields={"accountant": missing})
    batch = Batch(
        consultant=rules.consultant or 0,
        client=rules.client or 0,
        fiscal_year=fiscal_year_of(days.since, first_month=rules.first_month),
        account_length=rules.account_length,
        since=days.since,
        until=days.until,
        made_at=at.astimezone(ZoneInfo(current_tenant().time_zone)),
        name=letterhead().name,
        currency=current_tenant().currency,
        chart=rules.chart,
    )
    audit.listed(what=LedgerEntry, subjects=ledger.subjects_of(entries), by=by, how="exported")
    return written(batch, selectors.bookings(entries.for_display(), known))


def _missing(rules: AccountantRules, days: Days) -> list[str]:
    """Return what the header of a batch lacks."""
    lacking = []
    if rules.consultant is None or rules.client is None:
        lacking.append(_("The numbers of the consultant and the client are missing (Settings, Accountant)."))
    years = {fiscal_year_of(day, first_month=rules.first_month) for day in (days.since, days.until)}
    if len(years) > 1:
        lacking.append(_("These days are in two fiscal years: a batch is of one."))
    if exponent(current_tenant().currency) > MOST_DECIMALS:
        words = {"currency": current_tenant().currency}
        lacking.append(_("Amounts in %(currency)s have three decimals, and DATEV has two.") % words)
    return lacking


def _missing_in_books(entries: Any, known: Mapping[Key, Number]) -> list[str]:
    """Return which accounts have no number, and which currencies cannot go out."""
    lines = LedgerLine.objects.filter(entry__in=entries.order_by())
    others = lines.exclude(currency=current_tenant().currency).values_list("currency", flat=True).distinct().order_by()
    sentence = _("There are bookings in %(currency)s: DATEV is for one currency.")
    lacking = [sentence % {"currency": each} for each in others]
    order = list(Account)
    keys = sorted(selectors.used_keys(lines) - set(known), key=lambda key: (order.index(Account(key[0])), key[1] or 0))
    return lacking + [_("No number for: %(account)s.") % {"account": selectors.label_of(key)} for key in keys]


def _check(wish: WishedAccountant) -> None:
    most = wish.account_length + 1  # those of persons are one longer
    wrong = {
        "consultant": (
            wish.consultant is not None and wish.consultant not in CONSULTANTS,
            _("Between 1001 and 9999999."),
        ),
        "client": (wish.client is not None and wish.client not in CLIENTS, _("Between 1 and 99999.")),
        "first_month": (not 1 <= wish.first_month <= 12, _("A month from 1 to 12.")),
        "account_length": (
            not SHORTEST_NUMBER <= wish.account_length <= LONGEST_NUMBER,
            _("Between 4 and 8 digits."),
        ),
    }
    for key, number in wish.numbers.items():
        is_number = number.number.isascii() and number.number.isdecimal() and len(number.number) <= most
        wrong[name_of(key)] = (bool(number.number) and not is_number, _("Digits, at most %(most)d.") % {"most": most})
        is_known = key[0] in set(Account) and (key[1] is not None) == (key[0] in PER_RATE)
        if not is_known:
            wrong["numbers"] = (True, _("There is no such account."))
    problems = {name: [sentence] for name, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise AccountantNotValid(" ".join(dict.fromkeys(each for (each,) in problems.values())), fields=problems)


def name_of(key: Key) -> str:
    """Return how an account is called on forms and over the wire: `SALES-19.00`, `CASH`."""
    account, rate = key
    return f"{account}" if rate is None else f"{account}-{rate:.2f}"


def _numbers() -> dict[str, str]:
    rows = sorted(selectors.numbers().items(), key=lambda each: (each[0][0], each[0][1] or Decimal(0)))
    return {name_of(key): f"{number.number}{' A' if number.is_automatic else ''}" for key, number in rows}
