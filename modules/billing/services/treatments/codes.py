"""The list of treatments and what each costs: added to, changed, ended, never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from kernel.money import LARGEST_MINOR_UNITS, Money
from modules.billing.models import LONGEST_CODE, LONGEST_NAME, LONGEST_UNIT, TreatmentCode
from modules.scheduling import public as scheduling

COLUMNS = (
    "code", "name", "unit", "price_minor", "tax_rate", "service_id", "is_included", "valid_from", "valid_until",
)  # fmt: skip


class TreatmentCodeInvalid(Invalid):
    code = "treatment-code-invalid"


class TreatmentCodeTaken(Conflict):
    """One code means one thing on a day."""

    code = "treatment-code-taken"


class TreatmentCodeEnded(Conflict):
    code = "treatment-code-ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDetails:
    """A line of the price list. The price is of one unit, tax included; `valid_until` is the last day."""

    code: str
    name: str
    price: Money
    valid_from: date
    unit: str = "session"
    tax_rate: Decimal = Decimal(0)
    service_id: UUID | None = None
    is_included: bool = False
    valid_until: date | None = None


@transaction.atomic
def add_code(*, details: CodeDetails, by: Any) -> TreatmentCode:
    """Put a treatment on the list. Raises `TreatmentCodeInvalid` or `TreatmentCodeTaken`."""
    _check(details)
    row = TreatmentCode(currency=details.price.currency, **_columns(details))
    with _once_at_a_time():
        row.save()
    audit.record(action="billing.treatmentcode.added", of=row, by=by, changes=audit.created(row, COLUMNS))
    return row


@transaction.atomic
def change_code(*, row: TreatmentCode, details: CodeDetails, by: Any) -> TreatmentCode:
    """Describe a treatment anew; what was done before stays as it was.

    Raises `TreatmentCodeInvalid`, `TreatmentCodeTaken` or `TreatmentCodeEnded`.
    """
    _check(details)
    row = _locked(row)
    before = audit.snapshot(row, COLUMNS)
    for name, value in _columns(details).items():
        setattr(row, name, value)
    if changes := audit.difference(before, row):
        with _once_at_a_time():
            row.save()
        audit.record(action="billing.treatmentcode.changed", of=row, by=by, changes=changes)
    return row


@transaction.atomic
def end_code(*, row: TreatmentCode, by: Any, at: datetime) -> TreatmentCode:
    """Have nobody choose a treatment any more. Raises `TreatmentCodeEnded`."""
    row = _locked(row)
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    audit.record(action="billing.treatmentcode.ended", of=row, by=by, changes={"ended_at": (None, at)})
    return row


def _locked(row: TreatmentCode) -> TreatmentCode:
    locked = lock_row(TreatmentCode.objects.all(), row.pk, no_key=True)
    if locked.ended_at is not None:
        raise TreatmentCodeEnded(_("This is no longer on the list."))
    return locked


def _columns(details: CodeDetails) -> dict[str, Any]:
    return {
        "code": details.code.strip(),
        "name": " ".join(details.name.split()),
        "unit": " ".join(details.unit.split()),
        "price_minor": details.price.minor,
        "tax_rate": details.tax_rate,
        "service_id": details.service_id,
        "is_included": details.is_included,
        "valid_from": details.valid_from,
        "valid_until": details.valid_until,
    }


def _check(details: CodeDetails) -> None:
    columns, rate = _columns(details), details.tax_rate
    services = {service.id for service in scheduling.services_offered()} if details.service_id else set()
    wrong = {
        "code": (not 0 < len(columns["code"]) <= LONGEST_CODE, _("A code of at most 20 characters is needed.")),
        "name": (not 0 < len(columns["name"]) <= LONGEST_NAME, _("A name of at most 120 characters is needed.")),
        "unit": (not 0 < len(columns["unit"]) <= LONGEST_UNIT, _("Say what one of it is: a session, 15 minutes.")),
        "price": (not 0 <= details.price.minor <= LARGEST_MINOR_UNITS, _("A price is needed, and it is not negative.")),
        "tax_rate": (not _is_rate(rate), _("A tax rate is between 0 and 100 per cent.")),
        "service": (
            details.service_id is not None and details.service_id not in services,
            _("There is no such service."),
        ),
        "valid_until": (
            details.valid_until is not None and details.valid_until < details.valid_from,
            _("The last day is not before the first."),
        ),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise TreatmentCodeInvalid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)


def _is_rate(rate: Decimal) -> bool:
    return rate.is_finite() and 0 <= rate <= 100 and rate == round(rate, 2)


@contextmanager
def _once_at_a_time() -> Iterator[None]:
    """Translate the database's refusal of a second meaning of one code on one day."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis: Any = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", None) != "treatment_code_once_at_a_time":
            raise
        sentence = _("Another treatment has this code in these days. End that one first, or begin after its last day.")
        raise TreatmentCodeTaken(sentence, fields={"code": [sentence]}) from None
