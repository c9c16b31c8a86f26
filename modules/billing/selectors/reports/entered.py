"""What the books say: money that came in and went out, what clients owe, and what is held for them."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, DateField, F, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest, Least, TruncMonth, TruncWeek

from access.permissions import narrow
from modules.billing.domain.posting import MONEY, Account
from modules.billing.domain.reports import Age, Days, due_from
from modules.billing.models import LedgerLine
from modules.billing.selectors.reports.figures import Source

WHERE_MONEY_IS = (*(account.value for account in MONEY.values()), Account.PAID_BACK.value)
HELD = (Account.DEPOSITS.value, Account.PACKAGES.value, Account.CREDIT.value)


def _lines(user: Any, *, accounts: tuple[str, ...]) -> QuerySet[LedgerLine]:
    return narrow(LedgerLine.objects.order_by(), user, "billing.view_ledger").filter(account__in=accounts)


def money(user: Any, days: Days) -> QuerySet[LedgerLine]:
    """What came of clients and went back to them; not what else went in and out of a till."""
    rows = _lines(user, accounts=WHERE_MONEY_IS).filter(entry__invoice__isnull=False)
    return rows.filter(entry__day__range=(days.since, days.until))


def owed(user: Any, days: Days) -> QuerySet[LedgerLine]:
    """What was owed when the last of these days ended, with the day on which it was due."""
    rows = _lines(user, accounts=(Account.RECEIVABLE.value,)).filter(entry__day__lte=days.until)
    return rows.annotate(due=_of_bill("due_date"))


def held(user: Any, days: Days) -> QuerySet[LedgerLine]:
    """What was held when the last of these days ended."""
    return _lines(user, accounts=HELD).filter(entry__day__lte=days.until)


def _of_bill(field: str) -> Coalesce:
    """Return what the invoice says that an entry is about; a credit note's is the one that it corrects."""
    return Coalesce(f"entry__invoice__corrects__{field}", f"entry__invoice__{field}")


def _age(days: Days) -> Case:
    firsts = {age: due_from(age, on=days.until) for age in Age}
    whens = [When(due__gte=first, then=Value(age.value)) for age, first in firsts.items() if first is not None]
    return Case(*whens, default=Value(Age.OLDER.value), output_field=CharField())


ENTRY = {
    "document": F("entry__invoice"),
    "number": F("entry__invoice__number"),
    "day": F("entry__day"),
    "whose": F("entry__invoice__client_name"),
    "subject": F("entry__invoice__patient"),
}
RECEIVED = Source(
    rows=money,
    sums={
        "came": Greatest(F("amount_minor"), 0),
        "went": Least(F("amount_minor"), 0),
        "together": F("amount_minor"),
    },
    keys={
        "day": lambda _days: F("entry__day"),
        "week": lambda _days: TruncWeek("entry__day"),
        "month": lambda _days: TruncMonth("entry__day"),
        "method": lambda _days: F("account"),
        "location": lambda _days: F("entry__invoice__location"),
    },
    of_document=ENTRY,
)
OWED = Source(
    rows=owed,
    sums={"owed": F("amount_minor")},
    keys={"age": _age},
    of_document={
        "document": _of_bill("pk"),
        "number": _of_bill("number"),
        "day": F("due"),
        "whose": _of_bill("client_name"),
        "subject": _of_bill("patient"),
    },
)
# A deposit is given by one bill and taken off by another, so what is held is told by whom it is held for.
HELD_FOR = Source(
    rows=held,
    sums={"held": -F("amount_minor")},
    keys={"account": lambda _days: F("account")},
    of_document={
        "document": F("entry__invoice__patient"),
        "number": Value(""),
        "day": Value(None, output_field=DateField()),
        "whose": F("entry__invoice__client_name"),
        "subject": F("entry__invoice__patient"),
    },
    leads_to="crm:patient",
)
