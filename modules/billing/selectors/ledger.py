"""What the books say: entry by entry, and what each account comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.functional import Promise

from kernel.money import Money
from modules.billing.domain.posting import Account
from modules.billing.models import ACCOUNT_LABELS, LedgerEntry, LedgerEntryQuerySet, LedgerLine

CSV_COLUMNS = ("day", "entry", "kind", "invoice", "account", "debit", "credit", "currency", "tax_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account in one currency: what it was when the time began, what came and went, and what it is at the end."""

    account: Account
    label: str | Promise
    before: Money
    debit: Money
    credit: Money

    @property
    def after(self) -> Money:
        return self.before + self.debit - self.credit


def entries(user: Any, *, since: date, until: date, account: str = "") -> LedgerEntryQuerySet:
    """Return the entries of these days, the first and the last included, the latest first."""
    rows = LedgerEntry.objects.visible_to(user).filter(day__range=(since, until))
    if account:
        rows = rows.filter(pk__in=LedgerLine.objects.filter(account=account).values("entry"))
    return rows.for_display().order_by("-day", "-pk")


def balances(user: Any, *, since: date, until: date) -> list[Balance]:
    """Return each account that was ever moved until then, by its place in the books and its currency."""
    lines = LedgerLine.objects.filter(entry__in=LedgerEntry.objects.visible_to(user), entry__day__lte=until)
    sums = lines.values("account", "currency").annotate(
        before=Sum("amount_minor", filter=Q(entry__day__lt=since), default=0),
        came=Sum("amount_minor", filter=Q(entry__day__gte=since, amount_minor__gt=0), default=0),
        went=Sum("amount_minor", filter=Q(entry__day__gte=since, amount_minor__lt=0), default=0),
    )
    order = list(Account)
    return [
        Balance(
            account=Account(each["account"]),
            label=ACCOUNT_LABELS[Account(each["account"])],
            before=Money(int(each["before"]), each["currency"]),
            debit=Money(int(each["came"]), each["currency"]),
            credit=Money(-int(each["went"]), each["currency"]),
        )
        for each in sorted(sums, key=lambda each: (order.index(Account(each["account"])), each["currency"]))
    ]


def subjects_of(found: LedgerEntryQuerySet) -> list[UUID]:
    """Return whose care the entries are about, for the audit log."""
    about = found.order_by().filter(invoice__isnull=False)
    return list(about.values_list("invoice__patient", flat=True).distinct())


def as_rows(found: LedgerEntryQuerySet) -> Iterator[tuple[object, ...]]:
    """Yield the entries as rows of `CSV_COLUMNS`, a row for each line, the earliest first. Nobody is named."""
    for entry in found.order_by("day", "pk").iterator(chunk_size=500):
        for line in entry.lines.all():
            yield (
                entry.day.isoformat(),
                str(entry.pk),
                entry.kind,
                str(entry.invoice.number) if entry.invoice else "",
                line.account,
                line.debit or "",
                line.credit or "",
                line.currency,
                "" if line.tax_rate is None else str(line.tax_rate),
            )
