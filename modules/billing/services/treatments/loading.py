"""Load a price list of treatments from a file: all of it, or with one mistake nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.errors import DomainError, Invalid
from kernel.money import Money
from modules.billing.domain.price_lists import MissingColumns, Priced, WrongCell, places_of, priced_in, twice
from modules.billing.models import TreatmentCode
from modules.billing.services.treatments.codes import CodeDetails, add_code, change_code
from modules.crm import public as crm
from modules.scheduling import public as scheduling
from tenancy import current_tenant

LARGEST, MOST_ROWS = 1 << 20, 2000
PROBLEMS_SHOWN = 20
CELLS = {
    "price": gettext_lazy("the price is not a number"),
    "tax_rate": gettext_lazy("the tax rate is not a number"),
    "valid_from": gettext_lazy("the first day is not written as 2026-12-31"),
    "valid_until": gettext_lazy("the last day is not written as 2026-12-31"),
}


class PriceListInvalid(Invalid):
    code = "price-list-invalid"

    @classmethod
    def because(cls, sentences: Sequence[str]) -> PriceListInvalid:
        more = len(sentences) - PROBLEMS_SHOWN
        shown = list(sentences[:PROBLEMS_SHOWN]) + ([_("And %(n)d more.") % {"n": more}] if more > 0 else [])
        return cls(" ".join(shown), fields={"file": shown})


@transaction.atomic
def load_price_list(*, content: bytes, by: Any, on: date) -> int:
    """Put what a file lists on the list; a code that is on it on the first day of the row is described anew.

    What is not in the file stays. Return how many rows there were. Raises `PriceListInvalid`, which says of every row
    what is wrong with it.
    """
    rows = _read(content)
    services = {service.name.lower(): service.id for service in scheduling.services_offered()}
    problems = [
        _("Row %(row)d: the code “%(code)s” stands in the file twice.")
        % {"row": rows[place][0], "code": rows[place][1].code}
        for place in twice([priced.code for _number, priced in rows])
    ]
    for number, priced in rows:
        try:
            with transaction.atomic():
                _keep(priced, services, by=by, on=on)
        except DomainError as error:
            problems.append(_("Row %(row)d: %(problem)s") % {"row": number, "problem": error})
    if problems:
        raise PriceListInvalid.because(problems)
    return len(rows)


def _keep(priced: Priced, services: dict[str, Any], *, by: Any, on: date) -> None:
    if priced.service and priced.service.lower() not in services:
        raise Invalid(_("There is no service called “%(name)s”.") % {"name": priced.service})
    details = CodeDetails(
        code=priced.code,
        name=priced.name,
        price=Money.parse(str(priced.price), current_tenant().currency),
        unit=priced.unit,
        tax_rate=priced.tax_rate,
        service_id=services.get(priced.service.lower()) if priced.service else None,
        is_included=priced.is_included,
        valid_from=priced.valid_from or on,
        valid_until=priced.valid_until,
    )
    known = TreatmentCode.objects.valid_on(details.valid_from).filter(code__iexact=priced.code.strip()).first()
    if known is None:
        add_code(details=details, by=by)
    else:
        change_code(row=known, details=details, by=by)


def _read(content: bytes) -> list[tuple[int, Priced]]:
    if len(content) > LARGEST:
        raise PriceListInvalid.because([_("This file is larger than 1 MB.")])
    try:
        headers, rows = crm.table_in(content, most_rows=MOST_ROWS)
        places = places_of(headers)
    except crm.NotATable as problem:
        raise PriceListInvalid.because([crm.sentence_of(str(problem))]) from None
    except MissingColumns as missing:
        raise PriceListInvalid.because([_("These columns are missing: %(names)s.") % {"names": missing}]) from None
    found: list[tuple[int, Priced]] = []
    problems: list[str] = []
    for row in rows:
        try:
            found.append((row.number, priced_in(row.cells, places)))
        except WrongCell as wrong:
            problems.append(_("Row %(row)d: %(problem)s.") % {"row": row.number, "problem": CELLS[str(wrong)]})
    if problems:
        raise PriceListInvalid.because(problems)
    return found
