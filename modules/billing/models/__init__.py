"""Invoices, what was paid on them and before, the checkouts at the payment gateway, and packages of sessions."""

from modules.billing.models.checkouts import CheckoutSession, CheckoutSessionQuerySet, GatewayAccount
from modules.billing.models.deposits import Deposit, DepositQuerySet, DepositRule
from modules.billing.models.invoices import STATUS_LABELS, Invoice, InvoiceLine, InvoiceQuerySet
from modules.billing.models.letterhead import KIND_LABELS, Letterhead, NumberSeries
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
from modules.billing.models.treatments import (
    LONGEST_CODE,
    LONGEST_NAME,
    LONGEST_UNIT,
    Treatment,
    TreatmentCode,
    TreatmentQuerySet,
)

__all__ = [
    "KIND_LABELS",
    "LONGEST_CODE",
    "LONGEST_NAME",
    "LONGEST_UNIT",
    "LONGEST_VALIDITY",
    "METHOD_LABELS",
    "MOST_SESSIONS",
    "STATE_LABELS",
    "STATUS_LABELS",
    "CheckoutSession",
    "CheckoutSessionQuerySet",
    "Deposit",
    "DepositQuerySet",
    "DepositRule",
    "EntryKind",
    "GatewayAccount",
    "Invoice",
    "InvoiceLine",
    "InvoiceQuerySet",
    "Letterhead",
    "NumberSeries",
    "Package",
    "PackageContent",
    "PackagePurchase",
    "PackageRules",
    "PackageUnit",
    "Payment",
    "PaymentQuerySet",
    "Treatment",
    "TreatmentCode",
    "TreatmentQuerySet",
    "UnitEntry",
]
