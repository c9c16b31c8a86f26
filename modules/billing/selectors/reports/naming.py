"""What the rows of a report are called, and in which order they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.numbers import plain
from modules.billing.domain.posting import Account
from modules.billing.domain.reports import Age
from modules.billing.domain.taxes import Category
from modules.billing.models import ACCOUNT_LABELS, CATEGORY_LABELS
from modules.billing.selectors.reports.drawers import names_of_closers, names_of_tills
from modules.billing.selectors.reports.figures import Words
from modules.scheduling import public as scheduling

AGE_LABELS = {
    Age.CURRENT: gettext_lazy("Not due yet"),
    Age.UP_TO_30: gettext_lazy("1 to 30 days late"),
    Age.UP_TO_60: gettext_lazy("31 to 60 days late"),
    Age.UP_TO_90: gettext_lazy("61 to 90 days late"),
    Age.OLDER: gettext_lazy("More than 90 days late"),
}
NOTHING = {  # what is said of rows that belong to nothing of the kind
    "practitioner": gettext_lazy("Not from a visit"),
    "service": gettext_lazy("Not from a visit"),
    "location": gettext_lazy("At no location"),
}
Names = Mapping[Any, Words]


def names_of(keys: Iterable[Any], *, by: str) -> Names:
    """Return what each key is called, in as many queries for ten as for one."""
    return {None: NOTHING.get(by, ""), **NAMES[by]([key for key in set(keys) if key is not None])}


def label_of(key: str, *, by: str) -> Words:
    """Return what the row of a key is called that came in by an address; nothing if there can be no such row."""
    try:
        known = PARSED.get(by, str)(key) if key else None
        return names_of([known], by=by).get(known, "")
    except (ValueError, ArithmeticError):
        return ""


def in_order(key: Any, label: Words, *, by: str) -> Any:
    """Return what rows are sorted by: as time goes, as accounts and ages are listed, or by name; nothing comes last."""
    if key is None:
        return (1, "")
    if by in ORDER:
        return (0, ORDER[by].index(key))
    return (0, key if isinstance(key, date) else _rate(key)[0] if by == "rate" else str(label).casefold())


def _of_days(form: str) -> Callable[[list[date]], Names]:
    return lambda keys: {key: date_format(key, form) for key in keys}


def _weeks(keys: list[date]) -> Names:
    return {key: _("Week of %(day)s") % {"day": date_format(key, "j M Y")} for key in keys}


def _locations(_keys: list[Any]) -> Names:
    return {place.id: place.name for place in scheduling.locations()}


def _rates(keys: list[str]) -> Names:
    return {key: _rate_label(*_rate(key)) for key in keys}


def _rate(key: str) -> tuple[Decimal, str, str]:
    rate, category, code = key.split("/", 2)
    return Decimal(rate), category, code


def _rate_label(rate: Decimal, category: str, code: str) -> str:
    known = str(CATEGORY_LABELS[Category(category)]) if category else ""
    return " · ".join(filter(None, (f"{plain(rate)} %", known, code)))


NAMES: dict[str, Callable[[list[Any]], Names]] = {
    "day": _of_days("D j M Y"),
    "week": _weeks,
    "month": _of_days("F Y"),
    "practitioner": scheduling.names_of_practitioners,
    "service": scheduling.names_of_services,
    "location": _locations,
    "rate": _rates,
    "method": lambda keys: {key: ACCOUNT_LABELS[Account(key)] for key in keys},
    "account": lambda keys: {key: ACCOUNT_LABELS[Account(key)] for key in keys},
    "age": lambda keys: {key: AGE_LABELS[Age(key)] for key in keys},
    "till": names_of_tills,
    "person": names_of_closers,
}
PARSED: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("day", "week", "month"), date.fromisoformat),
    **dict.fromkeys(("practitioner", "service", "location", "till", "person"), UUID),
}
ACCOUNTS = [account.value for account in Account]
ORDER: dict[str, list[str]] = {"method": ACCOUNTS, "account": ACCOUNTS, "age": [age.value for age in Age]}
