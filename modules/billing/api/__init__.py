"""Invoices, payments, the books, packages and treatments over the wire, at /api/billing/."""

from ninja import Router

from modules.billing.api import (
    accountant,
    bank,
    discounts,
    documents,
    e_invoices,
    invoices,
    ledger,
    packages,
    reminders,
    reports,
    settling,
    statements,
    taxes,
    tills,
    treatments,
)

router = Router()
router.add_router("", invoices.router)
router.add_router("", accountant.router)
router.add_router("", bank.router)
router.add_router("", documents.router)
router.add_router("", discounts.router)
router.add_router("", e_invoices.router)
router.add_router("", ledger.router)
router.add_router("", packages.router)
router.add_router("", reports.router)
router.add_router("", reminders.router)
router.add_router("", settling.router)
router.add_router("", statements.router)
router.add_router("", taxes.router)
router.add_router("", tills.router)
router.add_router("", treatments.router)
