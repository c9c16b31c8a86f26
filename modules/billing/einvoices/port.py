"""What an issued document says, and what a format or a channel of electronic invoices does with it.

A format makes a file of a `Bill`; it knows nothing of rows. A channel brings a file to whoever takes it. Another format
or channel joins beside these without touching an invoice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from kernel.errors import Invalid

Paper = Callable[[bytes], bytes]  # the PDF of the document, with this XML in it


class EInvoiceLacks(Invalid):
    """The document lacks what a format needs; `fields` names each."""

    code = "e-invoice-lacks"

    def __init__(self, lacking: Mapping[str, str]) -> None:
        what = ", ".join(lacking.values())
        fields = {name: [_("Needed: %(what)s.") % {"what": each}] for name, each in lacking.items()}
        super().__init__(
            _("The electronic invoice cannot be made. It lacks: %(what)s.") % {"what": what}, fields=fields
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sends or gets the document, as it was when that was issued."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    province: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    vat_id: str = ""  # with the country in front
    fiscal_code: str = ""
    tax_number: str = ""  # what the letterhead says
    regime: str = ""  # of Italian sellers
    iban: str = ""
    bic: str = ""
    recipient_code: str = ""
    certified_email: str = ""

    @property
    def vat_country(self) -> str:
        return self.vat_id[:2] if self.vat_id[:2].isalpha() else self.country

    @property
    def vat_number(self) -> str:
        return self.vat_id[2:] if self.vat_id[:2].isalpha() else self.vat_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """Which tax holds, and why nothing is due where nothing is."""

    category: str
    rate: Decimal
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledLine:
    """A line, all amounts without tax: `net` is `listed` with its own discounts and surcharges, `change`."""

    description: str
    detail: str
    quantity: Decimal
    listed: Decimal
    change: Decimal
    change_words: str
    net: Decimal
    taxed: Taxed
    is_duty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a discount (below nothing) or a surcharge on the whole does to what is taxed alike, without tax."""

    amount: Decimal
    words: str
    taxed: Taxed


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxedSum:
    taxed: Taxed
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An issued document as it stands. Its lines and changes add up to the sums, its sums to the totals."""

    number: str
    is_credit_note: bool
    issued_on: date
    due_on: date
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[BilledLine, ...]
    changes: tuple[Change, ...]
    sums: tuple[TaxedSum, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    stamp_duty: Decimal | None = None
    corrects: str = ""
    corrects_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    name: str
    content: bytes
    media_type: str


class EInvoiceFormat(Protocol):
    def lacking(self, bill: Bill) -> dict[str, str]:
        """Return what the format needs and the document lacks: the name of each, and what people call it."""
        ...

    def make(self, bill: Bill, *, progressive: str, paper: Paper) -> MadeFile:
        """Return the file, held against its schema. Raises `EInvoiceLacks`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a channel says of a file: under which reference it has it, and whether it took it; None: not known yet."""

    reference: str
    is_accepted: bool | None = None
    reason: str = ""


class Channel(Protocol):
    def send(self, file: MadeFile, *, at: datetime) -> Receipt | None:
        """Bring a file to whoever takes it. None: this channel sends nothing by itself, a person does."""
        ...
