"""Write the lines of a draft, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from kernel.errors import Invalid
from kernel.money import LARGEST_MINOR_UNITS, Money
from modules.billing.domain.sums import Amounts, Charge, TaxOfRate, add_up
from modules.billing.models import Deposit, Invoice, InvoiceLine


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
    is_covered: bool = False  # a package pays for it


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOff:
    """What a bill takes off because it was paid before: a part of a deposit, at its rate of tax."""

    deposit: Deposit
    description: str
    part: TaxOfRate


def write_lines(*, invoice: Invoice, lines: Sequence[Line]) -> None:
    """Write the lines of a new draft, and what they add up to."""
    charges = [line.charge for line in lines]
    sums = add_up(charges, currency=invoice.currency, prices_include_tax=invoice.prices_include_tax)
    if sums.total.gross.minor > LARGEST_MINOR_UNITS:
        raise wrong_line(at="lines", sentence=_("That is more money than we can keep."))
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            description=line.description,
            detail=line.detail,
            quantity=line.charge.quantity,
            unit_price_minor=line.charge.unit_price.minor,
            tax_rate=line.charge.tax_rate,
            **_columns(amounts),
            appointment_id=line.appointment_id,
            item_id=line.item_id,
        )
        for position, (line, amounts) in enumerate(zip(lines, sums.lines, strict=True), start=1)
    )
    _keep_sums(invoice, sums.total)


def write_taken_off(*, invoice: Invoice, taken_off: Sequence[TakenOff]) -> None:
    """Write, below the lines of a draft, what was paid before; its sums become what is still to be paid."""
    after = invoice.lines.count()
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=position,
            description=each.description,
            quantity=Decimal(1),
            unit_price_minor=-_priced(each.part.amounts, invoice).minor,
            tax_rate=each.part.rate,
            **_columns(_negative(each.part.amounts)),
            deposit=each.deposit,
        )
        for position, each in enumerate(taken_off, start=after + 1)
    )
    _add_up_again(invoice)


def remove_taken_off(*, invoice: Invoice) -> None:
    """Take back what a draft had taken off."""
    invoice.lines.filter(deposit__isnull=False).delete()
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


def _negative(amounts: Amounts) -> Amounts:
    return Amounts(-amounts.net, -amounts.tax, -amounts.gross)


def _columns(amounts: Amounts) -> dict[str, int | str]:
    return {
        "net_minor": amounts.net.minor,
        "tax_minor": amounts.tax.minor,
        "gross_minor": amounts.gross.minor,
        "currency": amounts.gross.currency,
    }
