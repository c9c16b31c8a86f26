"""Draw up an invoice, from a visit or by hand, and discard it while nobody has seen it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotFound
from kernel.locking import lock_rows
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.domain.sums import Charge
from modules.billing.domain.taxes import UNTAXED, Category
from modules.billing.models import Invoice, PackageUnit
from modules.billing.services.crediting import give_back_deposits, take_off_deposits
from modules.billing.services.lines import Line, write_lines, wrong_line
from modules.billing.services.packages.calling_off import call_off_purchases
from modules.billing.services.packages.drawing import unit_paying_for
from modules.billing.services.treatments.lines import treatment_lines
from modules.crm import public as crm
from modules.inventory import public as inventory
from modules.scheduling import public as scheduling
from tenancy import current_tenant

MOST_LINES = 200


class UnknownVisit(NotFound):
    code = "visit-unknown"


class UnknownPatient(NotFound):
    code = "patient-unknown"


class WrongPatient(Invalid):
    """The invoice's person and the visit's person must be the same."""

    code = "patient-mismatch"


class VisitCancelled(Conflict):
    """A visit that will not be is not billed."""

    code = "visit-cancelled"


class DepositDue(Conflict):
    """A visit that waits for its deposit is not billed yet."""

    code = "deposit-due"


class AlreadyInvoiced(Conflict):
    """A visit is billed once."""

    code = "already-invoiced"


class NotADraft(Conflict):
    """Only a draft can be changed or discarded."""

    code = "not-a-draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedLine:
    """A line written by hand. One with an item takes what is left empty from it, and leaves the stock when issued."""

    description: str = ""
    detail: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Money | None = None
    tax_rate: Decimal | None = None
    item_id: UUID | None = None
    tax_category: str = ""  # else what the practice means by the rate


@transaction.atomic
def draft_invoice_for_visit(
    *, appointment_id: UUID, by: Any, at: datetime, patient_id: UUID | None = None, due_date: date | None = None
) -> Invoice:
    """Draw up the invoice of a visit; asked again, the same one is returned.

    `by` None is the system itself. Raises `UnknownVisit`, `WrongPatient`, `VisitCancelled`, `DepositDue`
    or `AlreadyInvoiced`.
    """
    visit = scheduling.find_visit(appointment_id, seen_by=by)
    if visit is None:
        raise UnknownVisit(_("There is no such visit."))
    _check_patient(visit, patient_id, by=by)
    invoice = _invoice_of(visit) or _new_for_visit(visit, by=by)
    if invoice.status != Status.DRAFT:
        raise AlreadyInvoiced(_("This visit is on invoice %(number)s.") % {"number": invoice.number})
    if due_date is not None and due_date != invoice.due_date:
        changes = {"due_date": (invoice.due_date, due_date)}
        invoice.due_date = due_date
        invoice.save(update_fields=["due_date"])
        audit.record(action="billing.invoice.changed", of=invoice, by=by, changes=changes)
    return invoice


def draft_after_visit(*, appointment_id: UUID, at: datetime) -> Invoice | None:
    """Draw up the invoice of a completed visit, unless it was billed or cancelled before this was heard of.

    Nothing is drawn up for a visit that a package pays for, all of it.
    """
    visit = scheduling.find_visit(appointment_id)
    if visit is not None and _is_paid_for(visit):
        return None
    try:
        return draft_invoice_for_visit(appointment_id=appointment_id, by=None, at=at)
    except (AlreadyInvoiced, VisitCancelled, UnknownVisit):
        return None


@transaction.atomic
def draft_invoice_by_hand(
    *,
    patient_id: UUID,
    lines: Sequence[WishedLine],
    by: Any,
    at: datetime,
    due_date: date | None = None,
    prices_include_tax: bool = True,
    supplied_on: date | None = None,
) -> Invoice:
    """Draw up an invoice line by line, of a supply on a day, else today. Raises `UnknownPatient` or `LinesNotValid`."""
    patient = crm.find_patient(patient_id, seen_by=by)
    if patient is None:
        raise UnknownPatient(_("There is no such patient."))
    invoice = Invoice.objects.create(
        client_id=patient.client_id,
        patient_id=patient.id,
        currency=current_tenant().currency,
        prices_include_tax=prices_include_tax,
        due_date=due_date,
    )
    write_lines(invoice=invoice, lines=_completed(lines, invoice.currency), on=supplied_on or day_of(at))
    record_draft(invoice=invoice, by=by)
    return invoice


@transaction.atomic
def void_draft(*, invoice: Invoice, by: Any, at: datetime) -> Invoice:
    """Discard a draft; its visits can be billed anew, and packages on it are called off. Twice does nothing.

    Raises `NotADraft`, or `PackageInUse` if any session of a package on it is booked or used.
    """
    locked = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    if locked.status == Status.VOID:
        return locked
    if locked.status != Status.DRAFT:
        raise NotADraft(_("Invoice %(number)s is issued. It can only be credited.") % {"number": locked.number})
    if locked.is_deposit:
        raise NotADraft(_("A visit waits for this deposit. Waive it on the page of the visit."))
    call_off_purchases(lines=locked.lines.all(), by=by, at=at)
    discard(locked=locked, by=by)
    return locked


def discard(*, locked: Invoice, by: Any) -> None:
    """Make a locked draft void: what it held can be billed anew."""
    locked.lines.update(appointment=None, treatment=None)
    give_back_deposits(invoice=locked)
    locked.status = Status.VOID.value
    locked.save(update_fields=["status"])
    audit.record(action="billing.invoice.voided", of=locked, by=by, changes={"status": (Status.DRAFT, Status.VOID)})


def _check_patient(visit: scheduling.Visit, patient_id: UUID | None, *, by: Any) -> None:
    """Raise `WrongPatient`, which names both, if the person asked for is not the visit's."""
    if patient_id is None or patient_id == visit.patient_id:
        return
    chosen = crm.find_patient(patient_id, seen_by=by)
    if chosen is None:
        raise UnknownPatient(_("There is no such patient."))
    names = {"chosen": chosen.name, "right": visit.patient_name}
    raise WrongPatient(
        _("Mismatch! This appointment belongs to %(right)s.") % names,
        fields={"patient_id": [_("You chose %(chosen)s; the appointment is %(right)s's.") % names]},
    )


def _invoice_of(visit: scheduling.Visit) -> Invoice | None:
    """Return the invoice a visit is on, locked, so that nobody issues it under our hands."""
    return lock_rows(Invoice.objects.filter(lines__appointment_id=visit.id), no_key=True).first()


def _new_for_visit(visit: scheduling.Visit, *, by: Any) -> Invoice:
    """Write the draft; if somebody else has just done so, return theirs."""
    if visit.came_to_nothing:
        raise VisitCancelled(_("This visit was cancelled, or never booked. Nothing is billed for it."))
    if visit.waits_for_deposit:
        raise DepositDue(_("This visit waits for its deposit. Take or waive the deposit first."))
    try:
        with transaction.atomic():
            invoice = Invoice.objects.create(
                client_id=visit.client_id, patient_id=visit.patient_id, currency=visit.price.currency
            )
            write_lines(invoice=invoice, lines=_lines_of(visit), on=day_of(visit.starts_at))
            take_off_deposits(invoice=invoice, visit=visit)
            record_draft(invoice=invoice, by=by)
    except IntegrityError:
        theirs = _invoice_of(visit)
        if theirs is None:
            raise
        return theirs
    return invoice


def _is_paid_for(visit: scheduling.Visit) -> bool:
    """Test whether a package pays for a visit, and nothing else is done in it that costs anything."""
    lines = _lines_of(visit)
    return any(line.is_covered for line in lines) and not any(line.charge.unit_price for line in lines)


def _lines_of(visit: scheduling.Visit) -> list[Line]:
    """Return a line for each service of a visit, the first of which says which visit it was, and for each treatment.

    The one that a session of a package pays for costs nothing, and says from which.
    """
    unit = unit_paying_for(visit.id)
    done = [scheduling.ServiceDone(visit.service_id, visit.service_name, visit.price, visit.tax_rate), *visit.further]
    covered = next((place for place, each in enumerate(done) if unit and each.id == unit.service_id), None)
    with translation.override(current_tenant().language):
        detail = f"{date_format(visit.starts_at, 'D j M Y, H:i')}, {visit.practitioner_name}"
        paid_from = _paid_from(unit) if unit else ""
    return [
        Line(
            description=each.name,
            detail=f"{paid_from}. {detail}"[:200] if place == covered else detail,
            charge=Charge(
                Decimal(1), Money.zero(visit.price.currency) if place == covered else each.price, each.tax_rate
            ),
            appointment_id=visit.id if place == 0 else None,
            is_covered=place == covered,
        )
        for place, each in enumerate(done)
    ] + treatment_lines(visit.id)


def _paid_from(unit: PackageUnit) -> str:
    words = {"package": unit.purchase.name, "number": unit.number, "total": unit.total}
    return _("From package %(package)s, session %(number)d of %(total)d") % words


def _completed(wished: Sequence[WishedLine], currency: str) -> list[Line]:
    """Fill in what the lines leave open from their items, and check the rest."""
    if not 0 < len(wished) <= MOST_LINES:
        sentence = _("An invoice has at least one line, and at most %(most)d.") % {"most": MOST_LINES}
        raise wrong_line(at="lines", sentence=sentence)
    items = inventory.find_items([line.item_id for line in wished if line.item_id])
    return [_complete(number, line, items, currency) for number, line in enumerate(wished)]


def _complete(number: int, line: WishedLine, items: dict[UUID, inventory.ItemCard], currency: str) -> Line:
    item = items.get(line.item_id) if line.item_id else None
    if line.item_id and item is None:
        raise inventory.UnknownItem(_("There is no such item."))
    description = line.description.strip() or (item.name if item else "")
    price = line.unit_price if line.unit_price is not None else item.price if item else None
    rate = line.tax_rate if line.tax_rate is not None else item.tax_rate if item else Decimal(0)
    wrong = {
        "description": (not description, _("Say what it is for.")),
        "unit_price": (price is None or price.minor < 0, _("A price is needed, and it is not negative.")),
        "quantity": (not _is_quantity(line.quantity), _("More than nothing, to the thousandth.")),
        "tax_rate": (not (0 <= rate <= 100 and rate == round(rate, 2)), _("Between 0 and 100 per cent.")),
        "tax_category": (
            not _fits(line.tax_category, rate),
            _("S is for a rate above nothing; Z, E, AE and O for none."),
        ),
    }
    for field, (is_wrong, sentence) in wrong.items():
        if is_wrong:
            raise wrong_line(at=f"lines.{number}.{field}", sentence=sentence)
    charge = Charge(line.quantity, price or Money.zero(currency), rate)
    return Line(
        description=description,
        detail=line.detail.strip(),
        charge=charge,
        item_id=line.item_id,
        tax_category=line.tax_category,
    )


def _fits(category: str, rate: Decimal) -> bool:
    return not category or (category in UNTAXED if not rate else category == Category.STANDARD)


def day_of(at: datetime) -> date:
    """Return the day of a moment on the tenant's calendar."""
    return at.astimezone(ZoneInfo(current_tenant().time_zone)).date()


def _is_quantity(value: Decimal) -> bool:
    return value.is_finite() and 0 < value < 10**9 and value == round(value, 3)


def record_draft(*, invoice: Invoice, by: Any) -> None:
    """Write into the audit log that an invoice was drawn up."""
    names = ["patient_id", "currency", "gross_minor", "due_date"]
    audit.record(action="billing.invoice.drafted", of=invoice, by=by, changes=audit.created(invoice, names))
