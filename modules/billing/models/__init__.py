"""Invoices, what was paid on them and before, and the checkouts at the payment gateway."""

from modules.billing.models.checkouts import CheckoutSession, CheckoutSessionQuerySet, GatewayAccount
from modules.billing.models.deposits import Deposit, DepositQuerySet, DepositRule
from modules.billing.models.invoices import STATUS_LABELS, Invoice, InvoiceLine, InvoiceQuerySet
from modules.billing.models.letterhead import Letterhead, NumberSeries
from modules.billing.models.payments import METHOD_LABELS, Payment, PaymentQuerySet

__all__ = [
    "METHOD_LABELS",
    "STATUS_LABELS",
    "CheckoutSession",
    "CheckoutSessionQuerySet",
    "Deposit",
    "DepositQuerySet",
    "DepositRule",
    "GatewayAccount",
    "Invoice",
    "InvoiceLine",
    "InvoiceQuerySet",
    "Letterhead",
    "NumberSeries",
    "Payment",
    "PaymentQuerySet",
]
