"""Write the lines of a draft, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Max
from django.utils.translation import gettext as _

from kernel.errors import Invalid
from kernel.money import LARGEST_MINOR_UNITS, Money
from modules.billing.domain.adjustments import Adjusted, Reckoning, reckon
from modules.billing.domain.sums import Amounts, Charge, Sums, TaxOfRate, add_up
from modules.billing.domain.taxes import Rate, rate_for
from modules.billing.models import Adjustment, Deposit, Invoice, InvoiceLine, TaxRate
from modules.billing.services.stamp_duty import follow_duty

FAR_BELOW = 10_000  # lines: more than a document has


class LinesNotValid(Invalid):
    """The lines do not make an invoice; `fields` says which."""

    code = "lines-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with nothing left open."""

    description: str
    detail: str
    charge: Charge
    appointment_id: UUID | None = None
    item_id: UUID | None = None
    treatment_id: UUID | None = None
    is_covered: bool = False  # a package pays for it
    tax_category: str = ""  # wished; else what the practice means by the percentage
    tax: Rate | None = None  # what it is on the day, once somebody has looked


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOff:
    """What a bill takes off because it was paid before: a part of a deposit, at its rate of tax."""

    deposit: Deposit
    description: str
    part: TaxOfRate
    of: InvoiceLine  # of the deposit, whose tax it is


def taxed(lines: Sequence[Line], *, on: date) -> list[Line]:
    """Return lines with the rates of tax that hold on the day of the supply."""
    rates = [row.as_value() for row in TaxRate.objects.kept().order_by("pk")]
    return [_taxed(line, rate_for(line.charge.tax_rate, rates, on=on, category=line.tax_category)) for line in lines]


def _taxed(line: Line, rate: Rate) -> Line:
    return replace(line, charge=replace(line.charge, tax_rate=rate.percent), tax=rate)


def write_lines(*, invoice: Invoice, lines: Sequence[Line], on: date, bears_duty: bool = True) -> None:
    """Write the lines of a new draft, and what they add up to. The day is that of the supply: its rates of tax hold.

    A deposit is exactly what its rule asks for, so it does not bear the stamp duty.
    """
    lines = taxed(lines, on=on)
    charges = [line.charge for line in lines]
    sums = add_up(charges, currency=invoice.currency, prices_include_tax=invoice.prices_include_tax)
    _check_sum(sums)
    InvoiceLine.objects.bulk_create(_rows(invoice, lines, sums.lines))
    if bears_duty:
        follow_duty(invoice=invoice)
    _add_up_again(invoice)


def rewrite_treatments(*, invoice: Invoice, lines: Sequence[Line]) -> None:
    """Put these treatments, taxed, below what else a draft bills, in the place of those before, and add it up anew.

    A treatment that was there stays the line that it was, with its discounts. Nothing may be taken off by deposits
    meanwhile: their share is of the sums.
    """
    there = {row.treatment_id: row for row in InvoiceLine.objects.filter(invoice=invoice, treatment__isnull=False)}
    gone = there.keys() - {line.treatment_id for line in lines}
    Adjustment.objects.filter(invoice=invoice, line__treatment__in=gone).delete()
    invoice.lines.filter(treatment__in=gone).delete()
    invoice.lines.filter(treatment__isnull=False).update(position=F("position") + FAR_BELOW)  # out of the way
    after = invoice.lines.filter(treatment=None).aggregate(last=Max("position"))["last"] or 0
    for place, line in enumerate(lines, start=after + 1):
        row = there.get(line.treatment_id)
        if row is None:
            row = InvoiceLine(invoice=invoice, treatment_id=line.treatment_id, **_columns(_nothing(invoice)))
        row.position, row.description, row.detail = place, line.description, line.detail
        row.quantity = line.charge.quantity
        for name, value in _tax_columns(line).items():
            setattr(row, name, value)
        row.unit_price_minor = line.charge.unit_price.minor
        row.save()
    reckon_draft(invoice=invoice)


def reckon_draft(*, invoice: Invoice) -> None:
    """Work out anew what the lines of a draft, its discounts and its surcharges come to.

    Nothing may be taken off by deposits meanwhile. Raises `LinesNotValid` if it is more than can be kept.
    """
    rows = list(InvoiceLine.objects.filter(invoice=invoice, deposit=None, is_duty=False).order_by("position"))
    given = list(Adjustment.objects.filter(invoice=invoice).order_by("pk"))
    found, own = reckoning_of(invoice=invoice, rows=rows, given=given)
    _check_sum(found.sums)
    for row, priced, amounts in zip(rows, found.lines, found.sums.lines, strict=True):
        _set(row, **_columns(amounts))
        for each, total in zip(own[row.pk], priced.own, strict=True):
            _set(each, total_minor=total.minor)
    for each, total in zip(own[None], found.of_document, strict=True):
        _set(each, total_minor=total.minor)
    follow_duty(invoice=invoice)
    _add_up_again(invoice)


def reckoning_of(
    *, invoice: Invoice, rows: Sequence[InvoiceLine], given: Sequence[Adjustment]
) -> tuple[Reckoning, dict[UUID | None, list[Adjustment]]]:
    """Return what these lines come to, and which of the adjustments is on which of them; under None, on all."""
    own: dict[UUID | None, list[Adjustment]] = {row.pk: [] for row in rows} | {None: []}
    for each in given:
        own[each.line_id].append(each)
    found = reckon(
        [
            Adjusted(Charge(row.quantity, row.unit_price, row.tax_rate), tuple(each.as_value() for each in own[row.pk]))
            for row in rows
        ],
        [each.as_value() for each in own[None]],
        currency=invoice.currency,
        prices_include_tax=invoice.prices_include_tax,
    )
    return found, own


def _set(row: InvoiceLine | Adjustment, **columns: int | str) -> None:
    """Write what differs: a line may have got another share of a tax, or of a discount, that others share, too."""
    if any(getattr(row, name) != value for name, value in columns.items()):
        for name, value in columns.items():
            setattr(row, name, value)
        row.save(update_fields=list(columns))


def _rows(invoice: Invoice, lines: Sequence[Line], amounts: Sequence[Amounts]) -> Iterator[InvoiceLine]:
    for position, (line, own) in enumerate(zip(lines, amounts, strict=True), start=1):
        yield InvoiceLine(
            invoice=invoice,
            position=position,
            description=line.description,
            detail=line.detail,
            quantity=line.charge.quantity,
            unit_price_minor=line.charge.unit_price.minor,
            **_tax_columns(line),
            **_columns(own),
            appointment_id=line.appointment_id,
            item_id=line.item_id,
            treatment_id=line.treatment_id,
        )


def _check_sum(sums: Sums) -> None:
    if sums.total.gross.minor > LARGEST_MINOR_UNITS:
        raise wrong_line(at="lines", sentence=_("That is more money than we can keep."))


def write_taken_off(*, invoice: Invoice, taken_off: Sequence[TakenOff]) -> None:
    """Write, below the lines of a draft, what was paid before; its sums become what is still to be paid."""
    after = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            description=each.description,
            quantity=Decimal(1),
            unit_price_minor=-_priced(each.part.amounts, invoice).minor,
            tax_rate=each.part.rate,
            tax_category=each.of.tax_category,
            tax_reason=each.of.tax_reason,
            tax_code=each.of.tax_code,
            **_columns(_negative(each.part.amounts)),
            deposit=each.deposit,
        )
        for position, each in enumerate(taken_off, start=after + 1)
    )
    follow_duty(invoice=invoice)
    _add_up_again(invoice)


def remove_taken_off(*, invoice: Invoice) -> None:
    """Take back what a draft had taken off."""
    invoice.lines.filter(deposit__isnull=False).delete()
    follow_duty(invoice=invoice)
    _add_up_again(invoice)


def wrong_line(*, at: str, sentence: str) -> LinesNotValid:
    return LinesNotValid(sentence, fields={at: [sentence]})


def _add_up_again(invoice: Invoice) -> None:
    lines, zero = list(InvoiceLine.objects.filter(invoice=invoice)), Money.zero(invoice.currency)
    total = Amounts(*(sum((getattr(line, part) for line in lines), zero) for part in ("net", "tax", "gross")))
    _keep_sums(invoice, total)


def _keep_sums(invoice: Invoice, total: Amounts) -> None:
    invoice.net_minor, invoice.tax_minor, invoice.gross_minor = total.net.minor, total.tax.minor, total.gross.minor
    invoice.save(update_fields=["net_minor", "tax_minor", "gross_minor"])


def _priced(amounts: Amounts, invoice: Invoice) -> Money:
    return amounts.gross if invoice.prices_include_tax else amounts.net


def _nothing(invoice: Invoice) -> Amounts:
    zero = Money.zero(invoice.currency)
    return Amounts(zero, zero, zero)


def _negative(amounts: Amounts) -> Amounts:
    return Amounts(-amounts.net, -amounts.tax, -amounts.gross)


def _tax_columns(line: Line) -> dict[str, Any]:
    if line.tax is None:
        raise LookupError("The rate of tax was not looked up.")
    return {
        "tax_rate": line.tax.percent,
        "tax_category": line.tax.category.value,
        "tax_reason": line.tax.reason,
        "tax_code": line.tax.code,
    }


def _columns(amounts: Amounts) -> dict[str, int | str]:
    return {
        "net_minor": amounts.net.minor,
        "tax_minor": amounts.tax.minor,
        "gross_minor": amounts.gross.minor,
        "currency": amounts.gross.currency,
    }
