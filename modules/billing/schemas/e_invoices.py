"""The wire shapes of electronic invoices."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.billing.models import EInvoice, EInvoiceAddress, EInvoiceRules
from modules.billing.services import AddressDetails, WishedEInvoices

FormatName = Literal["FATTURAPA", "FACTUR_X"]
StateName = Literal["LACKING", "MADE", "SENT", "ACCEPTED", "REJECTED", "ARCHIVED"]
CarrierName = Literal["BY_HAND", "REHEARSAL"]
RegimeName = Literal["", "RF01", "RF02", "RF18", "RF19"]


class EInvoicesIn(Schema):
    """Filters. `to_see_to`: those that wait for somebody."""

    invoice_id: UUID | None = None
    state: StateName | None = None
    to_see_to: bool = False


class EInvoiceOut(Schema):
    """A file of an issued document. One that was never made says what the document lacks."""

    id: UUID
    invoice_id: UUID
    invoice_number: str
    format: FormatName
    state: StateName
    carrier: CarrierName
    name: str
    sha256: str
    lacking: str
    reference: str
    reason: str
    made_at: Moment
    sent_at: Moment | None
    answered_at: Moment | None
    archived_at: Moment | None

    @staticmethod
    def of(row: EInvoice) -> EInvoiceOut:
        return EInvoiceOut(
            id=row.pk,
            invoice_id=row.invoice_id,
            invoice_number=str(row.invoice.number),
            format=cast("FormatName", row.format),
            state=cast("StateName", row.state),
            carrier=cast("CarrierName", row.carrier),
            name=row.name,
            sha256=row.digest,
            lacking=row.lacking,
            reference=row.reference,
            reason=row.reason,
            made_at=row.made_at,
            sent_at=row.sent_at,
            answered_at=row.answered_at,
            archived_at=row.archived_at,
        )


class EInvoiceIn(Schema):
    format: FormatName


class DeliveryIn(Schema):
    """That somebody sent it, and under which reference whoever took it has it."""

    reference: str = Field("", max_length=60)


class AnswerIn(Schema):
    """What became of it. Why, if it was refused."""

    outcome: Literal["ACCEPTED", "REJECTED"]
    reason: str = Field("", max_length=300)


class EInvoiceRulesIn(Schema):
    """Which are made, for whom, and what they say of the practice."""

    fatturapa: bool = False
    factur_x: bool = False
    only_businesses: bool = True
    carrier: CarrierName = "BY_HAND"
    street: str = Field("", max_length=120)
    postal_code: str = Field("", max_length=16)
    city: str = Field("", max_length=80)
    province: str = Field("", max_length=80)
    country: str = Field("", max_length=2)
    vat_id: str = Field("", max_length=30)
    fiscal_code: str = Field("", max_length=16)
    regime: RegimeName = ""
    iban: str = Field("", max_length=34)
    bic: str = Field("", max_length=11)

    def wish(self) -> WishedEInvoices:
        return WishedEInvoices(**self.dict())

    @staticmethod
    def of(rules: EInvoiceRules) -> EInvoiceRulesIn:
        return EInvoiceRulesIn.model_validate(rules, from_attributes=True)


class EInvoiceAddressIn(Schema):
    """Where whoever pays for a patient gets electronic invoices, and by which number they pay taxes."""

    vat_id: str = Field("", max_length=30)
    recipient_code: str = Field("", max_length=7)
    certified_email: str = Field("", max_length=254)

    def details(self) -> AddressDetails:
        return AddressDetails(**self.dict())

    @staticmethod
    def of(row: EInvoiceAddress) -> EInvoiceAddressIn:
        return EInvoiceAddressIn.model_validate(row, from_attributes=True)
