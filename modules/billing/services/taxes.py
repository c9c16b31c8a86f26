"""The practice's rates of tax: taken over from its country, begun on a day, ended, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.core import get_global
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from modules.billing.domain.tax_presets import PRESETS, preset_of
from modules.billing.domain.taxes import WITH_REASON, Category, Rate
from modules.billing.models import LONGEST_TAX_CODE, LONGEST_TAX_NAME, LONGEST_TAX_REASON, TaxRate
from tenancy import current_tenant

COLUMNS = ("name", "category", "percent", "reason", "code", "is_usual", "valid_from", "valid_until")
TREATS_PEOPLE = {"clinic"}  # verticals


class TaxRateInvalid(Invalid):
    code = "tax-rate-invalid"


class TaxRatesThere(Conflict):
    """Rates are taken over from a country once; after that, each is begun and ended by itself."""

    code = "tax-rates-there"


class TaxRateHeld(Conflict):
    """What has held may be on bills: it is ended, and not taken back."""

    code = "tax-rate-held"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDetails:
    """What a rate is from a day on. `reason` is what a bill says of why nothing is due."""

    name: str
    category: Category
    valid_from: date
    percent: Decimal = Decimal(0)
    reason: str = ""
    code: str = ""
    is_usual: bool = True


def country_here() -> str:
    """Return the country whose taxes the practice pays: where its time zone lies (CLDR)."""
    return str(get_global("zone_territories").get(current_tenant().time_zone, ""))


@transaction.atomic
def take_over_rates(*, country: str, by: Any) -> list[TaxRate]:
    """Take over a country's rates. Raises `TaxRateInvalid` or `TaxRatesThere`."""
    if country not in PRESETS:
        sentence = _("We do not know the rates of this country. Add yours one by one.")
        raise TaxRateInvalid(sentence, fields={"country": [sentence]})
    if TaxRate.objects.kept().select_for_update().exists():
        raise TaxRatesThere(_("There are rates already. Change them one by one."))
    rates = preset_of(country, treats_people=current_tenant().vertical in TREATS_PEOPLE)
    return [_write(_columns(rate) | {"valid_until": rate.valid_until}, by=by) for rate in rates]


@transaction.atomic
def begin_rate(*, details: RateDetails, by: Any) -> TaxRate:
    """Have a rate be this from a day on; what it was ends the day before. Raises `TaxRateInvalid`."""
    _check(details)
    same = TaxRate.objects.kept().filter(name__iexact=details.name.strip()).select_for_update()
    if same.filter(valid_from=details.valid_from).exists():
        raise _wrong(
            "valid_from", _("This rate begins anew on that day already. Take that back first, or choose another day.")
        )
    before = same.filter(valid_from__lt=details.valid_from).order_by("-valid_from").first()
    after = same.filter(valid_from__gt=details.valid_from).order_by("valid_from").first()
    day_before = details.valid_from - timedelta(days=1)
    if before is not None and (before.valid_until is None or before.valid_until > day_before):
        _end(before, day_before, by=by)
    if details.is_usual:
        _no_longer_usual(details, by=by)
    until = after.valid_from - timedelta(days=1) if after else None
    return _write(asdict(details) | {"valid_until": until, "name": before.name if before else details.name}, by=by)


@transaction.atomic
def end_rate(*, rate: TaxRate, until: date, by: Any) -> TaxRate:
    """Have a rate hold for the last time on a day. Raises `TaxRateInvalid`."""
    locked = TaxRate.objects.kept().select_for_update().get(pk=rate.pk)
    if until < locked.valid_from or (locked.valid_until is not None and until > locked.valid_until):
        raise _wrong("valid_until", _("Not before its first day, and not after its last."))
    _end(locked, until, by=by)
    return locked


@transaction.atomic
def take_back_rate(*, rate: TaxRate, by: Any, at: datetime, on: date) -> None:
    """Take back a rate that has not begun; the one before it goes on. Raises `TaxRateHeld`."""
    locked = TaxRate.objects.kept().select_for_update().get(pk=rate.pk)
    if locked.valid_from <= on:
        raise TaxRateHeld(_("This rate has begun. It can be ended, and another one begins the day after."))
    locked.ended_at = at
    locked.save(update_fields=["ended_at"])
    audit.record(action="billing.taxrate.taken_back", of=locked, by=by, changes={"ended_at": (None, at)})
    same = TaxRate.objects.kept().filter(name__iexact=locked.name)
    before = same.filter(valid_until=locked.valid_from - timedelta(days=1)).first()
    if before is not None:
        _end(before, locked.valid_until, by=by)


def _end(row: TaxRate, until: date | None, *, by: Any) -> None:
    was, row.valid_until = row.valid_until, until
    row.save(update_fields=["valid_until"])
    audit.record(action="billing.taxrate.ended", of=row, by=by, changes={"valid_until": (was, until)})


def _no_longer_usual(details: RateDetails, *, by: Any) -> None:
    """Of rates of one percentage, one is meant by whoever says just that."""
    rows = TaxRate.objects.kept().filter(percent=details.percent, is_usual=True, valid_until=None)
    for row in rows.exclude(name__iexact=details.name.strip()):
        row.is_usual = False
        row.save(update_fields=["is_usual"])
        audit.record(action="billing.taxrate.changed", of=row, by=by, changes={"is_usual": (True, False)})


def _write(columns: Mapping[str, Any], *, by: Any) -> TaxRate:
    row = TaxRate.objects.create(**columns)
    audit.record(action="billing.taxrate.begun", of=row, by=by, changes=audit.created(row, COLUMNS))
    return row


def _columns(rate: Rate) -> dict[str, Any]:
    return {name: getattr(rate, name) for name in COLUMNS}


def _check(details: RateDetails) -> None:
    percent, is_taxed = details.percent, details.category is Category.STANDARD
    wrong = {
        "name": (not 0 < len(details.name.strip()) <= LONGEST_TAX_NAME, _("A name is needed, such as Standard.")),
        "percent": (
            not (percent.is_finite() and 0 <= percent <= 100 and percent == round(percent, 2))
            or bool(percent) is not is_taxed,
            _("Above nothing, up to 100, for what is taxed; nothing for the rest."),
        ),
        "reason": (
            len(details.reason) > LONGEST_TAX_REASON
            or (details.category in WITH_REASON and not details.reason.strip()),
            _("Say by which law nothing is due: it stands on the bill."),
        ),
        "code": (len(details.code) > LONGEST_TAX_CODE, _("At most 20 characters.")),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise TaxRateInvalid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)


def _wrong(field: str, sentence: str) -> TaxRateInvalid:
    return TaxRateInvalid(sentence, fields={field: [sentence]})
