"""The wire shapes of invoices and payments. Money is a decimal string beside its currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, cast
from uuid import UUID

from pydantic import BeforeValidator, Field

from httpapi.fields import Amount, Moment
from httpapi.schemas import Schema
from kernel.money import Money
from modules.billing.models import Adjustment, Deposit, DepositRule, Invoice, InvoiceLine, Letterhead, Payment
from modules.billing.selectors import TaxPart, taxes_of

StatusName = Literal["DRAFT", "ISSUED", "PARTIAL", "PAID", "OVERDUE", "VOID", "CREDITED", "WRITTEN_OFF", "CREDIT"]
KindName = Literal["INVOICE", "CREDIT_NOTE"]
MethodName = Literal["CASH", "CARD", "BANK_TRANSFER", "STRIPE"]

ALIASES = {"TRANSFER": "BANK_TRANSFER", "BANK": "BANK_TRANSFER", "CREDIT_CARD": "CARD", "TERMINAL": "CARD"}


def _method(text: object) -> object:
    """Read a method the way people write it: in any case, with spaces, hyphens, or by another name."""
    name = str(text).strip().upper().replace(" ", "_").replace("-", "_")
    return ALIASES.get(name, name)


class LineIn(Schema):
    """A line written by hand. With an `item_id`, what is left out is the item's; it leaves the stock when issued.

    Without a `tax_category` (EN 16931) it is the one that the practice means by the rate.
    """

    description: str = Field("", max_length=200)
    detail: str = Field("", max_length=200)
    quantity: Decimal = Decimal(1)
    unit_price: Amount | None = None
    tax_rate: Decimal | None = None
    tax_category: Literal["S", "Z", "E", "AE", "O", ""] = ""
    item_id: UUID | None = None


class InvoiceIn(Schema):
    """Either the invoice of a visit (`appointment_id`), or one by hand (`patient_id` and `lines`).

    With `appointment_id`, a `patient_id` is checked against the visit's.
    """

    appointment_id: UUID | None = None
    patient_id: UUID | None = None
    due_date: date | None = None
    lines: list[LineIn] = Field(default_factory=list, max_length=200)
    prices_include_tax: bool = True


class InvoicesIn(Schema):
    """Filters. `corrects_id`: the credit notes of an invoice; `overpaid`: more was paid than is owed."""

    kind: KindName | None = None
    corrects_id: UUID | None = None
    status: StatusName | None = None
    overpaid: bool = False
    patient_id: UUID | None = None
    appointment_id: UUID | None = None


class AdjustmentOut(Schema):
    """A discount or a surcharge, on a line or, without one, on the whole. `change` is what it does to the price."""

    id: UUID
    line_id: UUID | None
    kind: Literal["DISCOUNT", "SURCHARGE"]
    percent: str | None
    amount: str | None
    change: str
    reason: str
    by_name: str
    given_at: Moment

    @staticmethod
    def of(row: Adjustment) -> AdjustmentOut:
        return AdjustmentOut(
            id=row.pk,
            line_id=row.line_id,
            kind=cast("Literal['DISCOUNT', 'SURCHARGE']", row.kind),
            percent=str(row.percent) if row.percent is not None else None,
            amount=str(row.amount) if row.amount is not None else None,
            change=str(row.change),
            reason=row.reason,
            by_name=row.by_name,
            given_at=row.given_at,
        )


class LineOut(Schema):
    """A line. `list_price` is quantity × unit price, `price` what its own `adjustments` leave of it; `net`, `tax` and
    `total` are what it comes to with its share of those on the whole, too.
    """

    id: UUID
    description: str
    detail: str
    quantity: float
    unit_price: str
    list_price: str
    price: str
    adjustments: list[AdjustmentOut]
    tax_rate: str
    tax_category: str
    tax_reason: str
    tax_code: str
    net: str
    tax: str
    total: str
    appointment_id: UUID | None
    item_id: UUID | None
    credited: str
    corrects_line_id: UUID | None

    @staticmethod
    def of(line: InvoiceLine) -> LineOut:
        return LineOut(
            id=line.pk,
            description=line.description,
            detail=line.detail,
            quantity=float(line.quantity),
            unit_price=str(line.unit_price),
            list_price=str(line.listed),
            price=str(line.price),
            adjustments=[AdjustmentOut.of(each) for each in line.adjustments.all()],
            tax_rate=str(line.tax_rate),
            tax_category=line.tax_category,
            tax_reason=line.tax_reason,
            tax_code=line.tax_code,
            net=str(line.net),
            tax=str(line.tax),
            total=str(line.gross),
            appointment_id=line.appointment_id,
            item_id=line.item_id,
            credited=str(Money(line.credited_minor, line.currency)),
            corrects_line_id=line.corrects_line_id,
        )


class TaxOut(Schema):
    """What of an invoice is taxed alike. `reason` and `code` say why nothing is due, where nothing is."""

    category: str
    rate: str
    reason: str
    code: str
    net: str
    tax: str

    @staticmethod
    def of(part: TaxPart) -> TaxOut:
        return TaxOut(
            category=part.category,
            rate=str(part.rate),
            reason=part.reason,
            code=part.code,
            net=str(part.net),
            tax=str(part.tax),
        )


class InvoiceOut(Schema):
    """An invoice, or a credit note, whose amounts are positive and whose invoice is `corrects_id`.

    `overpaid` was paid and is not owed: it is to be paid back, or used.
    """

    id: UUID
    kind: KindName
    number: str | None
    corrects_id: UUID | None
    corrects_number: str | None
    reason: str
    status: StatusName
    patient_id: UUID
    patient_name: str
    client_id: UUID
    client_name: str
    currency: str
    prices_include_tax: bool
    adjustments: list[AdjustmentOut]
    taxes: list[TaxOut]
    net: str
    tax: str
    total: str
    paid: str
    credited: str
    written_off: str
    to_pay: str
    overpaid: str
    issue_date: date | None
    due_date: date | None
    has_document: bool
    lines: list[LineOut]
    created_at: Moment

    @staticmethod
    def of(invoice: Invoice, *, lines: list[InvoiceLine]) -> InvoiceOut:
        return InvoiceOut(
            id=invoice.pk,
            kind=cast("KindName", invoice.kind),
            number=invoice.number,
            corrects_id=invoice.corrects_id,
            corrects_number=invoice.corrects.number if invoice.corrects else None,
            reason=invoice.reason,
            status=cast("StatusName", invoice.status),
            patient_id=invoice.patient_id,
            patient_name=invoice.for_name,
            client_id=invoice.client_id,
            client_name=invoice.billed_name,
            currency=invoice.currency,
            prices_include_tax=invoice.prices_include_tax,
            adjustments=[AdjustmentOut.of(each) for each in invoice.adjusted],
            taxes=[TaxOut.of(part) for part in taxes_of(invoice)],
            net=str(invoice.net),
            tax=str(invoice.tax),
            total=str(invoice.gross),
            paid=str(invoice.paid),
            credited=str(invoice.credited),
            written_off=str(invoice.written_off),
            to_pay=str(invoice.to_pay),
            overpaid=str(invoice.overpaid),
            issue_date=invoice.issue_date,
            due_date=invoice.due_date,
            has_document=invoice.pdf_id is not None,
            lines=[LineOut.of(line) for line in lines],
            created_at=invoice.created_at,
        )


class LinkOut(Schema):
    """Where whoever has it can see this invoice and pay it."""

    url: str


AtTheDesk = Annotated[Literal["CASH", "CARD", "BANK_TRANSFER"], BeforeValidator(_method)]


class PaymentIn(Schema):
    """What was paid at the desk or into the bank. Online payments come in by themselves.

    `reference` is what the terminal's slip or the bank calls it. `keep_rest`: what came by bank beyond what is owed is
    kept as the client's credit; otherwise too much is refused. Cash goes through `till_session_id`, outside any session
    if that is null, and through the likeliest open one if it is left out.
    """

    invoice_id: UUID
    amount: Amount
    payment_method: AtTheDesk
    reference: Annotated[str, Field(max_length=100)] = ""
    keep_rest: bool = False
    till_session_id: UUID | None = None


class PaymentsIn(Schema):
    """Filters."""

    invoice_id: UUID | None = None
    patient_id: UUID | None = None


class PaymentOut(Schema):
    id: UUID
    invoice_id: UUID
    invoice_number: str
    invoice_status: StatusName
    amount: str
    currency: str
    payment_method: MethodName
    to_pay: str
    received_at: Moment
    by_name: str
    reference: str
    receipt_id: UUID | None
    till_session_id: UUID | None

    @staticmethod
    def of(payment: Payment) -> PaymentOut:
        invoice = payment.invoice
        return PaymentOut(
            id=payment.pk,
            invoice_id=invoice.pk,
            invoice_number=str(invoice.number),
            invoice_status=cast("StatusName", invoice.status),
            amount=str(payment.amount),
            currency=payment.currency,
            payment_method=cast("MethodName", payment.method),
            to_pay=str(invoice.to_pay),
            received_at=payment.received_at,
            by_name=payment.by_name,
            reference=payment.reference,
            receipt_id=payment.receipt,
            till_session_id=payment.till_session_id,
        )


class DepositRuleIn(Schema):
    """Either `percent` of the price or an `amount`. Without a service: for all without a rule of their own."""

    service_id: UUID | None = None
    percent: Decimal | None = None
    amount: Amount | None = None
    minutes: int = 30


class DepositRuleOut(Schema):
    id: UUID
    service_id: UUID | None
    percent: str | None
    amount: str | None
    currency: str
    minutes: int

    @staticmethod
    def of(rule: DepositRule) -> DepositRuleOut:
        return DepositRuleOut(
            id=rule.pk,
            service_id=rule.service_id,
            percent=f"{rule.percent:.2f}" if rule.percent is not None else None,
            amount=str(rule.amount) if rule.amount is not None else None,
            currency=rule.currency,
            minutes=rule.minutes,
        )


class DepositsIn(Schema):
    """Filters. `to_see_to`: those that were paid when their time was gone."""

    appointment_id: UUID | None = None
    to_see_to: bool = False


class BilledDepositOut(Schema):
    """A deposit and its money. `left` is paid and neither used, kept nor paid back."""

    id: UUID
    appointment_id: UUID
    invoice_id: UUID
    invoice_status: StatusName
    amount: str
    used: str
    kept: str
    returned: str
    left: str
    currency: str
    until: Moment
    unplaced_at: Moment | None
    waived_because: str

    @staticmethod
    def of(deposit: Deposit) -> BilledDepositOut:
        return BilledDepositOut(
            id=deposit.pk,
            appointment_id=deposit.appointment_id,
            invoice_id=deposit.invoice_id,
            invoice_status=cast("StatusName", deposit.invoice.status),
            amount=str(deposit.amount),
            used=str(deposit.used),
            kept=str(deposit.kept),
            returned=str(deposit.returned),
            left=str(deposit.left),
            currency=deposit.currency,
            until=deposit.until,
            unplaced_at=deposit.unplaced_at,
            waived_because=deposit.waived_because,
        )


class WaiverIn(Schema):
    reason: str = Field("", max_length=200)


class SettlementIn(Schema):
    """What becomes of a deposit whose visit is not to be. `RETURNED` writes down that it was paid back elsewhere."""

    outcome: Literal["KEPT", "RETURNED", "CREDITED"]


class LetterheadIn(Schema):
    name: str = Field(max_length=120)
    address: str = Field("", max_length=400)
    tax_number: str = Field("", max_length=40)
    days_to_pay: int = Field(14, ge=0, le=365)
    mails_receipts: bool = False


class LetterheadOut(LetterheadIn):
    @staticmethod
    def of(head: Letterhead) -> LetterheadOut:
        return LetterheadOut.model_validate(head, from_attributes=True)
