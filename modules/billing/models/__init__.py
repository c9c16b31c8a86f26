"""Invoices, what was paid on them and before, the checkouts at the payment gateway, and packages of sessions."""

from modules.billing.models.adjustments import (
    KIND_LABELS,
    LONGEST_REASON,
    Adjustment,
    DiscountLimit,
    DiscountReason,
)
from modules.billing.models.checkouts import CheckoutSession, CheckoutSessionQuerySet, GatewayAccount
from modules.billing.models.deposits import Deposit, DepositQuerySet, DepositRule
from modules.billing.models.invoices import STATUS_LABELS, Invoice, InvoiceLine, InvoiceQuerySet
from modules.billing.models.ledger import ACCOUNT_LABELS, Happening, LedgerEntry, LedgerEntryQuerySet, LedgerLine
from modules.billing.models.letterhead import DOCUMENT_LABELS, Letterhead, NumberSeries
from modules.billing.models.packages import (
    LONGEST_VALIDITY,
    MOST_SESSIONS,
    STATE_LABELS,
    EntryKind,
    Package,
    PackageContent,
    PackagePurchase,
    PackageRules,
    PackageUnit,
    UnitEntry,
)
from modules.billing.models.payments import METHOD_LABELS, Payment, PaymentQuerySet
from modules.billing.models.settling import CreditUse, Refund, RefundKind, RefundState, WriteOff
from modules.billing.models.taxes import (
    CATEGORY_LABELS,
    LONGEST_TAX_CODE,
    LONGEST_TAX_NAME,
    LONGEST_TAX_REASON,
    StampDuty,
    TaxRate,
    TaxRateQuerySet,
    TaxRules,
)
from modules.billing.models.treatments import (
    LONGEST_CODE,
    LONGEST_NAME,
    LONGEST_UNIT,
    Treatment,
    TreatmentCode,
    TreatmentQuerySet,
)

__all__ = [
    "ACCOUNT_LABELS",
    "CATEGORY_LABELS",
    "DOCUMENT_LABELS",
    "KIND_LABELS",
    "LONGEST_CODE",
    "LONGEST_NAME",
    "LONGEST_REASON",
    "LONGEST_TAX_CODE",
    "LONGEST_TAX_NAME",
    "LONGEST_TAX_REASON",
    "LONGEST_UNIT",
    "LONGEST_VALIDITY",
    "METHOD_LABELS",
    "MOST_SESSIONS",
    "STATE_LABELS",
    "STATUS_LABELS",
    "Adjustment",
    "CheckoutSession",
    "CheckoutSessionQuerySet",
    "CreditUse",
    "Deposit",
    "DepositQuerySet",
    "DepositRule",
    "DiscountLimit",
    "DiscountReason",
    "EntryKind",
    "GatewayAccount",
    "Happening",
    "Invoice",
    "InvoiceLine",
    "InvoiceQuerySet",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "LedgerLine",
    "Letterhead",
    "NumberSeries",
    "Package",
    "PackageContent",
    "PackagePurchase",
    "PackageRules",
    "PackageUnit",
    "Payment",
    "PaymentQuerySet",
    "Refund",
    "RefundKind",
    "RefundState",
    "StampDuty",
    "TaxRate",
    "TaxRateQuerySet",
    "TaxRules",
    "Treatment",
    "TreatmentCode",
    "TreatmentQuerySet",
    "UnitEntry",
    "WriteOff",
]
